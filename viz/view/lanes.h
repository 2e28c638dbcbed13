/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_LANES_H
#define GILSCOPE_VIZ_VIEW_LANES_H

#include "analyzer/results.h"

/*
 * The lanes and GILs of docs/viewer-format.md: who they are, and where they are found while the trace is
 * read. Starts as all zero. Not thread-safe.
 */
struct lane {
	const struct thread_info *info; /* until it is retired, or the end: then `copy` */
	struct thread_info copy;
	uint32_t number; /* 0, 1, 2, ... */
	uint32_t gil;    /* place */
	uint32_t row;    /* in the report's threads; NO_ROW: folded. After lanes_number() */
	/* What a reader of the blocks believes by now: */
	enum thread_state state;
	bool seen;       /* something was told of it */
	bool by_event;   /* an event began this stay */
	bool cut;        /* of a stay that has ended: it was not whole, though events seem to say so */
	int64_t entry_ns; /* its last ENTRY */
	uint64_t checks, ticks; /* of the hold that ended last */
};

struct view_gil {
	const struct gil_info *info;
	struct gil_info copy;
	uint32_t place; /* in order of appearance */
	uint32_t row;   /* in the report's gils. After lanes_end() */
	bool ticked;    /* as it was when its first event was seen: what the blocks say cannot change */
};

struct lanes {
	struct lane **lanes;
	size_t n;
	struct view_gil **gils;
	size_t n_gils;
	struct view_gil **gil_of_row; /* after the end */
	uint64_t left_out; /* threads for which there is no lane any more */
	uint32_t *lane_of; /* thread index -> lane + 1; 0: not seen yet */
	size_t n_lane_of;
	uint32_t *place_of; /* GIL index -> place + 1 */
	size_t n_place_of;
};

enum { LANES_MAX = 4096 };
#define LANES_NO_ROW UINT32_MAX

void lanes_deinit(struct lanes *l);

/* @out NULL: it has no lane. */
int lanes_find(struct lanes *l, const struct thread_info *thread, struct lane **out);
int lanes_find_gil(struct lanes *l, const struct gil_info *gil, struct view_gil **out);

/* Of a thread that changes no more: its pointer may die. */
void lanes_keep(struct lane *lane);

/* The pointers die: copies are kept. */
void lanes_retire(struct lanes *l, const struct thread_info *const *threads, size_t n);
int lanes_end(struct lanes *l);

/* After the end: each one's row in the report. */
void lanes_number(struct lanes *l, const struct results *r);

/* After the end: the GIL that is the row of the report, one of n_gils. */
const struct view_gil *lanes_gil_of_row(const struct lanes *l, uint32_t row);

#endif
