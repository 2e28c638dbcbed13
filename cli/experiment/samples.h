/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_SAMPLES_H
#define GILSCOPE_CLI_EXPERIMENT_SAMPLES_H

#include <stddef.h>

/* The values of one number over the runs of an experiment. All zero is empty. Not thread-safe. */
struct samples {
	double *values; /* in the order of the runs */
	size_t n, room;
};

int samples_add(struct samples *s, double value); /* 0, or -ENOMEM with a sentence */
void samples_deinit(struct samples *s);

/*
 * The value below which a share of `q` (0..1) lies, between two neighbours where it
 * falls between them; 0 when empty.
 */
double samples_quantile(const struct samples *s, double q);
double samples_median(const struct samples *s);

/* Half of the distance between the quartiles, as a share of the median; 0 where there is none. */
double samples_spread(const struct samples *s);

#endif
