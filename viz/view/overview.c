/* SPDX-License-Identifier: MIT */
#include "viz/view/overview.h"

static const enum thread_state shown[GRID_SHARES] = { STATE_HOLDING, STATE_WAITING, STATE_ENTERING, STATE_UNKNOWN };

static int share_of(enum thread_state state)
{
	for (int i = 0; i < GRID_SHARES; i++)
		if (shown[i] == state)
			return i;
	return -1;
}

/* From the end to the begin: the end may widen the buckets. */
static void add_stay(struct overview *o, struct grid_row *row, int share, const struct interval *i)
{
	int64_t begin_ns = i->from_ns > o->grid.begin_ns ? i->from_ns : o->grid.begin_ns;

	for (int64_t to_ns = i->to_ns, from_ns; to_ns > begin_ns; to_ns = from_ns) {
		size_t place = grid_place(&o->grid, to_ns - 1);

		from_ns = grid_begin_of(&o->grid, place) > begin_ns ? grid_begin_of(&o->grid, place) : begin_ns;
		row->lane[place].ns[share] += (uint64_t)(to_ns - from_ns);
	}
}

static void note_waiters(struct grid_row *row, size_t place)
{
	if (row->waiters > row->gil[place].waiters_max)
		row->gil[place].waiters_max = row->waiters;
}

/* For `ns` up to to_ns as many waited as were known. */
static void add_wanted(struct overview *o, struct grid_row *row, int64_t ns, int64_t to_ns)
{
	while (ns > 0 && to_ns > o->grid.begin_ns) {
		size_t place = grid_place(&o->grid, to_ns - 1);
		int64_t part_ns = to_ns - grid_begin_of(&o->grid, place) < ns ? to_ns - grid_begin_of(&o->grid, place) : ns;

		note_waiters(row, place);
		to_ns -= part_ns;
		ns -= part_ns;
	}
}

/* As in analyzer/course.c: the number changes only when we are told something. */
static void look(struct overview *o, struct grid_row *row, const struct gil_info *info)
{
	bool more = info->waiters > row->waiters;

	if (info->wanted_ns > row->wanted_ns)
		add_wanted(o, row, info->wanted_ns - row->wanted_ns, info->at_ns);
	row->wanted_ns = info->wanted_ns;
	row->waiters = info->waiters;
	if (more)
		note_waiters(row, grid_place(&o->grid, info->at_ns));
}

static int find(struct overview *o, const struct gil_info *info, struct grid_row **out)
{
	struct view_gil *gil;
	int r = lanes_find_gil(o->lanes, info, &gil);

	if (!r)
		r = grid_row(&o->grid, GRID_GILS, gil->place, out);
	if (!r)
		look(o, *out, info);
	return r;
}

int overview_look(struct overview *o, const struct gil_info *gil)
{
	struct grid_row *row;

	return find(o, gil, &row);
}

int overview_event(struct overview *o, const struct gil_event *event, const struct step *step)
{
	bool failed = event->kind == GIL_BUSY || event->kind == GIL_RETRY;
	int r = overview_look(o, step->gil);
	struct grid_row *row;
	struct lane *lane;
	size_t place;

	if (r || (!failed && event->kind != GIL_ACQUIRE))
		return r;
	r = lanes_find(o->lanes, step->thread, &lane);
	if (!r && lane)
		r = grid_row(&o->grid, GRID_LANES, lane->number, &row);
	if (r || !lane)
		return r;
	place = grid_place(&o->grid, event->ts_ns);
	grid_count(failed ? &row->lane[place].failed : &row->lane[place].acquisitions, 1);
	return 0;
}

int overview_interval(struct overview *o, const struct interval *i)
{
	int share = share_of(i->state);
	struct grid_row *gil_row;
	struct grid_row *row;
	struct lane *lane = NULL;
	int r = find(o, i->thread->gil, &gil_row);

	if (!r)
		r = lanes_find(o->lanes, i->thread, &lane);
	if (!r && lane)
		r = grid_row(&o->grid, GRID_LANES, lane->number, &row);
	if (r)
		return r;
	if (lane && share >= 0)
		add_stay(o, row, share, i);
	if (i->state == STATE_HOLDING) {
		size_t place = grid_place(&o->grid, i->to_ns);

		grid_count(&gil_row->gil[place].checks, i->checks);
		grid_count(&gil_row->gil[place].ticks, i->ticks);
	}
	return 0;
}

int overview_handover(struct overview *o, const struct handover *handover)
{
	struct grid_row *row;
	int r = find(o, handover->gil, &row);
	size_t place;

	if (r)
		return r;
	place = grid_place(&o->grid, handover->acquired_ns);
	grid_count(&row->gil[place].switches, 1);
	return 0;
}

void overview_begin(struct overview *o, struct lanes *lanes, int64_t begin_ns)
{
	*o = (struct overview){ .lanes = lanes, .grid = { .begin_ns = begin_ns, .limit = GRID_BUCKETS } };
}

int overview_end(struct overview *o, uint64_t duration_ns)
{
	struct grid_row *lane_row;
	struct grid_row *gil_row;
	int r = 0;

	for (size_t i = 0; i < o->lanes->n && !r; i++)
		r = grid_row(&o->grid, GRID_LANES, (uint32_t)i, &lane_row);
	for (size_t i = 0; i < o->lanes->n_gils && !r; i++) {
		r = grid_row(&o->grid, GRID_GILS, (uint32_t)i, &gil_row);
		if (!r)
			look(o, gil_row, o->lanes->gils[i]->info);
	}
	if (r)
		return r;
	o->duration_ns = duration_ns;
	if (duration_ns)
		grid_place(&o->grid, o->grid.begin_ns + (int64_t)(duration_ns - 1));
	o->buckets = duration_ns ? ((duration_ns - 1) >> o->grid.shift) + 1 : 1;
	/* An event at the last edge is still in the last bucket. */
	if (o->buckets < o->grid.limit)
		grid_add(&o->grid, o->buckets - 1, o->buckets);
	return 0;
}

void overview_deinit(struct overview *o)
{
	grid_deinit(&o->grid);
	*o = (struct overview){ 0 };
}
