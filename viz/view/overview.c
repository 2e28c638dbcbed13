/* SPDX-License-Identifier: MIT */
#include "viz/view/overview.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

enum { SHARES = 4, FULL = 255, WIDEST_SHIFT = 62 };
static const enum thread_state shown[SHARES] = { STATE_HOLDING, STATE_WAITING, STATE_ENTERING, STATE_UNKNOWN };

struct lane_cell {
	uint64_t ns[SHARES];
	uint32_t acquisitions, failed;
};

struct gil_cell {
	uint32_t checks, ticks, switches, waiters_max;
};

struct lane_row {
	struct lane_cell *cells; /* overview.limit */
};

struct gil_row {
	struct gil_cell *cells;
	/* What was known of it when it was looked at last: */
	int64_t wanted_ns;
	uint32_t waiters;
};

static int no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

/* Counts stop at the type's end. */
static void add(uint32_t *to, uint64_t n)
{
	*to = n < UINT32_MAX - *to ? *to + (uint32_t)n : UINT32_MAX;
}

/* ---- the width ----------------------------------------------------------------------- */

static void add_lane_cell(struct lane_cell *to, const struct lane_cell *from)
{
	for (size_t i = 0; i < SHARES; i++)
		to->ns[i] += from->ns[i];
	add(&to->acquisitions, from->acquisitions);
	add(&to->failed, from->failed);
}

static void add_gil_cell(struct gil_cell *to, const struct gil_cell *from)
{
	add(&to->checks, from->checks);
	add(&to->ticks, from->ticks);
	add(&to->switches, from->switches);
	if (from->waiters_max > to->waiters_max)
		to->waiters_max = from->waiters_max;
}

/* Each two buckets become one. */
static void widen(struct overview *o)
{
	for (size_t k = 0; k < o->n_lane_rows; k++) {
		struct lane_cell *cells = o->lane_rows[k]->cells;

		for (size_t i = 0; i < o->limit; i++) {
			struct lane_cell cell = cells[i];

			cells[i] = (struct lane_cell){ 0 };
			add_lane_cell(&cells[i / 2], &cell);
		}
	}
	for (size_t k = 0; k < o->n_gil_rows; k++) {
		struct gil_cell *cells = o->gil_rows[k]->cells;

		for (size_t i = 0; i < o->limit; i++) {
			struct gil_cell cell = cells[i];

			cells[i] = (struct gil_cell){ 0 };
			add_gil_cell(&cells[i / 2], &cell);
		}
	}
	o->shift++;
}

/* Rows of half the length. */
static void halve(struct overview *o)
{
	widen(o);
	o->limit /= 2;
	for (size_t k = 0; k < o->n_lane_rows; k++) {
		void *cells = reallocarray(o->lane_rows[k]->cells, o->limit, sizeof(struct lane_cell));
		if (cells)
			o->lane_rows[k]->cells = cells;
	}
	for (size_t k = 0; k < o->n_gil_rows; k++) {
		void *cells = reallocarray(o->gil_rows[k]->cells, o->limit, sizeof(struct gil_cell));
		if (cells)
			o->gil_rows[k]->cells = cells;
	}
}

/* One more row. */
static void make_room(struct overview *o)
{
	size_t rows = o->n_lane_rows + o->n_gil_rows + 1;

	while (o->limit > 1 && o->limit * rows > OVERVIEW_CELLS)
		halve(o);
}

/* ---- rows ---------------------------------------------------------------------------- */

static int lane_row_of(struct overview *o, const struct lane *lane, struct lane_row **out)
{
	while (lane->number >= o->n_lane_rows) {
		struct lane_row **rows = reallocarray(o->lane_rows, o->n_lane_rows + 1, sizeof(*rows));
		struct lane_row *row = rows ? calloc(1, sizeof(*row)) : NULL;

		o->lane_rows = rows ? rows : o->lane_rows;
		if (!row)
			return no_memory();
		make_room(o);
		row->cells = calloc(o->limit, sizeof(*row->cells));
		o->lane_rows[o->n_lane_rows++] = row;
		if (!row->cells)
			return no_memory();
	}
	*out = o->lane_rows[lane->number];
	return 0;
}

static int gil_row_of(struct overview *o, const struct view_gil *gil, struct gil_row **out)
{
	while (gil->place >= o->n_gil_rows) {
		struct gil_row **rows = reallocarray(o->gil_rows, o->n_gil_rows + 1, sizeof(*rows));
		struct gil_row *row = rows ? calloc(1, sizeof(*row)) : NULL;

		o->gil_rows = rows ? rows : o->gil_rows;
		if (!row)
			return no_memory();
		make_room(o);
		row->cells = calloc(o->limit, sizeof(*row->cells));
		o->gil_rows[o->n_gil_rows++] = row;
		if (!row->cells)
			return no_memory();
	}
	*out = o->gil_rows[gil->place];
	return 0;
}

