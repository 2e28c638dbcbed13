/* SPDX-License-Identifier: MIT */
#include "viz/timeline.h"

#include "base/err.h"
#include "viz/array.h"
#include "viz/timeline_data.h"

#include <errno.h>

/* Lanes that anybody could look at; memory is bounded by them. */
enum { MAX_ROWS = 1000 };

/* Gaps that are told apart. */
enum { MAX_GAPS = 1000 };

/* ---- where on the axis ---------------------------------------------------------- */

static uint64_t time_position(const struct timeline *t, int64_t ts_ns)
{
	return ts_ns > t->begin_ns ? (uint64_t)(ts_ns - t->begin_ns) : 0;
}

/* Ticks executed up to an event that reads the ticker. */
static uint64_t tick_position(const struct track *track, const struct gil_event *e)
{
	bool in_hold = track->run.thread && track->run.thread->state == STATE_HOLDING;

	if (!in_hold || e->kind == GIL_LEAVE || e->tick > track->tick_at_acquire)
		return track->ticks;
	return track->ticks + (uint64_t)(track->tick_at_acquire - e->tick);
}

/* In place: bucket i comes from 2i and 2i + 1, which are not before it, seen from the first. */
static void double_tallies(struct track *track)
{
	size_t first = track->first_tally / 2, end = track->n_tallies ? (track->first_tally + track->n_tallies + 1) / 2 : first;

	for (size_t i = first; i < end; i++) {
		struct tally a = tally_of(track, 2 * i), b = tally_of(track, 2 * i + 1);

		a.failed += b.failed;
		a.checks += b.checks;
		a.ticks += b.ticks;
		a.reached = a.reached ? a.reached : b.reached;
		track->tallies[i - first] = a;
	}
	track->first_tally = first;
	track->n_tallies = end - first;
}

/* Makes a bucket, and those between: of many GILs each has few. *out: until the next one is made. */
static int tally_at(struct track *track, uint64_t position, struct tally **out)
{
	size_t bucket = (size_t)(position / track->bucket_width), n = track->n_tallies;
	size_t first = n && track->first_tally < bucket ? track->first_tally : bucket;
	size_t end = n && track->first_tally + n > bucket ? track->first_tally + n : bucket + 1;
	struct tally *grown = track->tallies;

	if (end - first != n) {
		grown = calloc(end - first, sizeof(*grown));
		if (!grown)
			return err(-ENOMEM, "out of memory");
		for (size_t i = first; i < end; i++)
			grown[i - first] = tally_of(track, i);
		free(track->tallies);
		track->tallies = grown;
		track->first_tally = first;
		track->n_tallies = end - first;
	}
	*out = &grown[bucket - first];
	return 0;
}

/* Sees to it that `position` has a bucket. */
static void stretch(struct timeline *t, struct track *track, uint64_t position)
{
	if (position > track->end)
		track->end = position;
	while (track->end / track->bucket_width >= LANE_BUCKETS) {
		track->bucket_width *= 2;
		double_tallies(track);
		lane_double(&track->waits);
		for (size_t i = 0; i < t->n_rows; i++)
			if (t->rows[i].of == track->gil)
				lane_double(&t->rows[i].lane);
	}
}

/* ---- finding and making ----------------------------------------------------------- */

static int find_track(struct timeline *t, const struct gil_info *gil, struct track **out)
{
	int r = array_reach(&t->tracks, &t->n_tracks, gil->index, sizeof(*t->tracks));

	if (r)
		return r;
	*out = &t->tracks[gil->index];
	if (!(*out)->gil) {
		(*out)->gil = gil;
		(*out)->bucket_width = t->options.axis == TIMELINE_TICKS ? 1 : 1024;
	}
	return 0;
}

/* *out is NULL for a thread that has no lane. */
static int find_row(struct timeline *t, const struct thread_info *thread, struct row **out)
{
	int r;

	*out = NULL;
	if (!thread->selected)
		return 0;
	r = array_reach(&t->row_of, &t->n_row_of, thread->index, sizeof(*t->row_of));
	if (r || t->row_of[thread->index] == NO_ROW)
		return r;
	if (!t->row_of[thread->index] && t->n_used_rows == MAX_ROWS) {
		t->row_of[thread->index] = NO_ROW;
		t->more_threads++;
		return 0;
	}
	if (!t->row_of[thread->index]) {
		r = array_reach(&t->rows, &t->n_rows, t->n_used_rows, sizeof(*t->rows));
		if (r)
			return r;
		t->row_of[thread->index] = (uint32_t)++t->n_used_rows;
	}
	*out = &t->rows[t->row_of[thread->index] - 1];
	return 0;
}

static void live(struct row *row, const struct thread_info *thread, uint64_t position)
{
	if (!row->of)
		row->first = position;
	row->thread = thread;
	row->of = thread->gil;
	if (position > row->last)
		row->last = position;
}

/* ---- runs --------------------------------------------------------------------------- */

