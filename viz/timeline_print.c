/* SPDX-License-Identifier: MIT */
#include "base/grid.h"
#include "viz/timeline_paper.h"
#include "viz/words.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum glyph { G_NONE, G_OUTSIDE, G_HOLDS, G_BRIEFLY, G_WAITS, G_FAILS, G_UNKNOWN, GLYPHS };

static const struct {
	const char *utf8, *ascii, *meaning;
	enum ink ink;
} glyphs[GLYPHS] = {
	[G_NONE] = { " ", " ", NULL, INK_PLAIN },
	[G_HOLDS] = { "█", "#", "holds", INK_GOOD },
	[G_BRIEFLY] = { "▂", "_", "holds briefly", INK_GOOD },
	[G_WAITS] = { "▒", "=", "waits", INK_NOTE },
	[G_FAILS] = { "!", "!", "waits, and fails", INK_BAD },
	[G_UNKNOWN] = { "?", "?", "unknown: events lost", INK_STRONG },
	[G_OUTSIDE] = { "·", ".", "outside", INK_FAINT },
};

static bool is_on(const struct paper *p, const struct row *row)
{
	return row->of && row->gil == p->track->info.index;
}

static const char *glyph_text(const struct paper *p, enum glyph g)
{
	return p->page->utf8 ? glyphs[g].utf8 : glyphs[g].ascii;
}

static double cell_begin(const struct paper *p, unsigned cell)
{
	return (double)p->end * cell / p->cells;
}

static enum glyph glyph_of(const struct paper *p, const struct row *row, unsigned cell)
{
	double from = cell_begin(p, cell), to = cell_begin(p, cell + 1);
	double alive = fmin(to, (double)row->last) - fmax(from, (double)row->first);
	struct lane_cell c = lane_cell(&row->lane, p->track->bucket_width, p->end, from, to);
	double outside = fmax(0, alive - c.held - c.waited - c.unknown);

	/* A bucket may reach from the neighbour into a column in which the thread did not live. */
	if (alive <= 0)
		return G_NONE;
	if (c.unknown > 0 && c.unknown >= c.held && c.unknown >= c.waited && c.unknown >= outside)
		return G_UNKNOWN;
	if (c.held > 0 && c.held >= c.waited && c.held >= outside)
		return G_HOLDS;
	if (c.failed)
		return G_FAILS;
	if (c.waited > 0 && c.waited >= outside)
		return G_WAITS;
	if (c.held > 0)
		return G_BRIEFLY;
	return G_OUTSIDE;
}

static void print_lane(const struct paper *p, const struct row *row)
{
	const struct page *page = p->page;
	enum glyph last = G_NONE;

	text_pad_middle(page, NAME(page, row->info.name), p->name_width);
	fputc(' ', page->out);
	for (unsigned i = 0; i < p->cells; i++) {
		enum glyph g = glyph_of(p, row, i);

		if (g != last)
			fprintf(page->out, "%s%s", text_ink(page, INK_PLAIN),
				text_ink(page, glyphs[g].ink));
		fputs(glyph_text(p, g), page->out);
		last = g;
	}
	fprintf(page->out, "%s %7s %7s %9s\n", text_ink(page, INK_PLAIN), PERCENT(row->lane.held, p->end),
		PERCENT(row->lane.waited, p->end), COUNT(row->lane.failed));
}

static void print_legend(const struct paper *p)
{
	fprintf(p->page->out, "\n%*s", (int)p->name_width, "");
	for (enum glyph g = G_OUTSIDE; g < (p->t->n_gaps ? GLYPHS : G_UNKNOWN); g++)
		fprintf(p->page->out, "%s %s%s%s %s", g > G_OUTSIDE ? "  " : "", text_ink(p->page, glyphs[g].ink),
			glyph_text(p, g), text_ink(p->page, INK_PLAIN), glyphs[g].meaning);
	fputc('\n', p->page->out);
}

/* ---- runs on paper ------------------------------------------------------------------------ */

/* Microseconds with three decimals, from exact integers. */
static void add_us(struct grid *table, uint64_t ns)
{
	grid_cell(table, "%s.%03" PRIu64, COUNT(ns / 1000), ns % 1000);
}