/* The bucket of a time. An event at the very end of the trace is put into the last one when it is known. */
static size_t place_of(struct overview *o, int64_t ts_ns)
{
	uint64_t ns = ts_ns > o->begin_ns ? (uint64_t)ts_ns - (uint64_t)o->begin_ns : 0;

	while (ns >> o->shift >= o->limit && o->shift < WIDEST_SHIFT)
		widen(o);
	return ns >> o->shift;
}

static int64_t begin_of(const struct overview *o, size_t place)
{
	return o->begin_ns + (int64_t)((uint64_t)place << o->shift);
}

/* ---- the sink ------------------------------------------------------------------------ */

static int share_of(enum thread_state state)
{
	for (int i = 0; i < SHARES; i++)
		if (shown[i] == state)
			return i;
	return -1;
}

/* From the end to the begin: the end may widen the buckets. */
static void add_stay(struct overview *o, struct lane_row *row, int share, const struct interval *i)
{
	int64_t begin_ns = i->from_ns > o->begin_ns ? i->from_ns : o->begin_ns;

	for (int64_t to_ns = i->to_ns, from_ns; to_ns > begin_ns; to_ns = from_ns) {
		size_t place = place_of(o, to_ns - 1);

		from_ns = begin_of(o, place) > begin_ns ? begin_of(o, place) : begin_ns;
		row->cells[place].ns[share] += (uint64_t)(to_ns - from_ns);
	}
}

static void note_waiters(struct overview *o, struct gil_row *row, size_t place)
{
	(void)o;
	if (row->waiters > row->cells[place].waiters_max)
		row->cells[place].waiters_max = row->waiters;
}

/* For `ns` up to to_ns as many waited as were known. */
static void add_wanted(struct overview *o, struct gil_row *row, int64_t ns, int64_t to_ns)
{
	while (ns > 0 && to_ns > o->begin_ns) {
		size_t place = place_of(o, to_ns - 1);
		int64_t part_ns = to_ns - begin_of(o, place) < ns ? to_ns - begin_of(o, place) : ns;

		note_waiters(o, row, place);
		to_ns -= part_ns;
		ns -= part_ns;
	}
}

/* As in analyzer/course.c: the number changes only when we are told something. */
static void look(struct overview *o, struct gil_row *row, const struct gil_info *info)
{
	bool more = info->waiters > row->waiters;

	if (info->wanted_ns > row->wanted_ns)
		add_wanted(o, row, info->wanted_ns - row->wanted_ns, info->at_ns);
	row->wanted_ns = info->wanted_ns;
	row->waiters = info->waiters;
	if (more)
		note_waiters(o, row, place_of(o, info->at_ns));
}

static int find(struct overview *o, const struct gil_info *info, struct gil_row **out)
{
	struct view_gil *gil;
	int r = lanes_find_gil(o->lanes, info, &gil);

	if (!r)
		r = gil_row_of(o, gil, out);
	if (!r)
		look(o, *out, info);
	return r;
}

int overview_look(struct overview *o, const struct gil_info *gil)
{
	struct gil_row *row;

	return find(o, gil, &row);
}

int overview_event(struct overview *o, const struct gil_event *event, const struct step *step)
{
	bool failed = event->kind == GIL_BUSY || event->kind == GIL_RETRY;
	int r = overview_look(o, step->gil);
	struct lane_row *row;
	struct lane *lane;
	size_t place;

	if (r || (!failed && event->kind != GIL_ACQUIRE))
		return r;
	r = lanes_find(o->lanes, step->thread, &lane);
	if (!r && lane)
		r = lane_row_of(o, lane, &row);
	if (r || !lane)
		return r;
	place = place_of(o, event->ts_ns);
	add(failed ? &row->cells[place].failed : &row->cells[place].acquisitions, 1);
	return 0;
}

int overview_interval(struct overview *o, const struct interval *i)
{
	int share = share_of(i->state);
	struct gil_row *gil_row;
	struct lane_row *row;
	struct lane *lane;
	int r = find(o, i->thread->gil, &gil_row);

	if (!r)
		r = lanes_find(o->lanes, i->thread, &lane);
	if (!r && lane)
		r = lane_row_of(o, lane, &row);
	if (r)
		return r;
	if (lane && share >= 0)
		add_stay(o, row, share, i);
	if (i->state == STATE_HOLDING) {
		size_t place = place_of(o, i->to_ns);

		add(&gil_row->cells[place].checks, i->checks);
		add(&gil_row->cells[place].ticks, i->ticks);
	}
	return 0;
}

int overview_handover(struct overview *o, const struct handover *handover)
{
	struct gil_row *row;
	int r = find(o, handover->gil, &row);
	size_t place;

	if (r)
		return r;
	place = place_of(o, handover->acquired_ns);
	add(&row->cells[place].switches, 1);
	return 0;
}

