/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_CPUS_H
#define GILSCOPE_CLI_EXPERIMENT_CPUS_H

#include <sched.h>

/* Some CPUs, as a set for the kernel and as a list for people and for gilrun. */
struct cpus {
	cpu_set_t set;
	char list[256]; /* "0,1" */
	int n;
};

/*
 * @list "0,1" or "0-3"; NULL: the first two that we may run on.
 * @return 0, or < 0 with a sentence.
 */
int cpus_parse(struct cpus *out, const char *list);

/* The first `n` of them, or all where there are fewer. */
struct cpus cpus_first(const struct cpus *cpus, int n);

#endif
