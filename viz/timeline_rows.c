/* SPDX-License-Identifier: MIT */
#include "viz/cell.h"
#include "viz/timeline_paper.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the ruler -------------------------------------------------------------------------- */

/* 1, 2 or 5 times a power of ten, for a label at least every `least`. */
static uint64_t ruler_step(double least)
{
	uint64_t step = 1;

	while ((double)step < least) {
		uint64_t power = step;

		while (power % 10 == 0)
			power /= 10;
		/* 1 -> 2 -> 5 -> 10 */
		step = power == 2 ? step / 2 * 5 : step * 2;
	}
	return step;
}

static void add_label(const struct paper *p, char *label, size_t size, uint64_t at, uint64_t step)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	size_t u = 0;

	if (p->track->ticked) {
		snprintf(label, size, "%s", COUNT(at));
		return;
	}
	while (u < 3 && units[u].ns > step)
		u++;
	snprintf(label, size, "%s %s", COUNT(at / units[u].ns), units[u].name);
}

static void print_main_ruler(const struct paper *p)
{
	cleanup(freep) char *line = malloc(p->cells + TEXT_NUMBER);
	uint64_t step = ruler_step((double)p->end / p->cells * 14);
	uint64_t at = (p->zero + step - 1) / step * step;
	size_t used = 0;

	if (!line)
		return;
	for (; at <= p->zero + p->end; at += step) {
		unsigned cell = (unsigned)((double)(at - p->zero) * p->cells / (double)(p->end + 1));
		char label[TEXT_NUMBER + 4];

		add_label(p, label, sizeof(label), at, step);
		if (cell + strlen(label) + 1 > p->cells)
			break;
		used += (size_t)sprintf(line + used, "%*s|%s", (int)(cell - used), "", label);
	}
	line[used] = '\0';
	text_pad(p->page, p->track->ticked ? "ticks" : "time", p->name_width, false);
	fprintf(p->page->out, " %s%-*s%s %7s %7s\n", text_ink(p->page, INK_FAINT), (int)p->cells, line,
		text_ink(p->page, INK_PLAIN), "holds", "waits");
}

/* Where the next round count of ticks was reached: they do not pass evenly in time. */
static void print_tick_ruler(const struct paper *p, uint64_t all)
{
	const struct track *track = p->track;
	cleanup(freep) char *line = malloc(p->cells + TEXT_NUMBER);
	uint64_t step = ruler_step((double)all / p->cells * 14), ticks = 0, next = 0;
	size_t used = 0;

	if (!line)
		return;
	for (size_t i = 0; i < LANE_BUCKETS; i++) {
		unsigned cell = (unsigned)((double)i * (double)track->bucket_width * p->cells / (double)(p->end + 1));
		const char *label = COUNT(ticks / step * step);

		/* The bucket before brought it there. */
		if (ticks >= next && cell >= used + (used > 0) && cell + strlen(label) + 1 <= p->cells) {
			used += (size_t)sprintf(line + used, "%*s|%s", (int)(cell - used), "", label);
			next = ticks / step * step + step;
		}
		ticks += track->tallies[i].ticks;
	}
	line[used] = '\0';
	text_pad(p->page, "ticks", p->name_width, false);
	fprintf(p->page->out, " %s%s%s\n", text_ink(p->page, INK_FAINT), line, text_ink(p->page, INK_PLAIN));
}

void timeline_print_rulers(const struct paper *p)
{
	uint64_t ticks = 0;

	print_main_ruler(p);
	for (size_t i = 0; i < LANE_BUCKETS && !p->track->ticked; i++)
		ticks += p->track->tallies[i].ticks;
	if (ticks && gil_is_ticked(&p->track->info))
		print_tick_ruler(p, ticks);
}

/* ---- heights ------------------------------------------------------------------------ */

/* Of the buckets that begin in the column. */
static struct tally column_of(const struct paper *p, unsigned cell)
{
	double from = (double)p->end * cell / p->cells, to = (double)p->end * (cell + 1) / p->cells;
	double width = (double)p->track->bucket_width;
	struct tally sum = { 0 };

	for (size_t i = (size_t)(from / width); i < LANE_BUCKETS && (double)i * width < to; i++) {
		const struct tally *b = &p->track->tallies[i];

		if ((double)i * width < from)
			continue;
		sum.failed += b->failed;
		sum.checks += b->checks;
	}
	/* The last bucket may begin where the axis ends. */
	if (cell + 1 == p->cells && to / width < LANE_BUCKETS && (double)(size_t)(to / width) * width >= to) {
		sum.failed += p->track->tallies[(size_t)(to / width)].failed;
		sum.checks += p->track->tallies[(size_t)(to / width)].checks;
	}
	return sum;
}

/* What is rare must not vanish: more than nothing is at least the lowest. */
static void print_heights(const struct paper *p, const char *name, enum ink ink, const double *values,
			  double most, const char *most_text)
{
	static const char *const bars[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const digits[] = { " ", "1", "2", "3", "4", "5", "6", "7", "8" };

	text_pad(p->page, name, p->name_width, false);
	fprintf(p->page->out, " %s", text_ink(p->page, ink));
	for (unsigned i = 0; i < p->cells; i++) {
		size_t height = (size_t)(values[i] * 8 / most);

		if (height < 8 && (double)height * most < values[i] * 8)
			height++;
		fputs(p->page->utf8 ? bars[height] : digits[height], p->page->out);
	}
	fprintf(p->page->out, "%s  up to %s\n", text_ink(p->page, INK_PLAIN), most_text);
}

static void print_failures(const struct paper *p, double *values)
{
	double most = 0;

	for (unsigned i = 0; i < p->cells; i++) {
		values[i] = (double)column_of(p, i).failed;
		most = values[i] > most ? values[i] : most;
	}
	if (most > 0)
		print_heights(p, "failed", INK_BAD, values, most, COUNT((uint64_t)most));
}

static void print_badness(const struct paper *p, double *values)
{
	char text[TEXT_NUMBER];
	double most = 0;

	for (unsigned i = 0; i < p->cells; i++) {
		struct tally sum = column_of(p, i);

		values[i] = sum.checks ? (double)sum.failed / (double)sum.checks : 0;
		most = values[i] > most ? values[i] : most;
	}
	if (most > 0)
		print_heights(p, "badness", INK_BAD, values, most, cell_ratio(text, sizeof(text), most));
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

void timeline_print_rows(const struct paper *p)
{
	cleanup(freep) double *values = calloc(p->cells, sizeof(*values));

	if (!values)
		return;
	print_failures(p, values);
	print_badness(p, values);
	if (!p->track->ticked)
		print_gaps(p);
}
