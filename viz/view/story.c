/* SPDX-License-Identifier: MIT */
#include "viz/view/story.h"

#include <stdlib.h>

#include "viz/array.h"

static uint64_t since_begin(const struct story *s, int64_t ts_ns)
{
	return ts_ns > s->begin_ns ? (uint64_t)(ts_ns - s->begin_ns) : 0;
}

static int tell(struct story *s, const struct block_event *event)
{
	if (s->told < s->limit) {
		s->told++;
		return blocks_add(s->blocks, event);
	}
	if (event->kind == BLOCK_STATE)
		return 0;
	if (!s->left_out)
		s->left_out_from_ns = s->now_ns;
	s->left_out++;
	return 0;
}

/* The lane is in `state` from from_ns on, which is now or before. */
static int tell_state(struct story *s, struct lane *lane, enum thread_state state, int64_t from_ns, bool unlawful)
{
	uint64_t now_ns = since_begin(s, s->now_ns), begin_ns = since_begin(s, from_ns);

	lane->by_event &= lane->state == state;
	lane->state = state;
	return tell(s, &(struct block_event){
		.kind = BLOCK_STATE, .lane = lane->number, .ts_ns = now_ns, .state = (uint8_t)state,
		.unlawful = unlawful, .back_ns = now_ns > begin_ns ? now_ns - begin_ns : 0,
	});
}

/* ---- the begin of the time asked for --------------------------------------------------- */

static int tell_standing(struct story *s, const struct thread_info *thread, enum thread_state state, bool last_holder)
{
	struct lane *lane;
	int r = lanes_find(s->lanes, thread, &lane);

	if (r || !lane)
		return r;
	lane->seen = true;
	lane->entry_ns = s->begin_ns;
	lane->state = state;
	if (state == STATE_ENDED)
		lanes_keep(lane);
	return tell(s, &(struct block_event){
		.kind = BLOCK_STATE, .lane = lane->number, .ts_ns = since_begin(s, s->now_ns), .state = (uint8_t)state,
		.last_holder = last_holder, .back_ns = since_begin(s, s->now_ns),
	});
}

/* A last holder that is at nothing waits: a GIL that nothing happens to is in no report, and not in the file. */
int story_stand(struct story *s, const struct thread_info *thread, bool last_holder)
{
	bool is_active = thread->state != STATE_UNKNOWN && thread->state != STATE_OUTSIDE && thread->state != STATE_ENDED;
	int r;

	if (is_active)
		return tell_standing(s, thread, thread->state, last_holder);
	r = array_reach(&s->standing, &s->n_standing, thread->gil->index, sizeof(*s->standing));
	if (!r)
		s->standing[thread->gil->index] = (struct story_standing){ .thread = thread, .state = thread->state };
	return r;
}

/* Before the first that is told of this GIL. */
static int look_standing(struct story *s, const struct gil_info *gil)
{
	struct story_standing *waits = gil->index < s->n_standing ? &s->standing[gil->index] : NULL;
	struct story_standing found;

	if (!waits || !waits->thread)
		return 0;
	found = *waits;
	waits->thread = NULL;
	return tell_standing(s, found.thread, found.state, true);
}

int story_retire(struct story *s, const struct thread_info *const *threads, size_t n)
{
	int r = story_look(s);

	s->ended = NULL;
	for (size_t i = 0; i < n && !r; i++) {
		uint32_t gil = threads[i]->gil->index;

		if (gil < s->n_standing && s->standing[gil].thread == threads[i])
			r = look_standing(s, threads[i]->gil);
	}
	return r;
}

void story_deinit(struct story *s)
{
	free(s->standing);
	s->standing = NULL;
	s->n_standing = 0;
}

/* ---- what happens ------------------------------------------------------------------------ */

static void go_on(struct story *s, int64_t ts_ns)
{
	if (ts_ns > s->now_ns)
		s->now_ns = ts_ns;
}

/*
 * A stay is told while its thread is still in that state. By the next callback the thread is
 * in another one: that of the event that comes, or one that no event says.
 */
int story_look(struct story *s)
{
	struct lane *lane = s->ended;

	if (!lane || lane->info->state == lane->state)
		return 0;
	s->ended = NULL;
	return tell_state(s, lane, lane->info->state, s->ended_ns, false);
}