static int end_run(struct timeline *t, struct track *track)
{
	struct run *run = &track->run, *grown;
	struct row *row = NULL;
	int r = run->thread ? find_row(t, run->thread, &row) : 0;

	if (r || !row || !run->holds)
		return r;
	if (t->options.limit && row->n_runs >= t->options.limit) {
		row->more_runs++;
		return 0;
	}
	/* Grows at each power of two. */
	if ((row->n_runs & (row->n_runs - 1)) == 0) {
		grown = reallocarray(row->runs, row->n_runs ? 2 * row->n_runs : 1, sizeof(*grown));
		if (!grown)
			return err(-ENOMEM, "out of memory");
		row->runs = grown;
	}
	row->runs[row->n_runs++] = *run;
	return 0;
}

/* The GIL is `thread`'s now. */
static int begin_hold(struct timeline *t, struct track *track, const struct thread_info *thread,
		      int64_t ts_ns)
{
	int r;

	if (track->run.thread == thread)
		return 0;
	r = end_run(t, track);
	track->run = (struct run){
		.thread = thread, .from_ns = ts_ns, .to_ns = ts_ns, .from_tick = track->ticks
	};
	return r;
}

static int add_hold(struct timeline *t, struct track *track, const struct interval *v)
{
	int r = begin_hold(t, track, v->thread, v->from_ns);

	track->run.to_ns = v->to_ns;
	track->run.ticks += v->ticks;
	track->run.checks += v->checks;
	track->run.holds++;
	return r;
}

/* ---- the sink ------------------------------------------------------------------------- */

static int on_begin(void *data, const struct trace_info *trace)
{
	struct timeline *t = data;

	t->origin_ns = trace->origin_ns;
	t->begin_ns = trace->begin_ns;
	return 0;
}

static int on_thread(void *data, const struct thread_info *thread)
{
	struct row *row;

	return find_row(data, thread, &row);
}

static int want(struct timeline *t, const struct thread_info *thread, uint64_t position)
{
	int r = array_reach(&t->wanted_from, &t->n_wanted_from, thread->index, sizeof(*t->wanted_from));

	if (!r)
		t->wanted_from[thread->index] = position;
	return r;
}

static int on_hot_event(struct timeline *t, struct track *track, const struct gil_event *e,
			const struct step *step)
{
	bool failed = e->kind == GIL_BUSY || e->kind == GIL_RETRY;
	uint64_t position;
	struct tally *tally;
	struct row *row;
	int r = find_row(t, step->thread, &row);

	if (r)
		return r;
	position = track->ticked ? tick_position(track, e) : time_position(t, e->ts_ns);
	stretch(t, track, position);
	if (e->kind == GIL_ACQUIRE) {
		track->tick_at_acquire = e->tick;
		r = begin_hold(t, track, step->thread, e->ts_ns);
	}
	if (!r)
		r = tally_at(track, position, &tally);
	if (r)
		return r;
	tally->failed += failed;
	if (!tally->reached)
		tally->reached = time_position(t, e->ts_ns) + 1;
	if (failed && step->holder && step->holder == track->run.thread)
		track->run.failed++;
	if (e->kind == GIL_ENTRY || e->kind == GIL_BUSY)
		r = want(t, step->thread, position);
	if (r || !row)
		return r;
	live(row, step->thread, position);
	return failed ? lane_fail(&row->lane, track->bucket_width, position) : 0;
}

static int on_event(void *data, const struct gil_event *e, const struct step *step)
{
	struct timeline *t = data;
	struct track *track;
	int r;

	if (time_position(t, e->ts_ns) > t->end)
		t->end = time_position(t, e->ts_ns);
	if (e->kind < GIL_FIRST_HOT || !step->thread)
		return 0;
	r = find_track(t, step->gil, &track);
	if (r)
		return r;
	if (!track->tick_known && e->kind != GIL_LEAVE) {
		track->tick_known = true;
		track->ticked = t->options.axis == TIMELINE_TICKS && e->tick != GIL_NO_TICK;
	}
	return on_hot_event(t, track, e, step);
}

/* The place of a stay on the axis; of a hold, the ticks pass in it. */
static void place(const struct timeline *t, struct track *track, const struct interval *v, uint64_t *from,
		  uint64_t *to)
{
	bool held = v->state == STATE_HOLDING;
	bool waited = v->state == STATE_WAITING && v->thread->index < t->n_wanted_from;

	if (track->ticked) {
		/* A wait ends when nobody holds; an entering one is too short for a tick. */
		*from = waited ? t->wanted_from[v->thread->index] : track->ticks;
		*to = track->ticks + (held ? v->ticks : 0);
	} else {
		*from = time_position(t, v->from_ns);
		*to = time_position(t, v->to_ns);
	}
	track->ticks += held ? v->ticks : 0;
	if (*from > *to)
		*from = *to;
}

static enum lane_what lane_of(const struct interval *v)
{
	return v->state == STATE_HOLDING ? LANE_HELD : v->state == STATE_UNKNOWN ? LANE_UNKNOWN : LANE_WAITED;
}

