/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/grid.h"

/* Short titles for the usual columns; all others have their own names. */
static const struct title {
	const char *column, *group, *title;
} titles[] = {
	{ "acquisitions", "attempts", "acquired" },
	{ "acquisitions_contended", "attempts", "contended" },
	{ "busy", "attempts", "busy" },
	{ "retries", "attempts", "retries" },
	{ "failed_attempts", "attempts", "failed" },
	{ "releases", "work", "releases" },
	{ "checks", "work", "checks" },
	{ "ticks", "work", "ticks" },
	{ "wait_ratio", "of its life", "waiting" },
	{ "hold_ratio", "of its life", "holding" },
	{ "wait_contended_total_ns", "waiting, when contended", "total" },
	{ "wait_contended_p50_ns", "waiting, when contended", "p50" },
	{ "wait_contended_p99_ns", "waiting, when contended", "p99" },
	{ "wait_contended_max_ns", "waiting, when contended", "max" },
	{ "hold_total_ns", "holding", "total" },
	{ "hold_p50_ns", "holding", "p50" },
	{ "hold_p99_ns", "holding", "p99" },
	{ "hold_max_ns", "holding", "max" },
};

void report_default(struct report_options *o)
{
	static const char *const order[] = { "wait_contended_total_ns", "waiting_ns" };
	const char *names[sizeof(titles) / sizeof(titles[0]) + 2] = { "tid" };

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		names[i + 1] = titles[i].column;
	*o = (struct report_options){ .limit = 0 };
	choice_default(&o->fields, table_find("threads"), names);
	order_parse(&o->order, table_find("threads"), order, sizeof(order) / sizeof(order[0]));
}

static void add_column(struct grid *grid, const struct column *c)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (!strcmp(titles[i].column, c->name)) {
			grid_column(grid, titles[i].group, titles[i].title, GRID_NUMBERS);
			return;
		}
	grid_column(grid, "", c->name, c->type == COLUMN_TEXT ? GRID_WORDS : GRID_NUMBERS);
}

static void add_thread(struct grid *grid, const struct section *s, const struct thread_metrics *t)
{
	char text[CELL_TEXT];

	grid_cell(grid, "%s", THREAD(s, t));
	for (size_t i = 0; i < s->options->fields.n; i++) {
		const struct column *c = s->options->fields.columns[i];
		struct value v = column_value(s->r, c, t);

		v.known &= !cell_says_nothing(c, t, &s->gil->info);
		v.known &= !(t->folded && (!strcmp(c->name, "tid") || !strcmp(c->name, "pid")));
		grid_cell(grid, "%s", cell_text(text, sizeof(text), s->page, c, v));
	}
}

static size_t choose(const struct section *s, size_t *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < s->r->n_threads; i++)
		if (section_shows(s, &s->r->threads[i]))
			rows[n++] = i;
	order_rows(&s->options->order, s->r, table_find("threads"), rows, n);
	return n;
}

int section_print_threads(const struct section *s)
{
	cleanup(freep) size_t *rows = calloc(s->r->n_threads + 1, sizeof(*rows));
	cleanup(grid_freep) struct grid *grid = NULL;
	size_t n, limit = section_limit(s, REPORT_LIMIT);
	int r = rows ? grid_new(&grid) : err(-ENOMEM, "out of memory");

	if (r)
		return r;
	n = choose(s, rows);
	grid_column(grid, "", "thread", GRID_WORDS);
	for (size_t i = 0; i < s->options->fields.n; i++)
		add_column(grid, s->options->fields.columns[i]);
	for (size_t i = 0; i < n && i < limit; i++)
		add_thread(grid, s, &s->r->threads[rows[i]]);
	r = grid_print(grid, s->page);
	if (n > limit)
		fprintf(s->page->out, "... and %s more %s: --limit %zu shows all, --sort others\n",
			COUNT(n - limit), PLURAL(n - limit, "thread"), n);
	fputc('\n', s->page->out);
	return r;
}
