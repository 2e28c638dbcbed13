/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_HISTOGRAM_H
#define GILSCOPE_ANALYZER_HISTOGRAM_H

#include <stdint.h>

#include "base/cleanup.h"

/*
 * A sparse log-linear histogram of durations: its percentiles are within 1 %
 * of the exact ones; count, total, min and max are exact. Memory grows with
 * the number of different magnitudes, never with the number of values.
 * Not thread-safe.
 */
struct histogram;

int histogram_new(struct histogram **out);
struct histogram *histogram_free(struct histogram *h); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct histogram *, histogram_free);

int histogram_add(struct histogram *h, uint64_t value_ns); /* 0 or -ENOMEM */
int histogram_merge(struct histogram *into, const struct histogram *from);

uint64_t histogram_count(const struct histogram *h);
uint64_t histogram_total(const struct histogram *h);
uint64_t histogram_min(const struct histogram *h); /* 0 when empty */
uint64_t histogram_max(const struct histogram *h);
uint64_t histogram_mean(const struct histogram *h); /* rounded down; 0 when empty */
uint64_t histogram_stddev(const struct histogram *h); /* of all values, from their exact sums, rounded */

/* The smallest recorded magnitude that at least `q` (0..1) of the values do not exceed; 0 when empty. */
uint64_t histogram_percentile(const struct histogram *h, double q);

/* Walks the non-empty buckets in rising order; a bucket holds from_ns to to_ns, both included. */
void histogram_each(const struct histogram *h,
		    void (*bucket)(void *data, uint64_t from_ns, uint64_t to_ns, uint64_t count),
		    void *data);

#endif
