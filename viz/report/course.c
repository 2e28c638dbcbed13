/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include <math.h>

#include "base/err.h"
#include "base/grid.h"

enum { BAR_CELLS = 8, DECIMALS = 6 };

static const struct {
	const char *column, *title;
} columns[] = {
	{ "utilisation", "held" },        { "contention", "wanted" }, { "waiters_max", "waiters" },
	{ "acquisitions", "acquired" },   { "failed_attempts", "failed" }, { "switches", "switches" },
	{ "badness", "badness" },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static int cells_of(double share)
{
	int cells = isfinite(share) ? (int)(share * BAR_CELLS + 0.5) : 0;

	return cells < BAR_CELLS ? cells : BAR_CELLS;
}

/* Dark: somebody slept waiting for it; light: held, and nobody waited. */
static const char *const shades[2][2] = { { "#", "-" }, { "█", "░" } };

static const char *bar(char *buffer, size_t size, const struct page *page, const struct bucket *b)
{
	int wanted = cells_of(b->contention), held = cells_of(b->utilisation);
	size_t at = 0;

	*buffer = '\0';
	for (int i = 0; i < (wanted > held ? wanted : held) && at < size; i++)
		at += (size_t)snprintf(buffer + at, size - at, "%s", shades[page->utf8][i >= wanted]);
	return buffer;
}

/* As many decimals as the width of the buckets has. */
static int decimals_of(const struct bucket *b)
{
	int64_t step_ns = 1000000000, width_ns = b->to_ns - b->from_ns;
	int decimals = 0;

	for (; decimals < DECIMALS && width_ns % step_ns; step_ns /= 10)
		decimals++;
	return decimals;
}

static void add(struct grid *grid, const struct section *s, const struct bucket *b)
{
	const struct table_columns *buckets = table_find("buckets");
	char text[CELL_TEXT];

	grid_cell(grid, "+%.*f s", decimals_of(s->r->buckets),
		  (double)results_since_begin(s->r, b->from_ns) / 1e9);
	grid_cell(grid, "%s", bar(text, sizeof(text), s->page, b));
	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *c = column_find(buckets, columns[i].column);

		grid_cell(grid, "%s", cell_text(text, sizeof(text), s->page, c, column_value(s->r, c, b)));
	}
}

int section_print_course(const struct section *s)
{
	cleanup(grid_freep) struct grid *grid = NULL;
	const char *const *shade = shades[s->page->utf8];
	char title[96];
	int r;

	if (!s->r->n_buckets)
		return 0;
	r = grid_new(&grid);
	if (r)
		return r;
	grid_column(grid, "", "time", GRID_WORDS);
	grid_column(grid, "", "", GRID_WORDS);
	for (size_t i = 0; i < COLUMNS; i++)
		grid_column(grid, "", columns[i].title, GRID_NUMBERS);
	for (size_t i = 0; i < s->r->n_buckets; i++)
		if (s->r->buckets[i].gil == s->gil->info.index)
			add(grid, s, &s->r->buckets[i]);
	snprintf(title, sizeof(title), "The course over time: %s wanted (contention), %s only held", shade[0],
		 shade[1]);
	section_heading(s, title);
	r = grid_print(grid, s->page);
	fputc('\n', s->page->out);
	return r;
}