void overview_begin(struct overview *o, struct lanes *lanes, int64_t begin_ns)
{
	*o = (struct overview){ .lanes = lanes, .begin_ns = begin_ns, .limit = OVERVIEW_BUCKETS };
}

/* An event at the last edge is still in the last bucket. */
static void close_last(struct overview *o)
{
	if (o->buckets == o->limit)
		return;
	for (size_t k = 0; k < o->n_lane_rows; k++) {
		struct lane_cell *cells = o->lane_rows[k]->cells;
		add_lane_cell(&cells[o->buckets - 1], &cells[o->buckets]);
	}
	for (size_t k = 0; k < o->n_gil_rows; k++) {
		struct gil_cell *cells = o->gil_rows[k]->cells;
		add_gil_cell(&cells[o->buckets - 1], &cells[o->buckets]);
	}
}

int overview_end(struct overview *o, uint64_t duration_ns)
{
	struct lane_row *lane_row;
	struct gil_row *gil_row;
	int r = 0;

	for (size_t i = 0; i < o->lanes->n && !r; i++)
		r = lane_row_of(o, o->lanes->lanes[i], &lane_row);
	for (size_t i = 0; i < o->lanes->n_gils && !r; i++) {
		r = gil_row_of(o, o->lanes->gils[i], &gil_row);
		if (!r)
			look(o, gil_row, o->lanes->gils[i]->info);
	}
	if (r)
		return r;
	o->duration_ns = duration_ns;
	if (duration_ns)
		place_of(o, o->begin_ns + (int64_t)(duration_ns - 1));
	o->buckets = duration_ns ? ((duration_ns - 1) >> o->shift) + 1 : 1;
	close_last(o);
	return 0;
}

/* ---- planes -------------------------------------------------------------------------- */

static uint8_t share(uint64_t ns, uint64_t of_ns)
{
	double part = of_ns ? (double)ns / (double)of_ns * FULL : 0;

	if (part >= FULL)
		return FULL;
	return ns && part < 1 ? 1 : (uint8_t)(part + 0.5);
}

static uint64_t width_of(const struct overview *o, size_t bucket)
{
	uint64_t begin_ns = (uint64_t)bucket << o->shift;

	return bucket + 1 < o->buckets ? overview_width_ns(o) : o->duration_ns - begin_ns;
}

static void put_share(const struct overview *o, struct part *part, const struct lane_row *row, int which)
{
	uint8_t bytes[OVERVIEW_BUCKETS];

	for (size_t i = 0; i < o->buckets; i++)
		bytes[i] = share(row->cells[i].ns[which], width_of(o, i));
	part_put(part, bytes, o->buckets);
}

static void put_counts(const struct overview *o, struct part *part, const void *first, size_t stride)
{
	uint8_t bytes[4 * OVERVIEW_BUCKETS];

	for (size_t i = 0; i < o->buckets; i++) {
		uint32_t n;

		memcpy(&n, (const char *)first + i * stride, sizeof(n));
		for (size_t k = 0; k < sizeof(n); k++)
			bytes[4 * i + k] = (uint8_t)(n >> 8 * k);
	}
	part_put(part, bytes, 4 * o->buckets);
}

static void put_gils(const struct overview *o, struct part *part, size_t offset)
{
	for (uint32_t row = 0; row < o->n_gil_rows; row++) {
		uint32_t place = lanes_gil_of_row(o->lanes, row)->place;

		put_counts(o, part, (const char *)o->gil_rows[place]->cells + offset, sizeof(struct gil_cell));
	}
}

void overview_write(const struct overview *o, struct part *part)
{
	static const size_t of_lane[] = { offsetof(struct lane_cell, acquisitions), offsetof(struct lane_cell, failed) };
	static const size_t of_gil[] = {
		offsetof(struct gil_cell, checks), offsetof(struct gil_cell, ticks),
		offsetof(struct gil_cell, switches), offsetof(struct gil_cell, waiters_max),
	};

	for (int which = 0; which < SHARES; which++)
		for (size_t k = 0; k < o->n_lane_rows; k++)
			put_share(o, part, o->lane_rows[k], which);
	for (size_t which = 0; which < 2; which++)
		for (size_t k = 0; k < o->n_lane_rows; k++)
			put_counts(o, part, (const char *)o->lane_rows[k]->cells + of_lane[which],
				   sizeof(struct lane_cell));
	for (size_t which = 0; which < sizeof(of_gil) / sizeof(*of_gil); which++)
		put_gils(o, part, of_gil[which]);
}

void overview_deinit(struct overview *o)
{
	for (size_t k = 0; k < o->n_lane_rows; k++) {
		free(o->lane_rows[k]->cells);
		free(o->lane_rows[k]);
	}
	for (size_t k = 0; k < o->n_gil_rows; k++) {
		free(o->gil_rows[k]->cells);
		free(o->gil_rows[k]);
	}
	free(o->lane_rows);
	free(o->gil_rows);
	*o = (struct overview){ 0 };
}
