/* SPDX-License-Identifier: MIT */
#include "base/grid.h"
#include "viz/timeline_data.h"
#include "viz/words.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum glyph { G_NONE, G_OUTSIDE, G_HOLDS, G_BRIEFLY, G_WAITS, G_FAILS, GLYPHS };

static const struct {
	const char *utf8, *ascii, *meaning;
	enum ink ink;
} glyphs[GLYPHS] = {
	[G_NONE] = { " ", " ", NULL, INK_PLAIN },
	[G_HOLDS] = { "█", "#", "holds", INK_GOOD },
	[G_BRIEFLY] = { "▂", "_", "holds briefly", INK_GOOD },
	[G_WAITS] = { "▒", "=", "waits", INK_NOTE },
	[G_FAILS] = { "!", "!", "waits, and fails", INK_BAD },
	[G_OUTSIDE] = { "·", ".", "outside", INK_FAINT },
};

struct paper {
	const struct timeline *t;
	const struct page *page;
	const struct track *track;
	unsigned name_width, cells;
	uint64_t end;     /* of the axis */
	uint64_t zero;    /* what the axis is labelled with at its begin */
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
	double outside = fmax(0, alive - c.held - c.waited);

	/* A bucket may reach from the neighbour into a column in which the thread did not live. */
	if (alive <= 0)
		return G_NONE;
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
	fprintf(page->out, "%s %7s %7s\n", text_ink(page, INK_PLAIN), PERCENT(row->lane.held, p->end),
		PERCENT(row->lane.waited, p->end));
}

/* The failed attempts of all threads, as heights: what is rare must not vanish. */
static void print_failures(const struct paper *p)
{
	static const char *const bars[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const digits[] = { " ", "1", "2", "3", "4", "5", "6", "7", "8" };
	cleanup(freep) uint64_t *failed = calloc(p->cells, sizeof(*failed));
	uint64_t most = 0;

	for (size_t r = 0; failed && r < p->t->n_rows; r++) {
		const struct row *row = &p->t->rows[r];

		if (!is_on(p, row) || !row->lane.failed)
			continue;
		for (unsigned i = 0; i < p->cells; i++) {
			failed[i] += lane_cell(&row->lane, p->track->bucket_width, p->end,
					       cell_begin(p, i), cell_begin(p, i + 1)).failed;
			most = failed[i] > most ? failed[i] : most;
		}
	}
	if (!most)
		return;
	text_pad(p->page, "failed", p->name_width, false);
	fprintf(p->page->out, " %s", text_ink(p->page, INK_BAD));
	for (unsigned i = 0; i < p->cells; i++) {
		size_t height = (size_t)((failed[i] * 8 + most - 1) / most);

		fputs(p->page->utf8 ? bars[height] : digits[height], p->page->out);
	}
	fprintf(p->page->out, "%s  up to %s\n", text_ink(p->page, INK_PLAIN), COUNT(most));
}

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
	while (units[u].ns > step && u < 3)
		u++;
	snprintf(label, size, "%s %s", COUNT(at / units[u].ns), units[u].name);
}

static void print_ruler(const struct paper *p)
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

static void print_legend(const struct paper *p)
{
	fprintf(p->page->out, "\n%*s", (int)p->name_width, "");
	for (enum glyph g = G_OUTSIDE; g < GLYPHS; g++)
		fprintf(p->page->out, " %s%s%s %s%s", text_ink(p->page, glyphs[g].ink),
			glyph_text(p, g), text_ink(p->page, INK_PLAIN), glyphs[g].meaning,
			g + 1 < GLYPHS ? "  " : "\n");
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

	p->name_width = 6;
	for (size_t i = 0; i < p->t->n_rows; i++) {
		unsigned columns = is_on(p, &p->t->rows[i]) ?
			text_columns(NAME(p->page, p->t->rows[i].info.name)) : 0;

		if (columns > p->name_width)
			p->name_width = columns;
	}
	if (p->name_width > width / 4)
		p->name_width = width / 4 > 6 ? width / 4 : 6;
	beside = p->name_width + 1 + 16;
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
	int r = 0;

	measure(p);
	print_heading(p);
	print_ruler(p);
	for (size_t i = 0; i < p->t->n_rows; i++)
		if (is_on(p, &p->t->rows[i]))
			print_lane(p, &p->t->rows[i]);
	print_failures(p);
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