static int add_stay(struct row *row, const struct track *track, const struct interval *v, uint64_t from, uint64_t to)
{
	enum lane_what what = lane_of(v);

	/* What nobody knows does not make a life longer. */
	if (what != LANE_UNKNOWN) {
		live(row, v->thread, from);
		live(row, v->thread, to);
	}
	return lane_add(&row->lane, track->bucket_width, what, from, to);
}

/* A stay in one state, told just before the event that ends it. */
static int on_interval(void *data, const struct interval *v)
{
	struct timeline *t = data;
	bool held = v->state == STATE_HOLDING;
	struct tally *tally = NULL;
	uint64_t from, to;
	struct track *track;
	struct row *row;
	int r;

	if (v->state == STATE_OUTSIDE || v->state == STATE_ENDED)
		return 0;
	r = find_track(t, v->thread->gil, &track);
	if (!r && held)
		r = add_hold(t, track, v);
	if (!r)
		r = find_row(t, v->thread, &row);
	if (r)
		return r;
	place(t, track, v, &from, &to);
	stretch(t, track, to);
	if (v->state == STATE_WAITING)
		r = lane_add(&track->waits, track->bucket_width, LANE_WAITED, from, to);
	if (r)
		return r;
	if (held)
		r = tally_at(track, to, &tally);
	if (r)
		return r;
	if (held) {
		tally->checks += v->checks;
		tally->ticks += v->ticks;
	}
	return row ? add_stay(row, track, v, from, to) : 0;
}

static void keep_info(struct row *row)
{
	row->info = *row->thread;
	row->gil = row->thread->gil->index;
	row->thread = NULL;
}

/* Its last run goes on no more. */
static int retire(struct timeline *t, const struct thread_info *thread)
{
	struct track *track = thread->gil->index < t->n_tracks ? &t->tracks[thread->gil->index] : NULL;
	struct row *row;
	int r = find_row(t, thread, &row);

	if (!r && track && track->run.thread == thread) {
		r = end_run(t, track);
		track->run = (struct run){ .thread = NULL };
	}
	if (!r && row && row->thread)
		keep_info(row);
	return r;
}

static int on_retire(void *data, const struct thread_info *const *threads, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		r = retire(data, threads[i]);
	return r;
}

/* Neighbours become one: half as many. */
static void merge_gaps(struct timeline *t)
{
	for (size_t i = 0; 2 * i + 1 < t->n_gaps; i++) {
		const struct gap *a = &t->gaps[2 * i], *b = a + 1;

		t->gaps[i] = (struct gap){
			.from_ns = a->from_ns < b->from_ns ? a->from_ns : b->from_ns,
			.to_ns = a->to_ns > b->to_ns ? a->to_ns : b->to_ns,
			.pid = a->pid == b->pid ? a->pid : 0,
		};
	}
	t->n_gaps /= 2;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	struct timeline *t = data;
	int r;

	if (t->n_gaps == MAX_GAPS)
		merge_gaps(t);
	r = array_reach(&t->gaps, &t->n_gaps_room, t->n_gaps, sizeof(*t->gaps));
	if (!r)
		t->gaps[t->n_gaps++] = (struct gap){ loss->from_ns, loss->to_ns, loss->pid };
	return r;
}

static int on_end(void *data, const struct trace_end *end)
{
	struct timeline *t = data;
	int r = 0;

	if (time_position(t, end->end_ns) > t->end)
		t->end = time_position(t, end->end_ns);
	for (size_t i = 0; i < t->n_tracks && !r; i++)
		r = end_run(t, &t->tracks[i]);
	/* The model goes before we print. */
	for (size_t i = 0; i < t->n_tracks; i++)
		if (t->tracks[i].gil)
			t->tracks[i].info = *t->tracks[i].gil;
	for (size_t i = 0; i < t->n_rows; i++)
		if (t->rows[i].thread)
			keep_info(&t->rows[i]);
	return r;
}

int timeline_new(struct timeline **out, const struct timeline_options *options)
{
	struct timeline *t = calloc(1, sizeof(*t));

	if (!t)
		return err(-ENOMEM, "out of memory");
	t->options = *options;
	t->sink = (struct sink){
		.name = "timeline", .data = t, .begin = on_begin, .thread = on_thread,
		.event = on_event, .interval = on_interval, .retire = on_retire, .lost = on_lost, .end = on_end,
	};
	*out = t;
	return 0;
}

struct timeline *timeline_free(struct timeline *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n_rows; i++) {
		lane_deinit(&t->rows[i].lane);
		free(t->rows[i].runs);
	}
	for (size_t i = 0; i < t->n_tracks; i++) {
		lane_deinit(&t->tracks[i].waits);
		free(t->tracks[i].tallies);
	}
	free(t->wanted_from);
	free(t->gaps);
	free(t->rows);
	free(t->row_of);
	free(t->tracks);
	free(t);
	return NULL;
}

struct sink *timeline_sink(struct timeline *t)
{
	return &t->sink;
}
