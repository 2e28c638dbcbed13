/* SPDX-License-Identifier: MIT */
#include "cli/experiment/experiment.h"

#include "base/err.h"
#include "base/grid.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char quoted[] = "the talk";

/* ---- values as people read them ------------------------------------------------------- */

/* Three digits and a unit: 999, 59.4 k, 1.85 M */
static const char *short_count(char *buffer, size_t size, double n)
{
	static const char *const units[] = { "", " k", " M", " G", " T" };
	size_t unit = 0;

	if (n < 999.5) {
		snprintf(buffer, size, n < 10 && n != (double)(int)n ? "%.1f" : "%.0f", n);
		return buffer;
	}
	for (; n >= 999.5 && unit < sizeof(units) / sizeof(units[0]) - 1; unit++)
		n /= 1000;
	snprintf(buffer, size, "%.*f%s", n < 9.995 ? 2 : n < 99.95 ? 1 : 0, n, units[unit]);
	return buffer;
}

static void write_value(char *buffer, size_t size, enum value_kind kind, double value)
{
	switch (kind) {
	case VALUE_DURATION:
		text_duration(buffer, size, (uint64_t)(value + 0.5));
		break;
	case VALUE_COUNT:
		short_count(buffer, size, value);
		break;
	case VALUE_RATIO:
		snprintf(buffer, size, "%.*f x", value < 0.1 ? 4 : 2, value);
		break;
	case VALUE_NUMBER:
		snprintf(buffer, size, "%.3f", value);
		break;
	}
}

static void add_cell(struct grid *grid, const struct page *page, const struct column *column,
		     const struct row *row, const struct samples *s)
{
	char value[TEXT_NUMBER];

	if (!s->n) {
		grid_cell(grid, column->recorded && row->incomplete ? "*" : "-");
		return;
	}
	write_value(value, sizeof(value), column->kind, samples_median(s));
	if (column->spread && s->n > 1)
		grid_cell(grid, "%s %s%2.0f %%", value, page->utf8 ? "±" : "+-", samples_spread(s) * 100);
	else
		grid_cell(grid, "%s", value);
}

/* ---- the table ---------------------------------------------------------------------------- */

static const char *subject_name(const struct row *row)
{
	return row->subject ? row->subject->name : quoted;
}

static int subject_width(const struct bench *b)
{
	size_t width = strlen(quoted);

	for (const struct row *row = b->rows; row < b->rows + b->n_rows; row++)
		if (strlen(subject_name(row)) > width)
			width = strlen(subject_name(row));
	return (int)width;
}

/* A subject's name stands at its first row only: so the rows show as groups. */
static void add_row(struct grid *grid, const struct bench *b, const struct row *row, const struct page *page)
{
	bool first = row == b->rows || row[-1].subject != row->subject;

	grid_cell(grid, "%-*s  %s%s", subject_width(b), first ? subject_name(row) : "", row->name,
		  row->failure ? " !" : "");
	for (size_t i = 0; i < b->experiment->n_columns; i++)
		add_cell(grid, page, &b->experiment->columns[i], row, &row->cells[i]);
}

static int print_grid(const struct bench *b, const struct page *page)
{
	cleanup(grid_freep) struct grid *grid = NULL;
	int r = grid_new(&grid);

	if (r)
		return r;
	grid_column(grid, "", "GIL", GRID_WORDS);
	for (size_t i = 0; i < b->experiment->n_columns; i++)
		grid_column(grid, b->experiment->columns[i].group, b->experiment->columns[i].title,
			    GRID_NUMBERS);
	for (const struct row *row = b->rows; row < b->rows + b->n_rows; row++)
		add_row(grid, b, row, page);
	return grid_print(grid, page);
}

/* ---- around it ------------------------------------------------------------------------------ */

static void print_head(const struct bench *b, const struct page *page)
{
	char text[512];

	b->experiment->describe(b, text, sizeof(text));
	fputs(text_ink(page, INK_STRONG), page->out);
	text_paragraph(page, "", text);
	fputs(text_ink(page, INK_PLAIN), page->out);
	snprintf(text, sizeof(text), "%s %s of each row, in turns, on CPU%s %s.", COUNT(b->runs),
		 PLURAL(b->runs, "run"), b->cpus.n == 1 ? "" : "s", b->cpus.list);
	text_paragraph(page, "", text);
	fputc('\n', page->out);
}

static void print_help(const struct bench *b, const struct page *page)
{
	char text[512];

	fputc('\n', page->out);
	for (size_t i = 0; i < b->experiment->n_columns; i++) {
		const struct column *c = &b->experiment->columns[i];

		snprintf(text, sizeof(text), "%s%s%s: %s", c->group, *c->group ? ", " : "", c->title,
			 c->help ? c->help : "");
		if (c->help)
			text_paragraph(page, "  ", text);
	}
}

static void print_notes(const struct bench *b, const struct page *page)
{
	bool incomplete = false;
	char text[1024];

	if (*b->note)
		text_paragraph(page, "  ", b->note);
	for (const struct row *row = b->rows; row < b->rows + b->n_rows; row++)
		incomplete |= row->incomplete;
	if (incomplete)
		text_paragraph(page, "  ", "*: of each recording of this row events were lost, or the first "
					   "are missing: its counts would be wrong");
	for (const struct row *row = b->rows; row < b->rows + b->n_rows; row++) {
		if (!row->failure)
			continue;
		snprintf(text, sizeof(text), "! %s, %s, was given up: %s", subject_name(row), row->name,
			 NAME(page, row->failure));
		text_paragraph(page, "  ", text);
	}
}

int table_print(const struct bench *b, const struct page *page)
{
	int r;

	print_head(b, page);
	r = print_grid(b, page);
	if (r)
		return r;
	print_help(b, page);
	print_notes(b, page);
	return 0;
}
