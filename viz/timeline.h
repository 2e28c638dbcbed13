/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_TIMELINE_H
#define GILSCOPE_VIZ_TIMELINE_H

#include "base/cleanup.h"
#include "viz/quality.h"

/*
 * The tick timeline: for each GIL one lane per thread, then each thread's
 * runs. A run: what one thread holds until another one acquires. One pass;
 * lanes take the same memory however long the trace is, as their buckets
 * double in width when the trace outgrows them. Not thread-safe.
 */
struct timeline;

enum timeline_axis {
	TIMELINE_TIME,  /* ns since the trace's origin */
	TIMELINE_TICKS, /* ticks that all threads of the GIL have executed; time where it has none */
};

struct timeline_options {
	enum timeline_axis axis;
	uint64_t limit; /* runs to list for each thread; 0: all, kept in memory */
};

/* `options` is copied. @return 0 or < 0 */
int timeline_new(struct timeline **out, const struct timeline_options *options);
struct timeline *timeline_free(struct timeline *t); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct timeline *, timeline_free);

/* The sink to hand to analysis_run(); owned by `t`. */
struct sink *timeline_sink(struct timeline *t);

/* After the pass. @return 0, or < 0 when memory is short. */
int timeline_print(const struct timeline *t, const struct quality *quality, const struct page *page);

#endif
