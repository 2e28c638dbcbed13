/* SPDX-License-Identifier: MIT */
#include "viz/lane.h"

#include "base/err.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Makes the lane reach over bucket `index`, forward or back. */
static int reach(struct lane *lane, uint32_t index)
{
	uint32_t end = lane->n ? lane->first + lane->n : index, first = lane->n ? lane->first : index;
	uint32_t new_first = index < first ? index : first, new_end = index < end ? end : index + 1;
	struct lane_bucket *grown;

	if (new_first == first && new_end == end)
		return 0;
	grown = realloc(lane->buckets, (new_end - new_first) * sizeof(*grown));
	if (!grown)
		return err(-ENOMEM, "out of memory");
	memmove(grown + (first - new_first), grown, lane->n * sizeof(*grown));
	memset(grown, 0, (first - new_first) * sizeof(*grown));
	memset(grown + (end - new_first), 0, (new_end - end) * sizeof(*grown));
	lane->buckets = grown;
	lane->first = new_first;
	lane->n = new_end - new_first;
	return 0;
}

static uint64_t *share_of(struct lane_bucket *b, enum lane_what what)
{
	return what == LANE_HELD ? &b->held : what == LANE_WAITED ? &b->waited : &b->unknown;
}

int lane_add(struct lane *lane, uint64_t width, enum lane_what what, uint64_t from, uint64_t to)
{
	*(what == LANE_HELD ? &lane->held : what == LANE_WAITED ? &lane->waited : &lane->unknown) += to - from;
	while (from < to) {
		uint32_t index = (uint32_t)(from / width);
		uint64_t end = (index + 1) * width < to ? (index + 1) * width : to;
		int r = reach(lane, index);

		if (r)
			return r;
		*share_of(&lane->buckets[index - lane->first], what) += end - from;
		from = end;
	}
	return 0;
}

int lane_fail(struct lane *lane, uint64_t width, uint64_t at)
{
	uint32_t index = (uint32_t)(at / width);
	int r = reach(lane, index);

	if (r)
		return r;
	lane->buckets[index - lane->first].failed++;
	lane->failed++;
	return 0;
}

void lane_double(struct lane *lane)
{
	uint32_t first = lane->first / 2;

	if (!lane->n)
		return;
	for (uint32_t i = 0; i < lane->n; i++) {
		uint32_t to = (lane->first + i) / 2 - first;
		struct lane_bucket b = lane->buckets[i];

		if ((lane->first + i) % 2 == 0 || i == 0)
			lane->buckets[to] = (struct lane_bucket){ 0 };
		lane->buckets[to].held += b.held;
		lane->buckets[to].waited += b.waited;
		lane->buckets[to].unknown += b.unknown;
		lane->buckets[to].failed += b.failed;
	}
	lane->n = (lane->first + lane->n - 1) / 2 - first + 1;
	lane->first = first;
}

struct lane_cell lane_cell(const struct lane *lane, uint64_t width, uint64_t axis_end, double from,
			   double to)
{
	struct lane_cell cell = { 0 };
	double w = (double)width, at = fmax(from / w, lane->first);
	uint32_t index;

	/* A lane may end long before the axis does. */
	if (at >= (double)lane->first + lane->n)
		return cell;
	index = (uint32_t)at;
	for (; index < lane->first + lane->n && index * w < to;
	     index++) {
		const struct lane_bucket *b = &lane->buckets[index - lane->first];
		double begin = index * w, end = fmin(begin + w, (double)axis_end);
		double share = (fmin(to, end) - fmax(from, begin)) / (end - begin);

		cell.held += (double)b->held * share;
		cell.waited += (double)b->waited * share;
		cell.unknown += (double)b->unknown * share;
		if (begin >= from)
			cell.failed += b->failed;
	}
	return cell;
}

void lane_deinit(struct lane *lane)
{
	free(lane->buckets);
	*lane = (struct lane){ 0 };
}
