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
	{ "wait_ratio", "of its life", "all waits" },
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

static const struct title *title_of(const struct column *c)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (!strcmp(titles[i].column, c->name))
			return &titles[i];
	return NULL;
}

/* The first column of the table. */
static bool is_there(const struct column *c)
{
	return !strcmp(c->name, "name");
}

/* A row of the threads: its name says more than its number. */
static bool is_thread(const struct column *c)
{
	return !strcmp(c->name, "attempt_max_holder");
}

static void add_column(struct grid *grid, const struct column *c)
{
	const struct title *t = title_of(c);
	bool words = c->type == COLUMN_TEXT || is_thread(c);

	if (is_there(c))
		return;
	grid_column(grid, t ? t->group : "", t ? t->title : c->name, words ? GRID_WORDS : GRID_NUMBERS);
}

/* "wait_p99" is typed; the "_ns" is understood. */
static size_t typed_length(const char *column)
{
	size_t length = strlen(column);

	return length > 3 && !strcmp(column + length - 3, "_ns") ? length - 3 : length;
}

/* "failed = failed_attempts"; "hold_p99", which says itself what is under "p99"; after "hold_p50" only "_p99". */
static void put_name(FILE *out, const char *name, const struct title *t, const char *before)
{
	size_t length = typed_length(name), title = strlen(t->title);
	size_t stem = length > title && name[length - title - 1] == '_' ? length - title - 1 : 0;

	if (!stem || strncmp(name + stem + 1, t->title, title) != 0)
		fprintf(out, "%s = %.*s", t->title, (int)length, name);
	else if (before && !strncmp(before, name, stem + 1))
		fprintf(out, "_%s", t->title);
	else
		fprintf(out, "%.*s", (int)length, name);
}

/* What the columns under short titles are called wherever one can be named; "" where all have their own names. */
static void compose_names(const struct section *s, FILE *out)
{
	const char *group = NULL, *before = NULL;

	for (size_t i = 0; i < s->options->fields.n; i++) {
		const char *name = s->options->fields.columns[i]->name;
		const struct title *t = title_of(s->options->fields.columns[i]);

		if (!t || !strcmp(t->title, name))
			continue;
		if (!group || strcmp(t->group, group) != 0)
			fprintf(out, "%s %s: ", group ? ";" : "Their names:", t->group);
		else
			fputs(", ", out);
		put_name(out, name, t, before);
		group = t->group;
		before = name;
	}
}

static int print_names(const struct section *s)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err(-ENOMEM, "out of memory");
	compose_names(s, out);
	fclose(out);
	if (!*text)
		return 0;
	fputs(text_ink(s->page, INK_FAINT), s->page->out);
	text_paragraph(s->page, "", text);
	fputs(text_ink(s->page, INK_PLAIN), s->page->out);
	return 0;
}

static void add_thread(struct grid *grid, const struct section *s, const struct thread_metrics *t)
{
	char text[CELL_TEXT];

	grid_cell(grid, "%s", THREAD(s, t));
	for (size_t i = 0; i < s->options->fields.n; i++) {
		const struct column *c = s->options->fields.columns[i];
		struct value v = column_value(s->r, c, t);

		if (is_there(c))
			continue;
		v.known &= !cell_says_nothing(c, t, &s->gil->info);
		v.known &= !(t->folded && (!strcmp(c->name, "tid") || !strcmp(c->name, "pid")));
		if (is_thread(c) && v.known)
			section_thread(text, sizeof(text), s, &s->r->threads[v.count]);
		else
			cell_text(text, sizeof(text), s->page, c, v);
		grid_cell(grid, "%s", text);
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
	if (!r)
		r = print_names(s);
	fputc('\n', s->page->out);
	return r;
}
