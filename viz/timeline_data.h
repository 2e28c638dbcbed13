/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_TIMELINE_DATA_H
#define GILSCOPE_VIZ_TIMELINE_DATA_H

#include "viz/lane.h"
#include "viz/timeline.h"

#define NO_ROW UINT32_MAX

/* What timeline.c collects and timeline_print.c prints. */

struct run {
	const struct thread_info *thread; /* NULL: none */
	int64_t from_ns, to_ns;
	uint64_t from_tick, ticks, checks, holds;
	uint64_t failed; /* attempts of others during it */
};

/* One thread. Positions are on the axis of its GIL. */
struct row {
	const struct thread_info *thread; /* NULL: not seen, or retired; during the pass */
	const struct gil_info *of;        /* NULL: not seen; during the pass */
	struct thread_info info;          /* after it; info.gil is gone */
	uint32_t gil;
	struct lane lane;
	uint64_t first, last; /* its life */
	struct run *runs;
	uint64_t n_runs, more_runs;
};

/* What all threads of a GIL did in a bucket of its axis, as wide as the lanes' are. */
struct tally {
	uint64_t failed;        /* attempts */
	uint64_t checks, ticks; /* of the holds that ended in it */
	uint64_t reached;       /* the time of its first event, ns since begin_ns, + 1; 0: none */
};

/* Where events are lost. */
struct gap {
	int64_t from_ns, to_ns;
	int32_t pid; /* 0: of any process */
};

/* One GIL. */
struct track {
	const struct gil_info *gil; /* NULL: not seen; during the pass */
	struct gil_info info;       /* after it */
	bool ticked;                /* its axis counts ticks */
	bool tick_known;            /* an event told whether it has ticks */
	uint64_t bucket_width, end;
	struct tally *tallies;      /* of the buckets from its first to its last; tally_of() */
	size_t first_tally, n_tallies;
	struct lane waits;          /* of all threads together, with a lane or not */
	uint64_t ticks;             /* executed in all whole holds so far */
	int32_t tick_at_acquire;
	struct run run;             /* going on */
};

/* Of any bucket. */
static inline struct tally tally_of(const struct track *track, size_t bucket)
{
	bool has = bucket >= track->first_tally && bucket - track->first_tally < track->n_tallies;

	return has ? track->tallies[bucket - track->first_tally] : (struct tally){ 0 };
}

struct timeline {
	struct timeline_options options;
	struct sink sink;
	struct row *rows; /* in order of appearance; `n_rows` is its room */
	size_t n_rows, n_used_rows;
	uint32_t *row_of; /* thread index -> its row + 1; 0: none yet; NO_ROW: it gets none */
	size_t n_row_of;
	uint64_t *wanted_from; /* thread index -> where its ENTRY or BUSY was */
	size_t n_wanted_from;
	struct track *tracks; /* by GIL index */
	size_t n_tracks;
	uint64_t more_threads;
	struct gap *gaps;
	size_t n_gaps, n_gaps_room;
	int64_t origin_ns, begin_ns; /* of the trace; of the axis */
	uint64_t end;                /* ns since begin_ns */
};

#endif
