/* SPDX-License-Identifier: MIT */
#include "viz/view/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { WIDEST_SHIFT = 62 };

static const size_t cell_size[GRID_KINDS] = { sizeof(struct lane_cell), sizeof(struct gil_cell) };

void grid_count(uint32_t *to, uint64_t n)
{
	*to = n < UINT32_MAX - *to ? *to + (uint32_t)n : UINT32_MAX;
}

/* ---- cells --------------------------------------------------------------------------- */

static void add_lane_cell(struct lane_cell *to, const struct lane_cell *from)
{
	for (size_t i = 0; i < GRID_SHARES; i++)
		to->ns[i] += from->ns[i];
	grid_count(&to->acquisitions, from->acquisitions);
	grid_count(&to->failed, from->failed);
}

static void add_gil_cell(struct gil_cell *to, const struct gil_cell *from)
{
	grid_count(&to->checks, from->checks);
	grid_count(&to->ticks, from->ticks);
	grid_count(&to->switches, from->switches);
	if (from->waiters_max > to->waiters_max)
		to->waiters_max = from->waiters_max;
}

static void add_cell(struct grid_row *row, enum grid_kind kind, size_t to, size_t from)
{
	if (kind == GRID_LANES)
		add_lane_cell(&row->lane[to], &row->lane[from]);
	else
		add_gil_cell(&row->gil[to], &row->gil[from]);
}

static void clear_cell(struct grid_row *row, enum grid_kind kind, size_t place)
{
	memset((char *)row->cells + place * cell_size[kind], 0, cell_size[kind]);
}

void grid_add(struct grid *g, size_t to, size_t from)
{
	for (int kind = 0; kind < GRID_KINDS; kind++)
		for (size_t k = 0; k < g->of[kind].n; k++)
			add_cell(g->of[kind].rows[k], kind, to, from);
}

/* ---- the width ----------------------------------------------------------------------- */

/* The first bucket stays where it is; each other one goes into one that is empty, or half full. */
static void widen_row(struct grid_row *row, enum grid_kind kind, size_t limit)
{
	for (size_t i = 1; i < limit; i++) {
		add_cell(row, kind, i / 2, i);
		clear_cell(row, kind, i);
	}
}

/* Each two buckets become one. */
static void widen(struct grid *g)
{
	for (int kind = 0; kind < GRID_KINDS; kind++)
		for (size_t k = 0; k < g->of[kind].n; k++)
			widen_row(g->of[kind].rows[k], kind, g->limit);
	g->shift++;
}

/* Rows of half the length. */
static void halve(struct grid *g)
{
	widen(g);
	g->limit /= 2;
	for (int kind = 0; kind < GRID_KINDS; kind++)
		for (size_t k = 0; k < g->of[kind].n; k++) {
			struct grid_row *row = g->of[kind].rows[k];
			void *cells = reallocarray(row->cells, g->limit, cell_size[kind]);

			if (cells)
				row->cells = cells;
		}
}

size_t grid_place(struct grid *g, int64_t ts_ns)
{
	uint64_t ns = ts_ns > g->begin_ns ? (uint64_t)ts_ns - (uint64_t)g->begin_ns : 0;

	while (ns >> g->shift >= g->limit && g->shift < WIDEST_SHIFT)
		widen(g);
	return ns >> g->shift;
}

int64_t grid_begin_of(const struct grid *g, size_t place)
{
	return g->begin_ns + (int64_t)((uint64_t)place << g->shift);
}

/* ---- rows ---------------------------------------------------------------------------- */

static int no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

static int add_row(struct grid *g, enum grid_kind kind)
{
	struct grid_rows *of = &g->of[kind];
	struct grid_row **rows = reallocarray(of->rows, of->n + 1, sizeof(*rows));
	struct grid_row *row = rows ? calloc(1, sizeof(*row)) : NULL;

	of->rows = rows ? rows : of->rows;
	if (!row)
		return no_memory();
	while (g->limit > 1 && g->limit * (g->of[GRID_LANES].n + g->of[GRID_GILS].n + 1) > GRID_CELLS)
		halve(g);
	row->cells = calloc(g->limit, cell_size[kind]);
	if (!row->cells) {
		free(row);
		return no_memory();
	}
	of->rows[of->n++] = row;
	return 0;
}

int grid_row(struct grid *g, enum grid_kind kind, uint32_t n, struct grid_row **out)
{
	int r = 0;

	while (!r && n >= g->of[kind].n)
		r = add_row(g, kind);
	if (!r)
		*out = g->of[kind].rows[n];
	return r;
}

void grid_deinit(struct grid *g)
{
	for (int kind = 0; kind < GRID_KINDS; kind++) {
		for (size_t k = 0; k < g->of[kind].n; k++) {
			free(g->of[kind].rows[k]->cells);
			free(g->of[kind].rows[k]);
		}
		free(g->of[kind].rows);
	}
	*g = (struct grid){ 0 };
}
