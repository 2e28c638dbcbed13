/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include "base/err.h"
#include "viz/grid.h"

enum { BAR_CELLS = 20 };

static const struct {
	const char *column, *title;
} columns[] = {
	{ "from_ns", "time" },
	{ "utilisation", "held" },
	{ "contention", "contention" },
	{ "waiters_max", "waiters" },
	{ "acquisitions", "acquired" },
	{ "failed_attempts", "failed" },
	{ "switches", "switches" },
	{ "badness", "badness" },
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static int cells_of(double share)
{
	int cells = (int)(share * BAR_CELLS + 0.5);

	return cells < 0 || !(share <= 1) ? (share > 1 ? BAR_CELLS : 0) : cells;
}

/* Dark: somebody slept waiting for it; light: held, and nobody waited. */
static const char *bar(char *buffer, size_t size, const struct page *page, const struct bucket *b)
{
	int wanted = cells_of(b->contention), held = cells_of(b->utilisation);
	size_t at = 0;

	*buffer = '\0';
	for (int i = 0; i < (wanted > held ? wanted : held) && at < size; i++)
		at += (size_t)snprintf(buffer + at, size - at, "%s",
				       i < wanted ? page->utf8 ? "█" : "#" : page->utf8 ? "░" : "-");
	return buffer;
}

static void add(struct grid *grid, const struct section *s, const struct bucket *b)
{
	const struct table_columns *buckets = table_find("buckets");
	char text[CELL_TEXT];

	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *c = column_find(buckets, columns[i].column);

		grid_cell(grid, "%s", cell_text(text, sizeof(text), s->page, c, column_value(s->r, c, b)));
	}
	grid_cell(grid, "%s", bar(text, sizeof(text), s->page, b));
}

int section_print_course(const struct section *s)
{
	cleanup(grid_freep) struct grid *grid = NULL;
	char legend[80];
	int r;

	if (!s->r->n_buckets)
		return 0;
	r = grid_new(&grid);
	if (r)
		return r;
	for (size_t i = 0; i < COLUMNS; i++)
		grid_column(grid, "", columns[i].title, i ? GRID_NUMBERS : GRID_WORDS);
	snprintf(legend, sizeof(legend), "%s wanted %s only held", s->page->utf8 ? "█" : "#",
		 s->page->utf8 ? "░" : "-");
	grid_column(grid, "", legend, GRID_WORDS);
	for (size_t i = 0; i < s->r->n_buckets; i++)
		if (s->r->buckets[i].gil == s->gil->info.index)
			add(grid, s, &s->r->buckets[i]);
	section_heading(s, "The course over time");
	r = grid_print(grid, s->page);
	fputc('\n', s->page->out);
	return r;
}
