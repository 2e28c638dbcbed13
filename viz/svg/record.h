/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_SVG_RECORD_H
#define GILSCOPE_VIZ_SVG_RECORD_H

#include "analyzer/sink.h"

/*
 * What a picture needs of a pass: for each thread and each GIL a strip of
 * buckets of one common width, which doubles as the trace grows; and, as long
 * as they are few, each stay and each failed attempt. Memory is bounded.
 * Not thread-safe.
 */
enum {
	SVG_BUCKETS = 2048,
	SVG_MOST_STRIPS = 600, /* threads that have one: the first ones */
	SVG_MOST_GILS = 64,
	SVG_MOST_STAYS = 2000, /* beyond it, shares only */
	SVG_MOST_LOSSES = 200,
};

struct svg_bucket {
	double held_ns, waited_ns; /* waited: a thread's entering, too; a GIL's only asleep */
	double ticks;              /* of a GIL; a hold's are spread evenly over it */
	uint32_t failed, checks;
};

struct svg_strip {
	struct svg_bucket *buckets;
	size_t n, room;
};

/* A stay in holding, entering or waiting; from_ns = to_ns in STATE_UNKNOWN: a failed attempt. */
struct svg_stay {
	uint32_t thread; /* index */
	enum thread_state state;
	uint64_t from_ns, to_ns; /* since the begin */
};

struct svg_span {
	uint64_t from_ns, to_ns;
};

struct svg_record {
	struct sink sink;
	int64_t begin_ns;
	uint64_t width_ns, end_ns; /* of a bucket; of the range, after the pass */
	uint32_t *strip_of; /* thread index -> strip + 1; 0: none */
	size_t n_strip_of;
	struct svg_strip threads[SVG_MOST_STRIPS];
	size_t n_threads;
	struct svg_strip gils[SVG_MOST_GILS]; /* by index */
	struct svg_stay *stays; /* NULL: there are none, or too many */
	size_t n_stays;         /* above SVG_MOST_STAYS: too many */
	struct svg_span losses[SVG_MOST_LOSSES];
	size_t n_losses;
};

void svg_record_init(struct svg_record *record);
void svg_record_deinit(struct svg_record *record);

/* NULL where the thread has none. */
const struct svg_strip *svg_record_thread(const struct svg_record *record, uint32_t thread);

/* What happened in [from_ns, to_ns): stays in proportion, events of the buckets that begin in it. */
struct svg_bucket svg_strip_sum(const struct svg_record *record, const struct svg_strip *strip, double from_ns, double to_ns);

#endif
