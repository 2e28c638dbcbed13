/* SPDX-License-Identifier: MIT */
/*
 * The yardstick: what the three events of an uncontended take and drop cost
 * as bare LTTng-UST tracepoints. Prints nanoseconds per event; fails when
 * nobody records them.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tracepoints/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(long rounds)
{
	double begin_ns = now_ns();

	for (long i = 0; i < rounds; i++) {
		lttng_ust_tracepoint(gil, entry, 1, 1, GIL_NO_TICK, (uint64_t)i);
		lttng_ust_tracepoint(gil, acquire, 1, 1, GIL_NO_TICK, (uint64_t)i);
		lttng_ust_tracepoint(gil, release, 1, 1, GIL_NO_TICK, (uint64_t)i, 0);
	}
	return (now_ns() - begin_ns) / (3.0 * (double)rounds);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 1000000;

	if (!lttng_ust_tracepoint_enabled(gil, entry) || !lttng_ust_tracepoint_enabled(gil, release))
		return 1;
	run(rounds / 10 + 1);
	printf("%.2f\n", run(rounds));
	return 0;
}
