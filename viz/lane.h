/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_LANE_H
#define GILSCOPE_VIZ_LANE_H

#include <stddef.h>
#include <stdint.h>

/*
 * One thread's way along an axis, in buckets of equal width: how much of each
 * it held, how much it waited, how much of it nobody knows, and how often it failed. A lane remembers from
 * its first bucket to its last. The unit of the axis is its owner's (ns or ticks).
 * Not thread-safe.
 */
enum { LANE_BUCKETS = 1024 };

struct lane_bucket {
	uint64_t held, waited, unknown;
	uint32_t failed;
};

struct lane {
	uint32_t first, n; /* the buckets that it has */
	struct lane_bucket *buckets;
	uint64_t held, waited, unknown, failed; /* in all */
};

enum lane_what { LANE_HELD, LANE_WAITED, LANE_UNKNOWN };

/* Adds a stay in [from, to), which must lie within LANE_BUCKETS * width. @return 0 or -ENOMEM */
int lane_add(struct lane *lane, uint64_t width, enum lane_what what, uint64_t from, uint64_t to);

/* Adds a failed attempt. @return 0 or -ENOMEM */
int lane_fail(struct lane *lane, uint64_t width, uint64_t at);

/* The buckets become twice as wide. */
void lane_double(struct lane *lane);

/*
 * What happened in [from, to), in proportion where that cuts a bucket. The
 * last bucket ends where the axis ends: at `axis_end`, at least `to`.
 */
struct lane_cell {
	double held, waited, unknown;
	uint64_t failed; /* of the buckets that begin in it */
};
struct lane_cell lane_cell(const struct lane *lane, uint64_t width, uint64_t axis_end, double from,
			   double to);

void lane_deinit(struct lane *lane);

#endif
