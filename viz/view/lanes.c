/* SPDX-License-Identifier: MIT */
#include "viz/view/lanes.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

enum { FIRST_SIZE = 64 };
#define LEFT_OUT UINT32_MAX

static int no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

/* The place of a number in a map that grows. NULL: out of memory. */
static uint32_t *slot_of(uint32_t **map, size_t *n, uint32_t index)
{
	size_t size = *n ? *n : FIRST_SIZE;
	uint32_t *bigger;

	if (index < *n)
		return &(*map)[index];
	while (size <= index)
		size *= 2;
	bigger = reallocarray(*map, size, sizeof(*bigger));
	if (!bigger)
		return NULL;
	memset(bigger + *n, 0, (size - *n) * sizeof(*bigger));
	*map = bigger;
	*n = size;
	return &bigger[index];
}

/* Doubles at the powers of two. */
static int append(void ***list, size_t *n, void *item)
{
	void **bigger = *list;

	if (!(*n & (*n - 1))) {
		bigger = reallocarray(*list, *n ? 2 * *n : 1, sizeof(*bigger));
		if (!bigger)
			return no_memory();
		*list = bigger;
	}
	bigger[(*n)++] = item;
	return 0;
}

static int add_gil(struct lanes *l, const struct gil_info *info, struct view_gil **out)
{
	cleanup(freep) struct view_gil *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return no_memory();
	g->info = info;
	g->place = (uint32_t)l->n_gils;
	g->ticked = gil_is_ticked(info);
	r = append((void ***)&l->gils, &l->n_gils, g);
	if (!r)
		*out = steal(&g);
	return r;
}

int lanes_find_gil(struct lanes *l, const struct gil_info *info, struct view_gil **out)
{
	uint32_t *slot = slot_of(&l->place_of, &l->n_place_of, info->index);
	int r;

	if (!slot)
		return no_memory();
	if (*slot) {
		*out = l->gils[*slot - 1];
		return 0;
	}
	r = add_gil(l, info, out);
	if (!r)
		*slot = (*out)->place + 1;
	return r;
}

static int add_lane(struct lanes *l, const struct thread_info *info, struct lane **out)
{
	cleanup(freep) struct lane *lane = calloc(1, sizeof(*lane));
	struct view_gil *gil;
	int r = lane ? lanes_find_gil(l, info->gil, &gil) : no_memory();

	if (r)
		return r;
	lane->info = info;
	lane->number = (uint32_t)l->n;
	lane->gil = gil->place;
	lane->row = LANES_NO_ROW;
	r = append((void ***)&l->lanes, &l->n, lane);
	if (!r)
		*out = steal(&lane);
	return r;
}

int lanes_find(struct lanes *l, const struct thread_info *info, struct lane **out)
{
	uint32_t *slot = slot_of(&l->lane_of, &l->n_lane_of, info->index);
	int r;

	*out = NULL;
	if (!slot)
		return no_memory();
	if (*slot && *slot != LEFT_OUT)
		*out = l->lanes[*slot - 1];
	if (*slot || !info->selected)
		return 0;
	if (l->n == LANES_MAX) {
		*slot = LEFT_OUT;
		l->left_out++;
		return 0;
	}
	r = add_lane(l, info, out);
	if (!r)
		*slot = (*out)->number + 1;
	return r;
}

void lanes_keep(struct lane *lane)
{
	if (lane->info == &lane->copy)
		return;
	lane->copy = *lane->info;
	lane->info = &lane->copy;
}

void lanes_retire(struct lanes *l, const struct thread_info *const *threads, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t index = threads[i]->index;
		uint32_t slot = index < l->n_lane_of ? l->lane_of[index] : 0;

		if (slot && slot != LEFT_OUT)
			lanes_keep(l->lanes[slot - 1]);
	}
}

/* The report has them by index. */
static int order_gils(struct lanes *l)
{
	uint32_t row = 0;

	l->gil_of_row = calloc(l->n_gils + 1, sizeof(*l->gil_of_row));
	if (!l->gil_of_row)
		return no_memory();
	for (size_t i = 0; i < l->n_place_of; i++)
		if (l->place_of[i]) {
			l->gil_of_row[row] = l->gils[l->place_of[i] - 1];
			l->gil_of_row[row]->row = row;
			row++;
		}
	return 0;
}

int lanes_end(struct lanes *l)
{
	for (size_t i = 0; i < l->n; i++)
		lanes_keep(l->lanes[i]);
	for (size_t i = 0; i < l->n_gils; i++) {
		struct view_gil *g = l->gils[i];

		g->copy = *g->info;
		g->info = &g->copy;
	}
	return order_gils(l);
}

void lanes_number(struct lanes *l, const struct results *r)
{
	for (size_t i = 0; i < r->n_threads; i++) {
		const struct thread_metrics *t = &r->threads[i];
		uint32_t slot = !t->folded && t->info.index < l->n_lane_of ? l->lane_of[t->info.index] : 0;

		if (slot && slot != LEFT_OUT)
			l->lanes[slot - 1]->row = (uint32_t)i;
	}
}

const struct view_gil *lanes_gil_of_row(const struct lanes *l, uint32_t row)
{
	return l->gil_of_row[row];
}

void lanes_deinit(struct lanes *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->lanes[i]);
	for (size_t i = 0; i < l->n_gils; i++)
		free(l->gils[i]);
	free(l->lanes);
	free(l->gils);
	free(l->gil_of_row);
	free(l->lane_of);
	free(l->place_of);
	*l = (struct lanes){ 0 };
}
