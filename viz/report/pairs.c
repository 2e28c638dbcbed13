/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include <errno.h>

#include "base/err.h"
#include "base/grid.h"
#include "viz/report/matrix.h"

/* Others only handed it over. */
static bool is_mine(const struct section *s, const struct pair_metrics *p)
{
	return (p->wait_ns || p->failed) && section_has(s, &s->r->threads[p->waiter]);
}

static const char *holder(char *buffer, size_t size, const struct section *s,
			  const struct pair_metrics *p)
{
	if (p->holder < s->r->n_threads)
		return section_thread(buffer, size, s, &s->r->threads[p->holder]);
	snprintf(buffer, size, "%s", p->holder != PAIR_NOBODY ? "(others)" :
				     s->complete ? "(free)" : "(free or unknown)");
	return buffer;
}

static void add_pair(struct grid *grid, const struct section *s, const struct pair_metrics *p)
{
	char name[TEXT_NAME];

	grid_cell(grid, "%s", THREAD(s, &s->r->threads[p->waiter]));
	grid_cell(grid, "%s", holder(name, sizeof(name), s, p));
	grid_cell(grid, "%s", DURATION(p->wait_ns));
	grid_cell(grid, "%s", PERCENT(p->wait_ns, s->blamed_ns[p->waiter]));
	grid_cell(grid, "%s", DURATION(p->max_ns));
	grid_cell(grid, "%s", COUNT(p->waits));
	grid_cell(grid, "%s", COUNT(p->failed));
}

static int print_list(const struct section *s)
{
	static const char *const columns[] = {
		"who waited", "for whom", "waited", "of its wait", "longest", "waits", "failed",
	};
	size_t limit = section_limit(s, REPORT_PAIRS), mine = 0;
	cleanup(grid_freep) struct grid *grid = NULL;
	int r = grid_new(&grid);

	if (r)
		return r;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		grid_column(grid, "", columns[i], i < 2 ? GRID_WORDS : GRID_NUMBERS);
	for (size_t i = 0; i < s->r->n_pairs; i++)
		if (is_mine(s, &s->r->pairs[i]) && mine++ < limit)
			add_pair(grid, s, &s->r->pairs[i]);
	r = grid_print(grid, s->page);
	if (mine > limit)
		fprintf(s->page->out, "... and %s more %s: --limit %zu shows all\n",
			COUNT(mine - limit), PLURAL(mine - limit, "pair"), mine);
	fputc('\n', s->page->out);
	return r;
}

static int say_who(const struct section *s)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	FILE *out;

	/* Without a finding the verdict has said it. */
	if (!section_finding(s, NULL) || !section_has_loser(s))
		return 0;
	out = open_memstream(&text, &size);
	if (!out)
		return err(-ENOMEM, "out of memory");
	section_say_who(s, out);
	fclose(out);
	text_paragraph(s->page, "", text);
	return 0;
}

int section_print_pairs(const struct section *s)
{
	bool any = false;
	int r;

	for (size_t i = 0; i < s->r->n_pairs; i++)
		any |= is_mine(s, &s->r->pairs[i]);
	if (!any)
		return 0;
	section_heading(s, "Who waited for whom, when contended");
	r = say_who(s);
	if (!r)
		r = matrix_print(s);
	return r ? r : print_list(s);
}
