/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_GRID_H
#define GILSCOPE_VIZ_VIEW_GRID_H

#include <stddef.h>
#include <stdint.h>

/*
 * Rows of cells, one for each bucket of time. All buckets have one width, a power of two, which doubles as the
 * trace grows or rows come: memory is bounded. Not thread-safe.
 */
enum {
	GRID_BUCKETS = 4096,    /* at most, */
	GRID_CELLS = 1 << 20,   /* and of all rows together */
	GRID_SHARES = 4,        /* states whose time is kept */
};

struct lane_cell {
	uint64_t ns[GRID_SHARES];
	uint32_t acquisitions, failed;
};

struct gil_cell {
	uint32_t checks, ticks, switches, waiters_max;
};

enum grid_kind { GRID_LANES, GRID_GILS, GRID_KINDS };

struct grid_row {
	union {
		void *cells;
		struct lane_cell *lane;
		struct gil_cell *gil;
	};
	/* Of a GIL, what was known of it when it was looked at last: */
	int64_t wanted_ns;
	uint32_t waiters;
};

struct grid {
	int64_t begin_ns;
	unsigned shift; /* the width is 1 << shift */
	size_t limit;   /* buckets of a row */
	struct grid_rows {
		struct grid_row **rows;
		size_t n;
	} of[GRID_KINDS];
};

void grid_deinit(struct grid *g);

/* Row number n of its kind, new or not, and those before it. */
int grid_row(struct grid *g, enum grid_kind kind, uint32_t n, struct grid_row **out);

/* The bucket of a time, which may make the buckets wider. */
size_t grid_place(struct grid *g, int64_t ts_ns);
int64_t grid_begin_of(const struct grid *g, size_t place);

/* A count stops at its type's end. */
void grid_count(uint32_t *to, uint64_t n);

/* What is in bucket `from` goes into another one, too. */
void grid_add(struct grid *g, size_t to, size_t from);

#endif
