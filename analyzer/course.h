/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_COURSE_H
#define GILSCOPE_ANALYZER_COURSE_H

#include "analyzer/sink.h"
#include "base/cleanup.h"

/*
 * The course of a trace over time: for each GIL a row of buckets from the trace's
 * begin to its end, all of one width and with the same edges. Each number sums
 * over the buckets exactly to that of the whole GIL (waiters_max: is the most of them).
 * An event counts where it is, a check where its hold ends; a stay is split at the edges.
 * Not thread-safe.
 */
struct course;

struct bucket {
	uint32_t gil;            /* index */
	int64_t from_ns, to_ns;  /* since the epoch; the last one ends with the trace */
	uint64_t acquisitions, acquisitions_contended, busy, retries, failed, releases, releases_requested, checks, switches;
	uint64_t held_ns, wait_ns, waiting_ns, wanted_ns; /* as in struct gil_metrics */
	uint64_t dead_ns;        /* of hand-overs that ended in it */
	uint64_t waiters_max;
	double utilisation, contention, badness, demand;
};

/*
 * @width_ns 0: chosen (1, 2, 10, 20, 100, ... us) so that a GIL has at most COURSE_BUCKETS; else as it
 * is, and a trace that would have more than COURSE_LIMIT buckets fails at its end, with a sentence that
 * says which width would do.
 */
enum { COURSE_BUCKETS = 256, COURSE_LIMIT = 100000 };
int course_new(struct course **out, uint64_t width_ns);
struct course *course_free(struct course *c); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct course *, course_free);

/* The sink to hand to analysis_run(); owned by `c`. */
struct sink *course_sink(struct course *c);

/* After the pass: by GIL, then by time. Borrowed. */
size_t course_buckets(const struct course *c, const struct bucket **out);

#endif
