/* SPDX-License-Identifier: MIT */
#include "viz/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "viz/cell.h"
#include "viz/change.h"
#include "base/grid.h"
#include "viz/quality.h"
#include "viz/words.h"

enum { USUAL_THREADS = 20, NONE = -1 };

/* Of a GIL, in the order of the report's summary. */
static const char *const gil_columns[] = {
	"wall_ns", "threads", "held_ns", "utilisation", "wanted_ns", "contention", "waiting_ns",
	"acquisitions", "acquisitions_contended", "switches", "switches_per_s", "handover_p50_ns",
	"handover_mean_ns", "handover_p99_ns", "dead_ns", "busy", "retries", "failed_attempts", "checks",
	"badness", "demand", "waiters_mean", "waiters_max", "fairness_progress", "parallelism_bound",
};

struct pair {
	size_t a, b; /* rows */
	double weight; /* how much it changed, for the order */
};

struct diff {
	const struct results *a, *b;
	const struct diff_options *options;
	const struct page *page;
	const struct gil_metrics *gil_a, *gil_b; /* that are compared now */
	struct pair *pairs; /* of threads */
	size_t n_pairs;
	size_t *match;      /* by thread of B: the thread of A, or NONE */
	bool *matched;      /* by thread of A */
};

void diff_default(struct diff_options *o)
{
	static const char *const fields[] = {
		"acquisitions", "failed_attempts", "wait_contended_total_ns", "wait_contended_mean_ns",
		"hold_total_ns", "hold_p99_ns", NULL,
	};
	static const char *const order[] = { "wait_contended_total_ns" };

	*o = (struct diff_options){ .limit = 0 };
	choice_default(&o->fields, table_find("threads"), fields);
	order_parse(&o->order, table_find("threads"), order, 1);
}

/* ---- the verdict ------------------------------------------------------------------------- */

static uint64_t sum(const struct results *r, size_t offset)
{
	uint64_t all = 0, one;

	for (size_t i = 0; i < r->n_gils; i++) {
		memcpy(&one, (const char *)&r->gils[i] + offset, sizeof(one));
		all += one;
	}
	return all;
}

static void say_verdict(const struct diff *d)
{
	size_t waiting = offsetof(struct gil_metrics, waiting_ns), wall = offsetof(struct gil_metrics, wall_ns);
	uint64_t a = sum(d->a, waiting), b = sum(d->b, waiting);
	char text[256], change[64];
	double percent = a ? 100 * ((double)b - (double)a) / (double)a : 0;

	if (a)
		snprintf(change, sizeof(change), "%+.1f %%", percent);
	else
		snprintf(change, sizeof(change), b ? "new" : "no change");
	snprintf(text, sizeof(text), "Threads waited %s for the GIL in A and %s in B (%s), in recordings of "
		 "%s and %s.", DURATION(a), DURATION(b), change, DURATION(sum(d->a, wall)),
		 DURATION(sum(d->b, wall)));
	fputs(text_ink(d->page, INK_STRONG), d->page->out);
	text_paragraph(d->page, "", text);
	fprintf(d->page->out, "%s\n", text_ink(d->page, INK_PLAIN));
}

static void say_recording(const struct diff *d, char letter, const struct results *r)
{
	char text[4 * sizeof(r->findings->verdict) + 1];

	fprintf(d->page->out, "  %c: %s\n", letter, NAME(d->page, r->trace->path));
	if (r->n_findings)
		text_paragraph(d->page, "     ",
			       text_name(text, sizeof(text), d->page, r->findings[0].verdict));
}

static bool has_finding(const struct results *r, const char *name)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (!strcmp(r->findings[i].name, name))
			return true;
	return false;
}

/* The findings of one that the other one does not have. */
static void say_findings(const struct diff *d, const char *what, const struct results *r,
			 const struct results *other)
{
	const char *said = NULL;

	for (size_t i = 0; i < r->n_findings; i++) {
		const char *name = r->findings[i].name;
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again |= !strcmp(r->findings[j].name, name);
		if (again || has_finding(other, name))
			continue;
		fprintf(d->page->out, "%s%s", said ? ", " : what, name);
		said = name;
	}
	if (said)
		fputc('\n', d->page->out);
}

/* ---- the GILs ------------------------------------------------------------------------------ */

static void add_change(struct grid *grid, const struct diff *d, const struct change *c)
{
	char text[CELL_TEXT];

	grid_cell(grid, "%s", cell_text(text, sizeof(text), d->page, c->column, c->a));
	grid_cell(grid, "%s", cell_text(text, sizeof(text), d->page, c->column, c->b));
	grid_cell(grid, "%s", change_difference(text, sizeof(text), c));
	grid_cell(grid, "%s", change_percent(text, sizeof(text), c));
}