int story_interval(struct story *s, const struct interval *i)
{
	struct lane *lane = NULL;
	int r = story_look(s);

	if (!r)
		r = look_standing(s, i->thread->gil);
	if (!r)
		r = lanes_find(s->lanes, i->thread, &lane);
	if (r || !lane)
		return r;
	go_on(s, i->to_ns);
	if (lane->state != i->state)
		r = tell_state(s, lane, i->state, i->from_ns, false);
	lane->seen = true;
	lane->cut = lane->by_event && !i->whole;
	lane->checks = i->checks;
	lane->ticks = i->ticks;
	s->ended = lane;
	s->ended_ns = i->to_ns;
	return r;
}

static enum block_kind kind_of(const struct gil_event *event)
{
	switch (event->kind) {
	case GIL_ENTRY:
		return BLOCK_ENTRY;
	case GIL_BUSY:
		return BLOCK_BUSY;
	case GIL_RETRY:
		return event->timed_out ? BLOCK_TIMED_OUT : BLOCK_LOST_RACE;
	case GIL_ACQUIRE:
		return BLOCK_ACQUIRE;
	case GIL_RELEASE:
		return event->drop_requested ? BLOCK_RELEASE_REQUESTED : BLOCK_RELEASE;
	default:
		return BLOCK_LEAVE + (enum block_kind)event->reason;
	}
}

/* As the table of kinds says. */
static enum thread_state state_after(enum block_kind kind)
{
	static const enum thread_state states[] = {
		STATE_ENTERING, STATE_WAITING, STATE_WAITING, STATE_WAITING, STATE_HOLDING, STATE_OUTSIDE,
		STATE_OUTSIDE, STATE_OUTSIDE, STATE_OUTSIDE, STATE_OUTSIDE, STATE_ENDED,
	};

	return states[kind];
}

/* What the events say so far, where the event that comes would make a whole stay of it, or one that there was not. */
static int correct(struct story *s, struct lane *lane, enum block_kind kind)
{
	/* A poke: the ENTRY was no attempt. */
	if (kind == BLOCK_LEAVE + (enum block_kind)GIL_LEAVE_POKE && lane->state == STATE_ENTERING && s->ended != lane)
		return tell_state(s, lane, STATE_OUTSIDE, lane->entry_ns, false);
	if (s->ended == lane && lane->state == state_after(kind))
		return tell_state(s, lane, STATE_UNKNOWN, s->ended_ns, false);
	/* In a hole: the thread was in that state, but not whole. */
	if (s->ended == lane && lane->cut)
		return tell_state(s, lane, lane->state, s->ended_ns, false);
	return 0;
}

static int tell_event(struct story *s, struct lane *lane, const struct gil_event *event)
{
	enum block_kind kind = kind_of(event);
	const struct view_gil *gil = s->lanes->gils[lane->gil];
	bool ends_hold = lane->state == STATE_HOLDING && s->ended == lane;
	int r = correct(s, lane, kind);

	if (r)
		return r;
	if (kind == BLOCK_ENTRY)
		lane->entry_ns = s->now_ns;
	lane->by_event |= lane->state != state_after(kind);
	lane->state = state_after(kind);
	return tell(s, &(struct block_event){
		.kind = kind, .lane = lane->number, .ts_ns = since_begin(s, s->now_ns), .cpu = event->cpu,
		.gil = gil->place, .ticked = gil->ticked, .tick = event->tick, .counter = event->checks,
		.checks = ends_hold ? lane->checks : 0, .ticks = ends_hold ? lane->ticks : 0,
	});
}

/* What goes on since the begin of the time asked for, and this event does not end. */
static int tell_first(struct story *s, struct lane *lane, enum thread_state before)
{
	lane->seen = true;
	lane->entry_ns = lane->info->first_ns;
	return before == lane->state ? 0 : tell_state(s, lane, before, lane->info->first_ns, false);
}

int story_event(struct story *s, const struct gil_event *event, const struct step *step)
{
	struct lane *lane = NULL;
	int r = 0;

	if (!step->thread)
		return story_look(s);
	r = look_standing(s, step->gil);
	if (!r)
		r = lanes_find(s->lanes, step->thread, &lane);
	if (!r && s->ended != lane)
		r = story_look(s);
	go_on(s, event->ts_ns);
	if (!r && lane && !lane->seen)
		r = tell_first(s, lane, step->before);
	if (r || !lane)
		return r;
	if (event->kind >= GIL_FIRST_HOT)
		r = tell_event(s, lane, event);
	if (s->ended == lane)
		s->ended = NULL;
	if (!r && (lane->state != step->after || step->violation))
		r = tell_state(s, lane, step->after, s->now_ns, step->violation != NULL);
	return r;
}

void story_begin(struct story *s, int64_t begin_ns)
{
	s->begin_ns = s->now_ns = begin_ns;
}
