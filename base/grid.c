/* SPDX-License-Identifier: MIT */
#include "base/grid.h"

#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { MAX_COLUMNS = 200, GAP = 2, WORDS_MOST = 28 };
#define TITLES SIZE_MAX /* the number of no row */

struct column {
	const char *group, *title;
	unsigned width;
	enum grid_kind kind;
};

struct grid {
	struct column columns[MAX_COLUMNS];
	unsigned n_columns;
	char **cells;
	size_t n_cells, room;
	bool out_of_memory;
};

int grid_new(struct grid **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : err(-ENOMEM, "out of memory");
}

struct grid *grid_free(struct grid *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
	return NULL;
}

static unsigned title_width(const char *title)
{
	unsigned width = text_columns(title);

	return width < WORDS_MOST ? width : WORDS_MOST;
}

void grid_column(struct grid *t, const char *group, const char *title, enum grid_kind kind)
{
	if (t->n_columns < MAX_COLUMNS)
		t->columns[t->n_columns++] = (struct column){ group, title, title_width(title), kind };
}

static bool make_room(struct grid *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	char **cells;

	if (t->n_cells < t->room)
		return true;
	cells = realloc(t->cells, room * sizeof(*cells));
	if (!cells)
		return false;
	t->cells = cells;
	t->room = room;
	return true;
}

void grid_cell(struct grid *t, const char *fmt, ...)
{
	struct column *column = &t->columns[t->n_cells % t->n_columns];
	unsigned width;
	va_list ap;
	int n = -1;

	if (t->out_of_memory)
		return;
	va_start(ap, fmt);
	if (make_room(t))
		n = vasprintf(&t->cells[t->n_cells], fmt, ap);
	va_end(ap);
	if (n < 0) {
		t->out_of_memory = true;
		return;
	}
	width = text_columns(t->cells[t->n_cells++]);
	if (column->kind == GRID_WORDS && width > WORDS_MOST)
		width = WORDS_MOST;
	if (width > column->width)
		column->width = width;
}

/* The first column after the group that column `from` begins. */
static unsigned group_end(const struct grid *t, unsigned from)
{
	unsigned to = from + 1;

	while (to < t->n_columns && !strcmp(t->columns[to].group, t->columns[from].group))
		to++;
	return to;
}

static unsigned width_of(const struct grid *t, unsigned from, unsigned to)
{
	unsigned width = 0;

	for (unsigned i = from; i < to; i++)
		width += GAP + t->columns[i].width;
	return width;
}

static unsigned group_end_before(const struct grid *t, unsigned from, unsigned to)
{
	unsigned end = group_end(t, from);

	return end < to ? end : to;
}

/* Lines end with their last word: `to` moves back over groups without a heading. */
static void print_groups(const struct grid *t, const struct page *page, unsigned from, unsigned to)
{
	while (to > from && !*t->columns[to - 1].group)
		to--;
	if (to == from)
		return;
	fprintf(page->out, "%*s", (int)t->columns[0].width, "");
	for (unsigned i = from; i < to; i = group_end_before(t, i, to)) {
		unsigned width = width_of(t, i, group_end_before(t, i, to)) - GAP;
		unsigned title = text_columns(t->columns[i].group), rule = 0;
		const char *dash = page->utf8 ? "─" : "-";

		fprintf(page->out, "%*s%s", GAP, "", text_ink(page, INK_FAINT));
		for (; title && rule + title + 1 < width; rule++)
			fputs(dash, page->out);
		fprintf(page->out, "%*s%s", (int)(width - rule - title), "", t->columns[i].group);
		fputs(text_ink(page, INK_PLAIN), page->out);
	}
	fputc('\n', page->out);
}

/* Of a row, or of the titles. */
static const char *cell_at(const struct grid *t, size_t row, unsigned column)
{
	return row == TITLES ? t->columns[column].title : t->cells[row * t->n_columns + column];
}

static void print_cell(const struct grid *t, const struct page *page, size_t row, unsigned column, bool last)
{
	const struct column *c = &t->columns[column];
	const char *s = cell_at(t, row, column);
	unsigned have = text_columns(s);

	if (column)
		fprintf(page->out, "%*s", GAP, "");
	if (have > c->width)
		text_pad_middle(page, s, c->width);
	else
		text_pad(page, s, last && c->kind == GRID_WORDS ? have : c->width,
			 c->kind == GRID_NUMBERS);
}

/* No line ends with blanks. */
static void print_cells(const struct grid *t, const struct page *page, size_t row, unsigned from, unsigned to)
{
	while (to > from && !*cell_at(t, row, to - 1))
		to--;
	print_cell(t, page, row, 0, to == from);
	for (unsigned i = from; i < to; i++)
		print_cell(t, page, row, i, i + 1 == to);
}

static void print_titles(const struct grid *t, const struct page *page, unsigned from, unsigned to)
{
	fputs(text_ink(page, INK_STRONG), page->out);
	print_cells(t, page, TITLES, from, to);
	fprintf(page->out, "%s\n", text_ink(page, INK_PLAIN));
}

static void print_rows(const struct grid *t, const struct page *page, unsigned from, unsigned to)
{
	for (size_t row = 0; row < t->n_cells / t->n_columns; row++) {
		print_cells(t, page, row, from, to);
		fputc('\n', page->out);
	}
}

/* The columns from `from` on that fit on the page: whole groups, or, of one that is too wide, a part; at least one. */
static unsigned fitting(const struct grid *t, const struct page *page, unsigned from)
{
	unsigned first = t->columns[0].width, to = from, more;

	while (to < t->n_columns) {
		more = group_end(t, to);
		if (page->width && first + width_of(t, from, more) > page->width)
			break;
		to = more;
	}
	more = group_end(t, from);
	while (to == from && more > from + 1 && first + width_of(t, from, more) > page->width)
		more--;
	return to > from ? to : more;
}

/* The heading of a group may be wider than its columns. */
static void fit_groups(struct grid *t)
{
	for (unsigned from = 1, to; from < t->n_columns; from = to) {
		unsigned title = text_columns(t->columns[from].group), width;

		to = group_end(t, from);
		width = width_of(t, from, to) - GAP;
		if (title > width)
			t->columns[to - 1].width += title - width;
	}
}

unsigned grid_width(struct grid *t)
{
	fit_groups(t);
	return t->columns[0].width + width_of(t, 1, t->n_columns);
}

int grid_print(struct grid *t, const struct page *page)
{
	unsigned from = 1, to;

	if (t->out_of_memory)
		return err(-ENOMEM, "out of memory");
	fit_groups(t);
	do {
		/* The first column may be all there is. */
		to = from < t->n_columns ? fitting(t, page, from) : from;
		if (from > 1)
			fputc('\n', page->out);
		print_groups(t, page, from, to);
		print_titles(t, page, from, to);
		print_rows(t, page, from, to);
		from = to;
	} while (from < t->n_columns);
	return 0;
}