static void say_gil(const struct diff *d)
{
	char text[2 * WORDS_GIL + 64];
	const char *a = GIL(d->page, &d->gil_a->info), *b = GIL(d->page, &d->gil_b->info);
	bool same = !strcmp(a, b);

	snprintf(text, sizeof(text), "GIL %" PRIu32 ": %s%s%s", d->gil_a->info.index, a,
		 same ? "" : " in A, ", same ? "" : b);
	fputs(text_ink(d->page, INK_NOTE), d->page->out);
	text_paragraph(d->page, "", text);
	fputs(text_ink(d->page, INK_PLAIN), d->page->out);
}

static int print_gil(const struct diff *d)
{
	static const char *const titles[] = { "A", "B", "change", "per cent" };
	const struct table_columns *table = table_find("gils");
	cleanup(grid_freep) struct grid *grid = NULL;
	int r = grid_new(&grid);

	if (r)
		return r;
	grid_column(grid, "", "metric", GRID_WORDS);
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		grid_column(grid, "", titles[i], GRID_NUMBERS);
	for (size_t i = 0; i < sizeof(gil_columns) / sizeof(gil_columns[0]); i++) {
		const struct column *c = column_find(table, gil_columns[i]);
		struct change change = change_of(c, (struct side){ d->a, d->gil_a, &d->gil_a->info },
						 (struct side){ d->b, d->gil_b, &d->gil_b->info });

		grid_cell(grid, "%s", c->name);
		add_change(grid, d, &change);
	}
	say_gil(d);
	r = grid_print(grid, d->page);
	fputc('\n', d->page->out);
	return r;
}

/* ---- the threads ------------------------------------------------------------------------------ */

static bool is_of(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	return t->info.gil->index == gil->info.index && t->info.selected;
}

/* Who of A, from row `a` on, goes with row `b` of B; n_threads of A: nobody. */
static size_t partner(const struct diff *d, size_t b, size_t a, bool by_name)
{
	const struct thread_metrics *tb = &d->b->threads[b];

	for (; a < d->a->n_threads; a++) {
		const struct thread_metrics *ta = &d->a->threads[a];

		if (!d->matched[a] && is_of(ta, d->gil_a) && ta->folded == tb->folded &&
		    (!by_name || !strcmp(ta->info.name, tb->info.name)))
			break;
	}
	return a;
}

static void match(struct diff *d, bool by_name)
{
	for (size_t b = 0, next = 0; b < d->b->n_threads; b++) {
		/* In order, a search goes on where the last one ended; the folded row stands anywhere. */
		bool in_order = !by_name && !d->b->threads[b].folded;
		size_t a;

		if (d->match[b] != (size_t)NONE || !is_of(&d->b->threads[b], d->gil_b))
			continue;
		a = partner(d, b, in_order ? next : 0, by_name);
		if (a == d->a->n_threads)
			continue;
		if (in_order)
			next = a + 1;
		d->match[b] = a;
		d->matched[a] = true;
		d->pairs[d->n_pairs++] = (struct pair){ .a = a, .b = b };
	}
}

static struct change thread_change(const struct diff *d, const struct column *c, const struct pair *p)
{
	return change_of(c, (struct side){ d->a, &d->a->threads[p->a], &d->gil_a->info },
			 (struct side){ d->b, &d->b->threads[p->b], &d->gil_b->info });
}

static int by_weight(const void *left, const void *right)
{
	const struct pair *x = left, *y = right;

	if (x->weight < y->weight || x->weight > y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->a > y->a) - (x->a < y->a);
}

static void sort(struct diff *d)
{
	const struct order_key *key = &d->options->order.keys[0];

	for (size_t i = 0; i < d->n_pairs; i++) {
		struct change c = thread_change(d, key->column, &d->pairs[i]);

		d->pairs[i].weight = (key->rising ? -1 : 1) * fabs(c.difference);
	}
	if (d->n_pairs)
		qsort(d->pairs, d->n_pairs, sizeof(*d->pairs), by_weight);
}

static const char *thread_name(char *buffer, size_t size, const struct diff *d,
			       const struct thread_metrics *t)
{
	return text_name(buffer, size, d->page, t->folded ? "(others)" : t->info.name);
}

static void add_thread(struct grid *grid, const struct diff *d, const struct pair *p)
{
	const struct thread_metrics *a = &d->a->threads[p->a], *b = &d->b->threads[p->b];
	char name[TEXT_NAME], other[TEXT_NAME];

	thread_name(name, sizeof(name), d, a);
	thread_name(other, sizeof(other), d, b);
	if (strcmp(name, other))
		grid_cell(grid, "%s / %s", name, other);
	else
		grid_cell(grid, "%s", name);
	for (size_t i = 0; i < d->options->fields.n; i++) {
		struct change c = thread_change(d, d->options->fields.columns[i], p);

		add_change(grid, d, &c);
	}
}