static void add_run(struct grid *table, const struct paper *p, const char *name, const struct run *run)
{
	grid_cell(table, "%s", name);
	if (p->track->ticked)
		grid_cell(table, "%s", COUNT(run->from_tick));
	else
		add_us(table, (uint64_t)(run->from_ns - p->t->origin_ns));
	add_us(table, (uint64_t)(run->to_ns - run->from_ns));
	grid_cell(table, "%s", gil_is_ticked(&p->track->info) ? COUNT(run->ticks) : "-");
	grid_cell(table, "%s", COUNT(run->checks));
	grid_cell(table, "%s", COUNT(run->holds));
	grid_cell(table, "%s", COUNT(run->failed));
}

static int print_runs_of(const struct paper *p, const struct row *row)
{
	const char *const columns[] = {
		"run of", p->track->ticked ? "start tick" : "start us", "length us",
		"ticks", "checks", "holds", "others failed",
	};
	cleanup(grid_freep) struct grid *table = NULL;
	int r;

	if (!row->n_runs)
		return 0;
	r = grid_new(&table);
	if (r)
		return r;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		grid_column(table, "", columns[i], i ? GRID_NUMBERS : GRID_WORDS);
	for (uint64_t i = 0; i < row->n_runs; i++)
		add_run(table, p, NAME(p->page, row->info.name), &row->runs[i]);
	fputc('\n', p->page->out);
	r = grid_print(table, p->page);
	if (row->more_runs)
		fprintf(p->page->out, "... and %s more %s (--limit 0 shows all)\n",
			COUNT(row->more_runs), PLURAL(row->more_runs, "run"));
	return r;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void measure(struct paper *p)
{
	unsigned width = p->page->width ? p->page->width : 80;
	unsigned beside;

	p->name_width = 7;
	for (size_t i = 0; i < p->t->n_rows; i++) {
		unsigned columns = is_on(p, &p->t->rows[i]) ?
			text_columns(NAME(p->page, p->t->rows[i].info.name)) : 0;

		if (columns > p->name_width)
			p->name_width = columns;
	}
	if (p->name_width > width / 4)
		p->name_width = width / 4 > 7 ? width / 4 : 7;
	beside = p->name_width + 1 + TIMELINE_SHARES + TIMELINE_TOTAL;
	p->cells = width > beside + 20 ? width - beside : 20;
	p->end = p->track->ticked ? p->track->end : p->t->end;
	p->zero = p->track->ticked ? 0 : (uint64_t)(p->t->begin_ns - p->t->origin_ns);
	if (!p->end)
		p->end = 1;
}

static void print_heading(const struct paper *p)
{
	const struct gil_info *g = &p->track->info;
	FILE *out = p->page->out;

	fprintf(out, "%sProcess %" PRId32 ": %s%s", text_ink(p->page, INK_STRONG), g->pid,
		GIL(p->page, g), text_ink(p->page, INK_PLAIN));
	if (p->t->options.axis == TIMELINE_TICKS && !p->track->ticked)
		fputs("\n(It counts no ticks: the axis is time.)", out);
	fputs("\n\n", out);
}

static int print_track(struct paper *p)
{
	int r;

	measure(p);
	print_heading(p);
	r = timeline_print_rulers(p);
	for (size_t i = 0; i < p->t->n_rows && !r; i++)
		if (is_on(p, &p->t->rows[i]))
			print_lane(p, &p->t->rows[i]);
	if (!r)
		r = timeline_print_rows(p);
	if (r)
		return r;
	print_legend(p);
	for (size_t i = 0; i < p->t->n_rows && !r; i++)
		if (is_on(p, &p->t->rows[i]))
			r = print_runs_of(p, &p->t->rows[i]);
	fputc('\n', p->page->out);
	return r;
}

int timeline_print(const struct timeline *t, const struct quality *quality, const struct page *page)
{
	struct paper p = { .t = t, .page = page };
	int r = 0;

	for (size_t i = 0; i < t->n_tracks && !r; i++) {
		p.track = &t->tracks[i];
		if (p.track->gil)
			r = print_track(&p);
	}
	if (t->more_threads)
		fprintf(page->out, "... and %s more %s without a lane: choose with --thread\n",
			COUNT(t->more_threads), PLURAL(t->more_threads, "thread"));
	fputs("Data: ", page->out);
	quality_print_line(quality, page);
	return r;
}
