/* SPDX-License-Identifier: MIT */
#include "viz/timeline_paper.h"

#include "base/err.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The columns that a label takes at least: "|100,000,000", "|1,000 ms". */
enum { TICK_LABEL = 14, TIME_LABEL = 10 };

/* 1, 2 or 5 times a power of ten, for a label at least every `least`; or the greatest such number. */
static uint64_t ruler_step(double least)
{
	uint64_t step = 1;

	while ((double)step < least && step < UINT64_MAX / 5) {
		uint64_t power = step;

		while (power % 10 == 0)
			power /= 10;
		/* 1 -> 2 -> 5 -> 10 */
		step = power == 2 ? step / 2 * 5 : step * 2;
	}
	return step;
}

static void add_label(bool ticks, char *label, size_t size, uint64_t at, uint64_t step)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	size_t u = 0;

	if (ticks) {
		snprintf(label, size, "%s", COUNT(at));
		return;
	}
	while (u < 3 && units[u].ns > step)
		u++;
	snprintf(label, size, "%s %s", COUNT(at / units[u].ns), units[u].name);
}

/* A ruler's line as it grows: what is written of it ends before column `used`. */
struct ruler {
	char *line;
	unsigned used, cells;
};

/* A label keeps off the one before it, and ends before the line does. @return whether it was put. */
static bool put_label(struct ruler *ruler, unsigned cell, const char *label)
{
	size_t size = strlen(label) + 1;

	if (cell < ruler->used + (ruler->used > 0) || cell + size > ruler->cells)
		return false;
	memset(ruler->line + ruler->used, ' ', cell - ruler->used);
	ruler->line[cell] = '|';
	memcpy(ruler->line + cell + 1, label, size);
	ruler->used = cell + (unsigned)size;
	return true;
}

/* Far from the begin, labels are long: the last one is the longest. */
static uint64_t main_step(const struct paper *p)
{
	bool ticks = p->track->ticked;
	double columns = p->cells / (double)p->end;
	uint64_t step = ruler_step((double)p->end / p->cells * (ticks ? TICK_LABEL : TIME_LABEL));
	char label[TEXT_NUMBER + 4];

	for (;; step = ruler_step((double)step * 1.5)) { /* the next one */
		add_label(ticks, label, sizeof(label), p->zero + p->end, step);
		if (step > p->end / 4 || (double)step * columns >= (double)strlen(label) + 2)
			return step;
	}
}

static int print_main_ruler(const struct paper *p)
{
	uint64_t step = main_step(p), at = (p->zero + step - 1) / step * step;
	cleanup(freep) char *line = calloc(p->cells + 1, 1);
	struct ruler ruler = { line, 0, p->cells };

	if (!line)
		return err(-ENOMEM, "out of memory");
	for (; at >= p->zero && at - p->zero <= p->end; at += step) {
		char label[TEXT_NUMBER + 4];

		add_label(p->track->ticked, label, sizeof(label), at, step);
		put_label(&ruler, (unsigned)((double)(at - p->zero) * p->cells / ((double)p->end + 1)), label);
	}
	text_pad(p->page, p->track->ticked ? "ticks" : "time", p->name_width, false);
	fprintf(p->page->out, " %s%-*s%s %7s %7s %9s\n", text_ink(p->page, INK_FAINT), (int)p->cells, line,
		text_ink(p->page, INK_PLAIN), "holds", "waits", "failed");
	return 0;
}

/* What the other ruler would say at a bucket's begin, ticks or ns. Nothing happened in it: as the bucket before. */
static uint64_t other_at(const struct paper *p, size_t bucket, uint64_t before)
{
	const struct track *track = p->track;

	if (!track->ticked)
		return bucket ? before + tally_of(track, bucket - 1).ticks : 0;
	if (!tally_of(track, bucket).reached)
		return before;
	return (uint64_t)(p->t->begin_ns - p->t->origin_ns) + tally_of(track, bucket).reached - 1;
}

/* Where the next round number was reached: ticks do not pass evenly in time. */
static int print_other_ruler(const struct paper *p, uint64_t from, uint64_t all)
{
	const struct track *track = p->track;
	uint64_t step = ruler_step((double)all / p->cells * (track->ticked ? TIME_LABEL : TICK_LABEL)), at = from;
	uint64_t next = (from + step - 1) / step * step;
	cleanup(freep) char *line = calloc(p->cells + 1, 1);
	struct ruler ruler = { line, 0, p->cells };

	if (!line)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < LANE_BUCKETS; i++) {
		unsigned cell = (unsigned)((double)i * (double)track->bucket_width * p->cells / ((double)p->end + 1));
		char label[TEXT_NUMBER + 4];

		at = other_at(p, i, at);
		add_label(!track->ticked, label, sizeof(label), at / step * step, step);
		/* The bucket before brought it there. */
		if (at >= next && put_label(&ruler, cell, label))
			next = at / step * step + step;
	}
	text_pad(p->page, track->ticked ? "time" : "ticks", p->name_width, false);
	fprintf(p->page->out, " %s%s%s\n", text_ink(p->page, INK_FAINT), line, text_ink(p->page, INK_PLAIN));
	return 0;
}

int timeline_print_rulers(const struct paper *p)
{
	uint64_t ticks = 0;
	int r = print_main_ruler(p);

	if (r)
		return r;
	for (size_t i = 0; i < LANE_BUCKETS; i++)
		ticks += tally_of(p->track, i).ticks;
	if (p->track->ticked)
		return print_other_ruler(p, (uint64_t)(p->t->begin_ns - p->t->origin_ns), p->t->end);
	return ticks && gil_is_ticked(&p->track->info) ? print_other_ruler(p, 0, ticks) : 0;
}