static int print_threads(const struct diff *d)
{
	static const char *const titles[] = { "A", "B", "change", "per cent" };
	size_t limit = d->options->limit ? (size_t)d->options->limit : USUAL_THREADS;
	cleanup(grid_freep) struct grid *grid = NULL;
	int r = grid_new(&grid);

	if (r)
		return r;
	grid_column(grid, "", "thread", GRID_WORDS);
	for (size_t i = 0; i < d->options->fields.n; i++)
		for (size_t j = 0; j < sizeof(titles) / sizeof(titles[0]); j++)
			grid_column(grid, d->options->fields.columns[i]->name, titles[j], GRID_NUMBERS);
	for (size_t i = 0; i < d->n_pairs && i < limit; i++)
		add_thread(grid, d, &d->pairs[i]);
	r = grid_print(grid, d->page);
	if (d->n_pairs > limit)
		fprintf(d->page->out, "... and %s more %s: --limit %zu shows all\n",
			COUNT(d->n_pairs - limit), PLURAL(d->n_pairs - limit, "thread"), d->n_pairs);
	return r;
}

static void say_unmatched(const struct diff *d, char letter, const struct results *r,
			  const struct gil_metrics *gil)
{
	size_t limit = d->options->limit ? (size_t)d->options->limit : USUAL_THREADS, n = 0;
	char name[TEXT_NAME];

	for (size_t i = 0; i < r->n_threads; i++) {
		bool alone = letter == 'A' ? !d->matched[i] : d->match[i] == (size_t)NONE;

		if (!alone || !is_of(&r->threads[i], gil))
			continue;
		if (!n)
			fprintf(d->page->out, "Only in %c: ", letter);
		if (n++ < limit)
			fprintf(d->page->out, "%s%s", n > 1 ? ", " : "",
				thread_name(name, sizeof(name), d, &r->threads[i]));
	}
	if (n > limit)
		fprintf(d->page->out, ", and %s more", COUNT(n - limit));
	if (n)
		fputc('\n', d->page->out);
}

static int compare_gils(struct diff *d, size_t i)
{
	int r;

	d->gil_a = &d->a->gils[i];
	d->gil_b = &d->b->gils[i];
	d->n_pairs = 0;
	match(d, true);
	match(d, false);
	sort(d);
	r = print_gil(d);
	if (!r && d->n_pairs)
		r = print_threads(d);
	say_unmatched(d, 'A', d->a, d->gil_a);
	say_unmatched(d, 'B', d->b, d->gil_b);
	fputc('\n', d->page->out);
	return r;
}

static void say_gils_of_one(const struct diff *d, char letter, const struct results *r, size_t from)
{
	for (size_t i = from; i < r->n_gils; i++)
		fprintf(d->page->out, "Only in %c: GIL %" PRIu32 ", process %" PRId32 "\n", letter,
			r->gils[i].info.index, r->gils[i].info.pid);
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static void print_head(const struct diff *d)
{
	say_verdict(d);
	say_recording(d, 'A', d->a);
	say_recording(d, 'B', d->b);
	say_findings(d, "  No longer found in B: ", d->a, d->b);
	say_findings(d, "  New in B: ", d->b, d->a);
	fputc('\n', d->page->out);
}

static void print_foot(const struct diff *d)
{
	text_paragraph(d->page, "", "* one is more than 1.5 times the other, beyond the noise within the "
		       "recordings (counts and times: 3 sigma, as they vary between parts of a recording; "
		       "means: 3 standard errors; see --help). What else ran on the machine may change as "
		       "much.");
	fputs("Data of A: ", d->page->out);
	quality_print_line(d->a->quality, d->page);
	fputs("Data of B: ", d->page->out);
	quality_print_line(d->b->quality, d->page);
}

static int print_all(struct diff *d)
{
	size_t common = d->a->n_gils < d->b->n_gils ? d->a->n_gils : d->b->n_gils;
	int r = 0;

	print_head(d);
	for (size_t i = 0; i < common && !r; i++)
		r = compare_gils(d, i);
	say_gils_of_one(d, 'A', d->a, common);
	say_gils_of_one(d, 'B', d->b, common);
	print_foot(d);
	return r;
}

int diff_print(const struct results *a, const struct results *b, const struct diff_options *options,
	       const struct page *page)
{
	cleanup(freep) struct pair *pairs = calloc(b->n_threads + 1, sizeof(*pairs));
	cleanup(freep) size_t *matches = calloc(b->n_threads + 1, sizeof(*matches));
	cleanup(freep) bool *matched = calloc(a->n_threads + 1, sizeof(*matched));
	struct diff d = {
		.a = a, .b = b, .options = options, .page = page, .pairs = pairs, .match = matches,
		.matched = matched,
	};

	if (!pairs || !matches || !matched)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < b->n_threads; i++)
		matches[i] = (size_t)NONE;
	return print_all(&d);
}
