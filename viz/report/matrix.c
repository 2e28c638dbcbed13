/* SPDX-License-Identifier: MIT */
#include "viz/report/matrix.h"

#include <errno.h>

#include "base/err.h"
#include "base/grid.h"

enum { USUAL = 8, MOST = 24 };

/* One side: the threads with the largest sums. The rows beyond are one, "others". */
struct side {
	uint32_t threads[MOST + 1];
	size_t n, left_out;
};

struct matrix {
	uint64_t *waited_ns, *blocked_ns; /* by thread */
	struct side waiters, holders;
	uint64_t cells[MOST + 1][MOST + 2]; /* the last column: nobody or unknown */
};

static void insert(struct side *side, size_t most, const uint64_t *sums, uint32_t thread)
{
	size_t at = side->n;

	while (at > 0 && sums[side->threads[at - 1]] < sums[thread])
		at--;
	if (side->n < most)
		side->n++;
	else
		side->left_out++;
	for (size_t i = side->n; i-- > at + 1;)
		side->threads[i] = side->threads[i - 1];
	if (at < side->n)
		side->threads[at] = thread;
}

static size_t place(const struct side *side, uint32_t thread)
{
	size_t i = 0;

	while (i < side->n && side->threads[i] != thread)
		i++;
	return i;
}

static bool is_mine(const struct section *s, const struct pair_metrics *p)
{
	return section_has(s, &s->r->threads[p->waiter]) && p->wait_ns;
}

static void choose(struct matrix *m, const struct section *s)
{
	size_t most = section_limit(s, USUAL);

	most = most < MOST ? most : MOST;
	for (size_t i = 0; i < s->r->n_pairs; i++) {
		const struct pair_metrics *p = &s->r->pairs[i];

		if (!is_mine(s, p))
			continue;
		m->waited_ns[p->waiter] += p->wait_ns;
		if (p->holder < s->r->n_threads)
			m->blocked_ns[p->holder] += p->wait_ns;
	}
	for (size_t i = 0; i < s->r->n_threads; i++) {
		if (m->waited_ns[i])
			insert(&m->waiters, most, m->waited_ns, (uint32_t)i);
		if (m->blocked_ns[i])
			insert(&m->holders, most, m->blocked_ns, (uint32_t)i);
	}
}

static void fill(struct matrix *m, const struct section *s)
{
	for (size_t i = 0; i < s->r->n_pairs; i++) {
		const struct pair_metrics *p = &s->r->pairs[i];
		size_t column = p->holder == PAIR_NOBODY ? MOST + 1 : place(&m->holders, p->holder);

		if (!is_mine(s, p))
			continue;
		m->holders.left_out += p->holder == PAIR_OTHERS;
		m->cells[place(&m->waiters, p->waiter)][column] += p->wait_ns;
	}
}

static void add_cell(struct grid *grid, uint64_t ns)
{
	grid_cell(grid, "%s", ns ? DURATION(ns) : "-");
}

static void add_row(struct grid *grid, const struct section *s, const struct matrix *m, size_t row)
{
	const uint64_t *cells = m->cells[row];
	uint64_t sum_ns = 0;

	if (row < m->waiters.n)
		grid_cell(grid, "%s", THREAD(s, &s->r->threads[m->waiters.threads[row]]));
	else
		grid_cell(grid, "(%s others)", COUNT(m->waiters.left_out));
	for (size_t i = 0; i < MOST + 2; i++)
		sum_ns += cells[i];
	for (size_t i = 0; i < m->holders.n; i++)
		add_cell(grid, cells[i]);
	if (m->holders.left_out)
		add_cell(grid, cells[m->holders.n]);
	add_cell(grid, cells[MOST + 1]);
	add_cell(grid, sum_ns);
}

/* Titles are borrowed by the grid: `names` keeps them. */
static void add_columns(struct grid *grid, const struct section *s, const struct matrix *m,
			char (*names)[TEXT_NAME])
{
	static const char group[] = "held by";

	grid_column(grid, "", "who waited", GRID_WORDS);
	for (size_t i = 0; i < m->holders.n; i++)
		grid_column(grid, group,
			    section_thread(names[i], TEXT_NAME, s, &s->r->threads[m->holders.threads[i]]),
			    GRID_NUMBERS);
	if (m->holders.left_out)
		grid_column(grid, group, "others", GRID_NUMBERS);
	grid_column(grid, "", s->complete ? "(free)" : "(free or unknown)", GRID_NUMBERS);
	grid_column(grid, "", "in all", GRID_NUMBERS);
}

static int print(const struct section *s, const struct matrix *m)
{
	cleanup(freep) char (*names)[TEXT_NAME] = calloc(MOST, sizeof(*names));
	cleanup(grid_freep) struct grid *grid = NULL;
	int r = names ? grid_new(&grid) : err(-ENOMEM, "out of memory");

	if (r)
		return r;
	add_columns(grid, s, m, names);
	for (size_t i = 0; i < m->waiters.n + (m->waiters.left_out > 0); i++)
		add_row(grid, s, m, i);
	if (s->page->width && grid_width(grid) > s->page->width)
		return 0;
	r = grid_print(grid, s->page);
	fputc('\n', s->page->out);
	return r;
}

int matrix_print(const struct section *s)
{
	cleanup(freep) struct matrix *m = calloc(1, sizeof(*m));
	cleanup(freep) uint64_t *sums = calloc(2 * s->r->n_threads + 1, sizeof(*sums));

	if (!m || !sums)
		return err(-ENOMEM, "out of memory");
	m->waited_ns = sums;
	m->blocked_ns = sums + s->r->n_threads;
	choose(m, s);
	fill(m, s);
	return print(s, m);
}
