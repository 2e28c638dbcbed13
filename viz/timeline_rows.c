/* SPDX-License-Identifier: MIT */
#include "viz/cell.h"
#include "viz/timeline_paper.h"

#include "base/err.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- heights ------------------------------------------------------------------------ */

/* Of the buckets that begin in the column. */
static struct tally column_of(const struct paper *p, unsigned cell)
{
	double from = (double)p->end * cell / p->cells, to = (double)p->end * (cell + 1) / p->cells;
	double width = (double)p->track->bucket_width;
	struct tally sum = { 0 };

	for (size_t i = (size_t)(from / width); i < LANE_BUCKETS && (double)i * width < to; i++) {
		const struct tally of = tally_of(p->track, i), *b = &of;

		if ((double)i * width < from)
			continue;
		sum.failed += b->failed;
		sum.checks += b->checks;
	}
	/* The last bucket may begin where the axis ends. */
	if (cell + 1 == p->cells && to / width < LANE_BUCKETS && (double)(size_t)(to / width) * width >= to) {
		sum.failed += tally_of(p->track, (size_t)(to / width)).failed;
		sum.checks += tally_of(p->track, (size_t)(to / width)).checks;
	}
	return sum;
}

/* What is rare must not vanish: more than nothing is at least the lowest. `all` is of the whole axis. */
static void print_heights(const struct paper *p, const char *name, enum ink ink, const double *values,
			  const char *(*word)(char *buffer, size_t size, double value), double all)
{
	static const char *const bars[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const digits[] = { " ", "1", "2", "3", "4", "5", "6", "7", "8" };
	char most_text[TEXT_NUMBER], all_text[TEXT_NUMBER];
	double most = 0;

	for (unsigned i = 0; i < p->cells; i++)
		most = values[i] > most ? values[i] : most;
	if (most <= 0)
		return;
	text_pad(p->page, name, p->name_width, false);
	fprintf(p->page->out, " %s", text_ink(p->page, ink));
	for (unsigned i = 0; i < p->cells; i++) {
		size_t height = (size_t)(values[i] * 8 / most);

		if (height < 8 && (double)height * most < values[i] * 8)
			height++;
		fputs(p->page->utf8 ? bars[height] : digits[height], p->page->out);
	}
	fprintf(p->page->out, "%s  up to %-*s %*s\n", text_ink(p->page, INK_PLAIN), TIMELINE_SHARES - 8,
		word(most_text, sizeof(most_text), most), TIMELINE_TOTAL - 1,
		word(all_text, sizeof(all_text), all));
}

static const char *count_word(char *buffer, size_t size, double value)
{
	return text_count(buffer, size, (uint64_t)(value + 0.5));
}

/* On average over each column. */
static void print_waiters(const struct paper *p, double *values)
{
	double width = (double)p->end / p->cells;

	for (unsigned i = 0; i < p->cells; i++)
		values[i] = lane_cell(&p->track->waits, p->track->bucket_width, p->end, width * i,
				      width * (i + 1)).waited / width;
	print_heights(p, "waiters", INK_NOTE, values, cell_ratio, (double)p->track->waits.waited / (double)p->end);
}

static void print_failures(const struct paper *p, double *values)
{
	double all = 0;

	for (unsigned i = 0; i < p->cells; i++) {
		values[i] = (double)column_of(p, i).failed;
		all += values[i];
	}
	print_heights(p, "failed", INK_BAD, values, count_word, all);
}

static void print_badness(const struct paper *p, double *values)
{
	struct tally all = { 0 };

	for (unsigned i = 0; i < p->cells; i++) {
		struct tally sum = column_of(p, i);

		values[i] = sum.checks ? (double)sum.failed / (double)sum.checks : 0;
		all.failed += sum.failed;
		all.checks += sum.checks;
	}
	print_heights(p, "badness", INK_BAD, values, cell_ratio,
		      all.checks ? (double)all.failed / (double)all.checks : 0);
}

/* ---- where events are lost -------------------------------------------------------------- */

static bool is_lost(const struct paper *p, unsigned cell)
{
	int64_t begin = p->t->begin_ns;
	int64_t from = begin + (int64_t)((double)p->end * cell / p->cells);
	int64_t to = begin + (int64_t)((double)p->end * (cell + 1) / p->cells);

	for (size_t i = 0; i < p->t->n_gaps; i++) {
		const struct gap *g = &p->t->gaps[i];

		if ((!g->pid || g->pid == p->track->info.pid) && g->from_ns < to &&
		    (g->to_ns > from || g->from_ns >= from))
			return true;
	}
	return false;
}

static void print_gaps(const struct paper *p)
{
	bool any = false;

	for (unsigned i = 0; i < p->cells && !any; i++)
		any = is_lost(p, i);
	if (!any)
		return;
	text_pad(p->page, "lost", p->name_width, false);
	fprintf(p->page->out, " %s", text_ink(p->page, INK_BAD));
	for (unsigned i = 0; i < p->cells; i++)
		fputs(is_lost(p, i) ? "x" : " ", p->page->out);
	fprintf(p->page->out, "%s  events\n", text_ink(p->page, INK_PLAIN));
}

int timeline_print_rows(const struct paper *p)
{
	cleanup(freep) double *values = calloc(p->cells, sizeof(*values));

	if (!values)
		return err(-ENOMEM, "out of memory");
	print_waiters(p, values);
	print_failures(p, values);
	print_badness(p, values);
	if (!p->track->ticked)
		print_gaps(p);
	return 0;
}
