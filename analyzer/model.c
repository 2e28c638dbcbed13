/* SPDX-License-Identifier: MIT */
#include "analyzer/model.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "analyzer/fanout.h"
#include "analyzer/filter.h"
#include "analyzer/names_ahead.h"
#include "analyzer/registry.h"
#include "base/err.h"

/* The holes of one process (0: of any). A GIL that appears in one has it, too. */
struct hole {
	int32_t pid;
	int64_t until_ns;
	struct gil_loss untold; /* the sum of what the sinks do not know yet */
	bool has_untold;
};

struct model {
	struct model_options options;
	struct gil_filter gil_filter;
	struct time_filter time_filter;
	struct fanout fanout;
	struct registry registry;
	struct blame_index blame_index;

	struct trace_info trace;
	struct trace_end end;    /* the counts, as they grow */
	int64_t now_ns;
	int64_t from_ns, to_ns;  /* the time asked for */
	bool started;            /* the first gil event was seen: the two above are known */
	bool open;               /* the sinks have begun */
	struct hole *holes;
	size_t n_holes;
	uint32_t n_indexed;      /* GILs that have their index */
	size_t n_announced;      /* threads that the sinks know, without those retired */
	size_t retire_at;        /* as many threads are known: look which can be retired */
	bool any_selected;       /* a thread, ever */
	struct gil *recent;      /* of the last event; NULL: of none */
	uint64_t gil_events;     /* of any GIL, at any time */
};

static const char *const state_names[THREAD_STATES] = {
	"unknown", "outside", "entering", "waiting", "holding", "ended",
};

const char *thread_state_name(enum thread_state state)
{
	return state_names[state];
}

int model_new(struct model **out, const struct model_options *options, struct sink *const *sinks,
	      size_t n_sinks)
{
	cleanup(model_freep) struct model *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return err(-ENOMEM, "out of memory");
	m->options = *options;
	if (!m->options.threads_limit)
		m->options.threads_limit = MODEL_THREADS;
	m->retire_at = m->options.threads_limit;
	m->now_ns = INT64_MIN;
	registry_init(&m->registry);
	r = gil_filter_parse(&m->gil_filter, options->gil);
	if (!r)
		r = time_filter_parse(&m->time_filter, options->time);
	if (!r)
		r = fanout_init(&m->fanout, sinks, n_sinks);
	if (!r)
		*out = steal(&m);
	return r;
}

struct model *model_free(struct model *m)
{
	if (!m)
		return NULL;
	fanout_deinit(&m->fanout);
	registry_deinit(&m->registry);
	blame_index_deinit(&m->blame_index);
	free(m->holes);
	free(m);
	return NULL;
}

/* ---- what the sinks are told ----------------------------------------------- */

static int announce_gil(struct model *m, struct gil *g)
{
	if (g->announced || !m->open)
		return 0;
	g->announced = true;
	return fanout_gil(&m->fanout, &g->info);
}

/* Before its first mention. */
static int announce_thread(struct model *m, struct thread *t)
{
	int r;

	if (t->announced || !m->open)
		return 0;
	r = announce_gil(m, t->gil);
	t->announced = true;
	m->n_announced++;
	return r ? r : fanout_thread(&m->fanout, &t->info);
}

static bool shows(const struct model *m, const struct thread *t)
{
	return m->open && t->info.selected;
}

static int tell_interval(struct model *m, struct thread *t, const struct interval *interval)
{
	int r;

	if (!interval->whole && t->info.state >= STATE_ENTERING)
		m->end.cut_intervals++;
	if (!shows(m, t))
		return 0;
	r = announce_thread(m, t);
	return r ? r : fanout_interval(&m->fanout, interval);
}

/* The holders that it blames have been announced, or are now. */
static int tell_attempt(struct model *m, struct thread *t, const struct attempt *attempt)
{
	int r = announce_thread(m, t);

	for (uint32_t i = 0; i < attempt->n_blames && !r; i++) {
		const struct thread_info *holder = attempt->blames[i].holder;
		/* The info is the first member of its thread. */
		if (holder)
			r = announce_thread(m, (struct thread *)holder);
	}
	return r ? r : fanout_attempt(&m->fanout, attempt);
}

static int tell_event(struct model *m, const struct gil_event *event, const struct step *step)
{
	struct thread *t = (struct thread *)step->thread;
	struct thread *holder = (struct thread *)step->holder;
	int r = 0;

	m->end.events++;
	m->end.events_by_kind[event->kind]++;
	m->end.violations += step->violation != NULL;
	if (!m->open || (t && !t->info.selected))
		return 0;
	if (t)
		r = announce_thread(m, t);
	if (!r && holder)
		r = announce_thread(m, holder);
	return r ? r : fanout_event(&m->fanout, event, step);
}

/* ---- stays, attempts, holds ------------------------------------------------ */

static bool in_hole(const struct gil *g)
{
	return g->hole_until_ns != INT64_MIN;
}

/* Carries the sums over time on to ts_ns. */
static void advance(struct gil *g, int64_t ts_ns)
{
	int64_t ns = g->info.at_ns == INT64_MIN ? 0 : ts_ns - g->info.at_ns;

	if (ts_ns <= g->info.at_ns)
		return;
	g->info.at_ns = ts_ns;
	g->info.wanted_ns += g->info.waiters ? ns : 0;
	g->info.active_ns += g->active ? ns : 0;
	g->waiting_ns += g->waiting ? ns : 0;
	g->wanting_ns += g->wanting ? ns : 0;
}

static bool wants(enum thread_state state)
{
	return state == STATE_ENTERING || state == STATE_WAITING;
}

static bool is_active(enum thread_state state)
{
	return wants(state) || state == STATE_HOLDING;
}

/* One more of the threads asked for may wait: the most at a time. */
static void note_waiters(struct gil *g)
{
	if (g->info.waiters > g->info.waiters_max)
		g->info.waiters_max = g->info.waiters;
}

static void set_state(struct thread *t, enum thread_state state, int64_t ts_ns, int32_t cpu)
{
	struct gil *g = t->gil;
	int change = (state == STATE_WAITING) - (t->info.state == STATE_WAITING);

	g->waiting += change;
	g->wanting += wants(state) - wants(t->info.state);
	if (t->info.selected) {
		g->info.waiters += change;
		g->active += is_active(state) - is_active(t->info.state);
		note_waiters(g);
	}
	t->info.state = state;
	t->since_ns = ts_ns;
	t->whole = !in_hole(g);
	t->cpu = cpu;
}

/*
 * The check comes when the ticker falls below zero: one more than it showed. Then it starts anew. What
 * it has lost at the RELEASE went into signal handlers, which the main thread runs between the two. But
 * a ticker of 0 there means that a signal waits: the interpreter wants to check again after one tick.
 */
static uint64_t ticks_of_hold(const struct thread *t, const struct gil_event *release, uint64_t checks)
{
	int64_t interval = t->gil->info.interval, ticks = (int64_t)t->tick_from - release->tick;

	if (release->tick < 0 || interval < 0 || interval > INT32_MAX)
		return 0;
	if (checks) {
		ticks = (int64_t)t->tick_from + 1 + (int64_t)(checks - 1) * (interval + 1);
		if (t->info.is_main && release->tick > 0 && release->tick < interval)
			ticks += interval - release->tick;
	}
	return ticks > 0 ? (uint64_t)ticks : 0;
}

/* The present stay is over; of a hold, `release` is its RELEASE or NULL. */
static int end_stay(struct model *m, struct thread *t, int64_t ts_ns, bool whole,
		    const struct gil_event *release)
{
	enum thread_state state = t->info.state;
	struct interval interval = {
		.thread = &t->info,
		.state = state,
		.from_ns = t->since_ns,
		.to_ns = ts_ns,
		.whole = whole && t->whole && state != STATE_UNKNOWN,
		.cpu = t->cpu,
		.tick_from = GIL_NO_TICK,
		.tick_to = GIL_NO_TICK,
	};

	if (ts_ns > t->info.last_ns)
		t->info.last_ns = ts_ns;
	if (state == STATE_UNKNOWN && interval.from_ns == ts_ns)
		return 0;
	if (state == STATE_HOLDING) {
		interval.tick_from = t->tick_from;
		interval.checks_from = t->checks_from;
		interval.contended = t->gil->waiting > 0;
		interval.waited_on_ns = t->gil->waiting_ns - t->waiting_from_ns;
	}
	if (release) {
		interval.tick_to = release->tick;
		interval.drop_requested = release->drop_requested;
	}
	/* A hold that made more than these lasted for months: the counter is none. */
	if (release && t->hold_seen && release->checks > t->checks_from &&
	    release->checks - t->checks_from <= INT32_MAX)
		interval.checks = release->checks - t->checks_from;
	if (release && t->hold_seen && gil_is_ticked(&t->gil->info) && t->tick_from >= 0)
		interval.ticks = ticks_of_hold(t, release, interval.checks);
	return tell_interval(m, t, &interval);
}

static void begin_attempt(struct thread *t, int64_t ts_ns, bool whole)
{
	t->attempt_ns = ts_ns;
	t->attempt_whole = whole && !in_hole(t->gil);
	t->busy = t->retries = t->retries_timed_out = 0;
	t->account.n = 0;
	wait_account_mark(&t->account, &t->gil->log, ts_ns);
}

/* `how` says how it ended; the rest is known here, and filled in. */
static int end_attempt(struct model *m, struct thread *t, int64_t ts_ns, struct attempt *how)
{
	int r;

	how->thread = &t->info;
	how->from_ns = t->attempt_ns;
	how->to_ns = ts_ns;
	how->whole = t->attempt_whole && !how->cut && !how->still_waiting;
	how->busy = t->busy;
	how->retries = t->retries;
	how->retries_timed_out = t->retries_timed_out;
	if (!shows(m, t))
		return 0;
	r = wait_account_settle(&t->account, &t->gil->log, ts_ns, &m->blame_index);
	if (!r)
		r = wait_account_close(&t->account, ts_ns - t->attempt_ns);
	how->blames = t->account.blames;
	how->n_blames = t->account.n;
	if (!r)
		r = tell_attempt(m, t, how);
	wait_account_trim(&t->account);
	return r;
}

static void drop_hold(struct gil *g, struct thread *t, int64_t ts_ns)
{
	if (g->holder != t)
		return;
	reign_log_release(&g->log, ts_ns);
	g->holder = NULL;
	g->last_holder = t;
}

/* Where the thread is can no longer be known: what it was at is cut. */
static int lose_sight(struct model *m, struct thread *t, int64_t ts_ns)
{
	enum thread_state before = t->info.state;
	int r = end_stay(m, t, ts_ns, false, NULL);

	if (!r && wants(before))
		r = end_attempt(m, t, ts_ns, &(struct attempt){ .cut = true });
	m->end.attempts_cut += wants(before);
	m->end.holds_cut += before == STATE_HOLDING;
	if (t->gil->holder == t) {
		drop_hold(t->gil, t, ts_ns);
		t->gil->waited_for_at_release = false;
		t->gil->released_ns = INT64_MIN;
		t->gil->released_cpu = -1;
	}
	/* An unknown stay that goes on is one stay. */
	if (before != STATE_UNKNOWN)
		set_state(t, STATE_UNKNOWN, ts_ns, -1);
	else
		t->since_ns = ts_ns;
	return r;
}

static int lose_sight_of_all(struct model *m, struct gil *g, int64_t ts_ns)
{
	int r = 0;

	if (g->info.at_ns == INT64_MIN)
		return 0; /* nothing was seen of it yet */
	if (ts_ns < g->info.at_ns)
		ts_ns = g->info.at_ns;
	advance(g, ts_ns);
	for (struct thread *t = g->live; t && !r; t = t->next_live)
		if (t->info.state != STATE_UNKNOWN)
			r = lose_sight(m, t, ts_ns);
	g->last_holder = NULL;
	g->log.n = 0;
	return r;
}

/* ---- the transitions ------------------------------------------------------- */

/* Why the event is unlawful for a thread in this state; NULL: it is lawful. */
static const char *objection(const struct gil *g, const struct thread *t,
			     const struct gil_event *ev)
{
	enum thread_state state = t ? t->info.state : STATE_UNKNOWN;
	bool free_to_say = state == STATE_UNKNOWN;

	switch (ev->kind) {
	case GIL_ENTRY:
		return state == STATE_HOLDING ? "ENTRY by the thread that holds it" :
		       wants(state) ? "ENTRY in the middle of an attempt" : NULL;
	case GIL_BUSY:
		return free_to_say || state == STATE_ENTERING ? NULL :
		       state == STATE_WAITING ? "second BUSY of one attempt" : "BUSY without ENTRY";
	case GIL_RETRY:
		return free_to_say || state == STATE_WAITING ? NULL : "RETRY without BUSY";
	case GIL_ACQUIRE:
		if (state == STATE_HOLDING)
			return "ACQUIRE by the thread that holds it";
		if (g->holder)
			return "ACQUIRE while another thread holds it";
		return free_to_say || wants(state) ? NULL : "ACQUIRE without ENTRY";
	case GIL_RELEASE:
		return free_to_say || state == STATE_HOLDING ? NULL :
		       "RELEASE by a thread that does not hold it";
	case GIL_LEAVE:
		if (state == STATE_HOLDING)
			return "LEAVE by the thread that holds it";
		if (ev->reason == GIL_LEAVE_POKE && state == STATE_WAITING)
			return "poke in the middle of a wait";
		return state == STATE_OUTSIDE && ev->reason != GIL_LEAVE_THREAD_END ?
		       "LEAVE without an attempt" : NULL;
	case GIL_THREAD:
		return state == STATE_HOLDING && thread_is_other(t, &ev->thread) ?
		       "its thread vanished while it held it" : NULL;
	default:
		return NULL;
	}
}

static int on_entry(struct model *m, struct thread *t, const struct gil_event *ev)
{
	int r = end_stay(m, t, ev->ts_ns, true, NULL);

	begin_attempt(t, ev->ts_ns, true);
	set_state(t, STATE_ENTERING, ev->ts_ns, ev->cpu);
	return r;
}

/* An attempt whose ENTRY was not seen. */
static void find_attempt(struct model *m, struct thread *t, int64_t ts_ns)
{
	if (t->info.state == STATE_UNKNOWN) {
		m->end.attempts_found++;
		begin_attempt(t, ts_ns, false);
	}
}

static int on_failed(struct model *m, struct thread *t, const struct gil_event *ev,
		     struct step *step)
{
	struct thread *holder = t->gil->holder ? t->gil->holder : t->gil->last_holder;
	bool begins = ev->kind == GIL_BUSY;
	int r = 0;

	find_attempt(m, t, ev->ts_ns);
	if (t->info.state != STATE_WAITING) {
		r = end_stay(m, t, ev->ts_ns, true, NULL);
		set_state(t, STATE_WAITING, ev->ts_ns, ev->cpu);
		t->whole &= begins;
	}
	if (begins)
		t->busy++;
	else
		t->retries++;
	t->retries_timed_out += !begins && ev->timed_out;
	/* Nobody is in their own way: another has it, and its ACQUIRE is lost or yet to come. */
	step->holder = holder && holder != t ? &holder->info : NULL;
	step->holder_cpu = step->holder ? t->gil->acquired_cpu : -1;
	return r;
}

static int tell_handover(struct model *m, struct thread *from, struct thread *to,
			 const struct gil_event *ev)
{
	struct gil *g = to->gil;
	struct handover handover = {
		.gil = &g->info,
		.from = &from->info,
		.to = &to->info,
		.released_ns = g->released_ns,
		.acquired_ns = ev->ts_ns,
		.cpu_from = g->released_cpu,
		.cpu_to = ev->cpu,
		.wanted_ns = g->released_ns == INT64_MIN ? 0 :
			     g->wanting_ns - g->wanting_at_release_ns,
	};
	int r;

	if (!shows(m, to))
		return 0;
	r = announce_thread(m, from);
	if (!r)
		r = announce_thread(m, to);
	return r ? r : fanout_handover(&m->fanout, &handover);
}

/* The waits take from the log what they need of it. */
static int cut_log(struct model *m, struct gil *g, int64_t ts_ns)
{
	int r = 0;

	for (struct thread *t = g->wanting ? g->live : NULL; t && !r; t = t->next_live)
		if (wants(t->info.state))
			r = wait_account_settle(&t->account, &g->log, ts_ns, &m->blame_index);
	reign_log_forget(&g->log);
	for (struct thread *t = g->wanting ? g->live : NULL; t && !r; t = t->next_live)
		if (wants(t->info.state))
			wait_account_mark(&t->account, &g->log, ts_ns);
	return r;
}

/* A log that grew long, or that nobody needs, is cut. */
static int tidy_log(struct model *m, struct gil *g, int64_t ts_ns)
{
	return g->wanting && !reign_log_is_long(&g->log) ? 0 : cut_log(m, g, ts_ns);
}

static int on_acquire(struct model *m, struct thread *t, const struct gil_event *ev,
		      struct step *step)
{
	struct gil *g = t->gil;
	struct thread *from = g->last_holder;
	bool wanted = wants(t->info.state);
	int r = end_stay(m, t, ev->ts_ns, true, NULL);

	m->end.attempts_found += !wanted;
	if (!r && wanted)
		r = end_attempt(m, t, ev->ts_ns, &(struct attempt){ .acquired = true });
	set_state(t, STATE_HOLDING, ev->ts_ns, ev->cpu);
	t->hold_seen = true;
	t->tick_from = ev->tick;
	t->checks_from = ev->checks;
	t->waiting_from_ns = g->waiting_ns;
	step->barged = from == t && g->waited_for_at_release;
	if (!r)
		r = tidy_log(m, g, ev->ts_ns);
	if (!r)
		r = reign_log_acquire(&g->log, &t->info, ev->ts_ns);
	if (!r && from && from != t) {
		step->switched_from = &from->info;
		r = tell_handover(m, from, t, ev);
	}
	g->holder = t;
	g->acquired_cpu = ev->cpu;
	return r;
}

static int on_release(struct model *m, struct thread *t, const struct gil_event *ev)
{
	struct gil *g = t->gil;
	bool found = t->info.state != STATE_HOLDING;
	int r = end_stay(m, t, ev->ts_ns, true, found ? NULL : ev);

	m->end.holds_found += found;
	drop_hold(g, t, ev->ts_ns);
	set_state(t, STATE_OUTSIDE, ev->ts_ns, ev->cpu);
	if (g->holder)
		return r; /* found in the middle, beside another: it tells no more */
	g->last_holder = t;
	if (found)
		g->acquired_cpu = -1;
	g->released_ns = ev->ts_ns;
	g->released_cpu = ev->cpu;
	g->waited_for_at_release = g->waiting > 0;
	g->wanting_at_release_ns = g->wanting_ns;
	return r;
}

static int on_thread_end(struct model *m, struct thread *t, int64_t ts_ns)
{
	bool wanted = wants(t->info.state);
	int r = end_stay(m, t, ts_ns, true, NULL);

	m->end.attempts_left += wanted;
	if (!r && wanted)
		r = end_attempt(m, t, ts_ns, &(struct attempt){ .reason = GIL_LEAVE_THREAD_END });
	set_state(t, STATE_ENDED, ts_ns, -1);
	thread_end(t);
	return r;
}

static int on_leave(struct model *m, struct thread *t, const struct gil_event *ev)
{
	int r;

	if (ev->reason == GIL_LEAVE_THREAD_END)
		return on_thread_end(m, t, ev->ts_ns);
	find_attempt(m, t, ev->ts_ns);
	if (ev->reason == GIL_LEAVE_POKE) {
		/* It never was an attempt: the thread was outside all the time. */
		int64_t entry_ns = t->attempt_ns;
		m->end.pokes++;
		r = t->info.state == STATE_ENTERING ? 0 : end_stay(m, t, ev->ts_ns, true, NULL);
		set_state(t, STATE_OUTSIDE, entry_ns, ev->cpu);
		return r;
	}
	m->end.attempts_left++;
	r = end_stay(m, t, ev->ts_ns, true, NULL);
	if (!r)
		r = end_attempt(m, t, ev->ts_ns, &(struct attempt){ .reason = ev->reason });
	set_state(t, STATE_OUTSIDE, ev->ts_ns, ev->cpu);
	return r;
}

static int apply(struct model *m, struct thread *t, const struct gil_event *ev, struct step *step)
{
	switch (ev->kind) {
	case GIL_ENTRY:
		return on_entry(m, t, ev);
	case GIL_BUSY:
	case GIL_RETRY:
		return on_failed(m, t, ev, step);
	case GIL_ACQUIRE:
		return on_acquire(m, t, ev, step);
	case GIL_RELEASE:
		return on_release(m, t, ev);
	case GIL_LEAVE:
		return on_leave(m, t, ev);
	default:
		return 0;
	}
}

/* ---- threads come, and say who they are ------------------------------------ */

static bool is_asked_for(const struct model *m, const struct thread *t)
{
	return m->options.ahead ? names_ahead_ask(m->options.ahead, &t->info)
				: thread_filter_match(m->options.thread, &t->info);
}

static void select_thread(struct model *m, struct thread *t)
{
	if (t->info.selected || !is_asked_for(m, t))
		return;
	t->info.selected = m->any_selected = true;
	t->gil->info.waiters += t->info.state == STATE_WAITING;
	t->gil->active += is_active(t->info.state);
	note_waiters(t->gil);
}

/* For the sinks the thread begins here, whatever it is at. */
static void begin_in_the_middle(struct thread *t, int64_t ts_ns)
{
	t->since_ns = t->info.first_ns = t->info.last_ns = ts_ns;
	t->whole = t->hold_seen = false;
	t->waiting_from_ns = t->gil->waiting_ns;
	if (wants(t->info.state))
		begin_attempt(t, ts_ns, false);
}

/* The batch, told at once: what a sink has to do then costs as much for one as for many. */
static int tell_retired(struct model *m, const struct thread *first)
{
	cleanup(freep) const struct thread_info **infos = NULL;
	size_t n = 0;

	if (!m->n_announced)
		return 0;
	infos = calloc(m->n_announced, sizeof(*infos));
	if (!infos)
		return err(-ENOMEM, "out of memory");
	for (const struct thread *t = first; t; t = t->next)
		if (t->announced)
			infos[n++] = &t->info;
	m->n_announced -= n;
	return n ? fanout_retire(&m->fanout, infos, n) : 0;
}

/*
 * Memory is bounded: when many threads are known, those that ended are forgotten. Where most of them
 * live on, or are blamed by waits that go on, there is no point in trying again soon.
 */
static int forget_ended(struct model *m)
{
	struct thread *ended = NULL;
	int r = 0;

	/* A hole may begin, and cut waits, right after what was seen last of a GIL: no later. */
	for (struct gil *g = m->registry.first_gil; g && !r; g = g->next)
		r = cut_log(m, g, g->info.at_ns);
	if (!r)
		r = registry_take_ended(&m->registry, m->n_announced >= m->options.threads_limit, &ended);
	if (!r)
		r = tell_retired(m, ended);
	threads_free(ended);
	m->retire_at = 2 * m->registry.n_known;
	if (m->retire_at < m->options.threads_limit)
		m->retire_at = m->options.threads_limit;
	return r;
}

/* No event is being told: nobody but the GILs and the waits refers to a thread. */
static int new_thread(struct model *m, struct gil *g, const struct gil_event *ev,
		      struct thread **out)
{
	static const struct gil_thread_fields nothing = { .name = "" };
	struct gil_thread_fields facts = ev->kind == GIL_THREAD ? ev->thread : nothing;
	int r = m->registry.n_known < m->retire_at ? 0 : forget_ended(m);

	if (!r)
		r = registry_add_thread(&m->registry, g, ev->tid, ev->ts_ns, out);
	if (r)
		return r;
	if (ev->kind != GIL_THREAD)
		facts.pid = g->info.pid;
	thread_learn(*out, &facts);
	select_thread(m, *out);
	/* One that only its facts show still has to show itself. */
	return (*out)->info.selected ? announce_thread(m, *out) : 0;
}

/* gil:thread of a live thread: what it says may be news. */
static int hear_of_thread(struct model *m, struct thread *t, const struct gil_event *ev)
{
	bool news = thread_learn(t, &ev->thread), was_selected = t->info.selected;

	select_thread(m, t);
	/* CPython names a thread after its first ACQUIRE: what came before was not asked for yet. */
	if (t->info.selected && !was_selected)
		begin_in_the_middle(t, ev->ts_ns);
	if (!t->announced)
		return t->info.selected ? announce_thread(m, t) : 0;
	return news && m->open ? fanout_thread(&m->fanout, &t->info) : 0;
}

/* The tid has a new owner, and nobody said that the old one ended. */
static int vanish(struct model *m, struct thread *t, int64_t ts_ns)
{
	int r = lose_sight(m, t, ts_ns);

	set_state(t, STATE_ENDED, ts_ns, -1);
	thread_end(t);
	return r;
}

/* @thread: the latest with this tid, or NULL; then the one that the event is of. */
static int the_thread(struct model *m, struct gil *g, const struct gil_event *ev,
		      struct thread **thread)
{
	struct thread *t = *thread;
	bool other = t && ev->kind == GIL_THREAD && thread_is_other(t, &ev->thread);
	int r = other ? vanish(m, t, ev->ts_ns) : 0;

	if (r)
		return r;
	if (!t || other)
		return new_thread(m, g, ev, thread);
	return ev->kind == GIL_THREAD ? hear_of_thread(m, t, ev) : 0;
}

static int feed_thread(struct model *m, struct gil *g, const struct gil_event *ev, bool backwards)
{
	struct thread *t = gil_find_thread(g, ev->tid);
	struct step step = {
		.gil = &g->info,
		.before = t ? t->info.state : STATE_UNKNOWN,
		.holder_cpu = -1,
		.since_ns = t ? t->since_ns : INT64_MIN,
	};
	const char *unlawful = objection(g, t, ev);
	struct thread *rival = ev->kind == GIL_ACQUIRE && g->holder != t ? g->holder : NULL;
	int r = 0;

	if (unlawful && t && ev->kind != GIL_THREAD)
		r = lose_sight(m, t, ev->ts_ns);
	if (!r && rival)
		r = lose_sight(m, rival, ev->ts_ns);
	if (!r)
		r = the_thread(m, g, ev, &t);
	if (r)
		return r;
	step.thread = &t->info;
	step.violation = backwards ? "its time is before that of the event before it" :
			 in_hole(g) ? NULL : unlawful;
	if (!t->whole || step.before == STATE_UNKNOWN)
		step.since_ns = INT64_MIN;
	t->info.last_ns = ev->ts_ns;
	r = apply(m, t, ev, &step);
	step.after = t->info.state;
	step.waiters = g->waiting;
	return r ? r : tell_event(m, ev, &step);
}

/* ---- GILs come, and say what they are --------------------------------------- */

/* Other recordings in the same trace may be of any version. */
static int check_schema(const struct model *m, const struct gil_info *gil)
{
	if (!gil->known || (gil->schema >= 1 && gil->schema <= GIL_SCHEMA))
		return 0;
	return err(-EPROTO, "'%s' was recorded by another version of gilscope (schema %u, and this "
		   "one reads 1 to %d): read it with that version",
		   m->options.trace->path, gil->schema, GIL_SCHEMA);
}

/* Which GILs the user wants to see; their index counts those of the recording. */
static void admit(struct model *m, struct gil *g)
{
	if (!g->indexed && (!m->options.recording ||
			    (g->info.known && !strcmp(g->info.recording, m->options.recording)))) {
		g->info.index = m->n_indexed++;
		g->indexed = true;
	}
	g->wanted = g->indexed && gil_filter_match(&m->gil_filter, &g->info);
}

static int feed_gil(struct model *m, struct gil *g, const struct gil_event *ev, bool news)
{
	struct step step = { .gil = &g->info, .holder_cpu = -1, .since_ns = INT64_MIN };
	int r = 0;

	if (ev->kind == GIL_INTERVAL) {
		news = g->info.interval != ev->interval;
		g->info.interval = ev->interval;
	}
	if (!g->announced)
		r = announce_gil(m, g);
	else if (news && m->open)
		r = fanout_gil(&m->fanout, &g->info);
	return r ? r : tell_event(m, ev, &step);
}

/* Of the process, where the event says it; else 0. */
static int32_t pid_of(const struct gil_event *ev)
{
	return ev->kind == GIL_CREATE || ev->kind == GIL_DESTROY ? ev->create.pid : ev->kind == GIL_THREAD ? ev->thread.pid : 0;
}

static int the_gil(struct model *m, const struct gil_event *ev, struct gil **out)
{
	uint64_t id = ev->gil;
	int32_t pid = pid_of(ev);
	int r;

	*out = m->recent && m->recent->info.id == id ? m->recent :
						       registry_find_gil(&m->registry, id);
	m->recent = *out;
	if (*out)
		return 0;
	r = registry_add_gil(&m->registry, id, out);
	for (size_t i = 0; i < m->n_holes && !r; i++)
		if (m->holes[i].until_ns > (*out)->hole_until_ns && (!pid || !m->holes[i].pid || m->holes[i].pid == pid))
			(*out)->hole_until_ns = m->holes[i].until_ns;
	return r;
}

/* ---- the sinks begin; holes; the end ----------------------------------------- */

/* Root's recordings may have each other's processes in their traces: those lose nothing of ours. */
static bool concerns_us(const struct model *m, int32_t pid)
{
	if (!pid || !m->options.recording)
		return true;
	for (const struct gil *g = m->registry.first_gil; g; g = g->next)
		if (g->wanted && g->info.pid == pid)
			return true;
	return false;
}

static int tell_loss(struct model *m, struct hole *h)
{
	if (!h->has_untold || !m->open || !concerns_us(m, h->pid))
		return 0;
	h->has_untold = false;
	if (h->untold.to_ns < m->from_ns)
		return 0;
	m->end.lost_events += h->untold.events;
	m->end.lost_packets += h->untold.packets;
	m->end.loss_unknown |= !h->untold.events_known;
	return fanout_lost(&m->fanout, &h->untold);
}

static int tell_losses(struct model *m)
{
	int r = 0;

	for (size_t i = 0; i < m->n_holes && !r; i++)
		r = tell_loss(m, &m->holes[i]);
	return r;
}

/* What goes on when the time asked for begins, begins there for the sinks. */
static void clip(struct model *m, struct gil *g, int64_t ts_ns)
{
	advance(g, ts_ns);
	g->info.wanted_ns = g->info.active_ns = 0;
	g->info.waiters_max = g->info.waiters;
	g->released_ns = INT64_MIN;
	for (struct thread *t = g->live; t; t = t->next_live) {
		m->end.attempts_found += wants(t->info.state);
		m->end.holds_found += t->info.state == STATE_HOLDING;
		begin_in_the_middle(t, ts_ns);
	}
}

static int stand(struct model *m, struct thread *t, bool last_holder)
{
	t->told = true;
	return fanout_standing(&m->fanout, &t->info, last_holder);
}

static int tell_standing(struct model *m, const struct gil *g)
{
	struct thread *last = g->holder ? NULL : g->last_holder;
	int r = 0;

	for (struct thread *t = g->live; t && !r; t = t->next_live)
		if (t->info.selected && t != last && is_active(t->info.state))
			r = stand(m, t, false);
	return r || !last || !last->info.selected ? r : stand(m, last, true);
}

static int open_sinks(struct model *m, bool clipped)
{
	int r;

	m->end = (struct trace_end){ .left_out_events = m->end.left_out_events + m->end.events };
	for (struct gil *g = m->registry.first_gil; clipped && g; g = g->next)
		if (g->info.at_ns != INT64_MIN)
			clip(m, g, m->from_ns);
	/* One that ended before may still be named, as the last holder: it has no life here. */
	for (struct thread *t = m->registry.first_thread; clipped && t; t = t->next)
		if (t->info.state == STATE_ENDED)
			t->info.first_ns = t->info.last_ns = m->from_ns;
	m->open = true;
	m->trace.begin_ns = clipped ? m->from_ns : m->trace.origin_ns;
	m->end.begin_ns = m->trace.begin_ns;
	r = fanout_begin(&m->fanout, &m->trace);
	for (const struct gil *g = m->registry.first_gil; clipped && g && !r; g = g->next)
		if (g->wanted)
			r = tell_standing(m, g);
	return r ? r : tell_losses(m);
}

/* The first event tells the zero of relative times. */
static void start(struct model *m, int64_t ts_ns)
{
	int64_t end_ns = m->options.end_ns > ts_ns ? m->options.end_ns : ts_ns;

	m->started = true;
	m->trace = *m->options.trace;
	m->trace.origin_ns = ts_ns;
	m->trace.about_end_ns = end_ns;
	m->from_ns = time_bound_resolve(&m->time_filter.from, ts_ns, end_ns, INT64_MIN);
	m->to_ns = time_bound_resolve(&m->time_filter.to, ts_ns, end_ns, INT64_MAX);
}

/* How long what goes on has lasted is not known, until the clock is where it was: as in a hole. */
static int lose_time(struct model *m, struct gil *g, int64_t ts_ns)
{
	int r = in_hole(g) ? 0 : lose_sight_of_all(m, g, ts_ns);

	if (g->hole_until_ns < ts_ns)
		g->hole_until_ns = ts_ns;
	return r;
}

/* Somebody asked for holds a GIL, or wants it. */
static bool goes_on(const struct model *m)
{
	for (const struct gil *g = m->registry.first_gil; g; g = g->next)
		if (g->wanted && g->active)
			return true;
	return false;
}

/* The first event after the begin of the time asked for may be after its end, too: in a long hold, say. */
static int open_in_time(struct model *m, int64_t ts_ns)
{
	bool is_before = m->to_ns < m->trace.origin_ns || m->to_ns < m->from_ns;

	if (m->open || ts_ns < m->from_ns || is_before || (ts_ns > m->to_ns && !goes_on(m)))
		return 0;
	return open_sinks(m, m->from_ns > m->trace.origin_ns);
}

static int feed_wanted(struct model *m, struct gil *g, const struct gil_event *ev, bool news,
		       bool backwards)
{
	int r = 0;

	m->end.end_ns = ev->ts_ns;
	if (in_hole(g) && ev->ts_ns > g->hole_until_ns) {
		r = lose_sight_of_all(m, g, g->hole_until_ns);
		g->hole_until_ns = INT64_MIN;
	}
	if (!r && backwards)
		r = lose_time(m, g, ev->ts_ns);
	advance(g, ev->ts_ns);
	if (r)
		return r;
	if (ev->kind == GIL_THREAD || ev->kind >= GIL_FIRST_HOT)
		return feed_thread(m, g, ev, backwards);
	return feed_gil(m, g, ev, news);
}

int model_feed(struct model *m, const struct gil_event *event)
{
	bool backwards = event->ts_ns < m->now_ns;
	struct gil_event late;
	bool news = false;
	struct gil *g;
	int r = the_gil(m, event, &g);

	if (r)
		return r;
	if (event->kind == GIL_CREATE || event->kind == GIL_DESTROY)
		news = gil_learn(g, &event->create);
	if (event->kind == GIL_THREAD && !g->info.pid)
		g->info.pid = event->thread.pid;
	if (backwards) {
		late = *event;
		late.ts_ns = m->now_ns;
		event = &late;
	}
	m->now_ns = event->ts_ns;
	m->gil_events++;
	if (!g->wanted) {
		admit(m, g);
		if (!g->wanted) {
			m->end.left_out_events++;
			return 0;
		}
		r = tell_losses(m);
		if (r)
			return r;
	}
	if (event->kind < GIL_FIRST_HOT) {
		r = check_schema(m, &g->info);
		if (r)
			return r;
	}
	if (!m->started)
		start(m, event->ts_ns);
	r = open_in_time(m, event->ts_ns);
	if (r)
		return r;
	if (event->ts_ns > m->to_ns)
		return MODEL_E_ENOUGH;
	r = feed_wanted(m, g, event, news, backwards);
	if (r)
		return r;
	return m->fanout.n_wanting || !m->fanout.n ? 0 : MODEL_E_ENOUGH;
}

bool model_legal(struct model *m, const struct gil_event *event)
{
	const struct gil *g = registry_find_gil(&m->registry, event->gil);

	return !g || !objection(g, gil_find_thread(g, event->tid), event);
}

static int hole_of(struct model *m, int32_t pid, struct hole **out)
{
	struct hole *holes;

	for (size_t i = 0; i < m->n_holes; i++)
		if (m->holes[i].pid == pid) {
			*out = &m->holes[i];
			return 0;
		}
	holes = reallocarray(m->holes, m->n_holes + 1, sizeof(*holes));
	if (!holes)
		return err(-ENOMEM, "out of memory");
	m->holes = holes;
	*out = &m->holes[m->n_holes++];
	**out = (struct hole){ .pid = pid, .until_ns = INT64_MIN };
	return 0;
}

static void add_untold(struct hole *h, const struct gil_loss *loss)
{
	struct gil_loss *sum = &h->untold;

	if (loss->to_ns > h->until_ns)
		h->until_ns = loss->to_ns;
	if (!h->has_untold) {
		*sum = *loss;
		h->has_untold = true;
		return;
	}
	sum->from_ns = loss->from_ns < sum->from_ns ? loss->from_ns : sum->from_ns;
	sum->to_ns = loss->to_ns > sum->to_ns ? loss->to_ns : sum->to_ns;
	sum->events += loss->events;
	sum->packets += loss->packets;
	sum->events_known &= loss->events_known;
}

int model_lost(struct model *m, const struct gil_loss *loss)
{
	struct hole *hole = NULL;
	int r;

	if (m->started && loss->from_ns > m->to_ns)
		return 0;
	r = hole_of(m, loss->pid, &hole);
	if (r)
		return r;
	for (struct gil *g = m->registry.first_gil; g && !r; g = g->next) {
		if (loss->pid && g->info.pid && g->info.pid != loss->pid)
			continue;
		r = lose_sight_of_all(m, g, loss->from_ns);
		/* After the last event: what waited or held then did so until here. */
		if (g->info.at_ns > m->end.end_ns)
			m->end.end_ns = g->info.at_ns;
		if (loss->to_ns > g->hole_until_ns)
			g->hole_until_ns = loss->to_ns;
	}
	if (r)
		return r;
	add_untold(hole, loss);
	return tell_loss(m, hole);
}

/* Waits and holds go on to the GIL's end; of the others their last event is all we know. */
static int close_thread(struct model *m, struct thread *t, int64_t end_ns)
{
	enum thread_state state = t->info.state;
	int r = 0;

	if (state == STATE_UNKNOWN || state == STATE_OUTSIDE) {
		if (t->info.last_ns > t->since_ns)
			r = end_stay(m, t, t->info.last_ns, state == STATE_OUTSIDE, NULL);
		return r;
	}
	r = end_stay(m, t, end_ns, false, NULL);
	m->end.still_waiting += wants(state);
	m->end.still_holding += state == STATE_HOLDING;
	if (!r && wants(state))
		r = end_attempt(m, t, end_ns, &(struct attempt){ .still_waiting = true });
	return r;
}

/*
 * What a process was at when it ended or was killed did not go on until the
 * trace's end: each GIL ends with its last event, or with the time asked for.
 */
static int64_t end_of(const struct model *m, const struct gil *g)
{
	bool stopped_early = m->started && m->now_ns > m->to_ns;

	return stopped_early || g->info.at_ns == INT64_MIN ? m->end.end_ns : g->info.at_ns;
}

static int close_all(struct model *m)
{
	int r = 0;

	for (struct gil *g = m->registry.first_gil; g && !r; g = g->next) {
		int64_t end_ns = end_of(m, g);

		if (in_hole(g) && g->hole_until_ns < end_ns)
			r = lose_sight_of_all(m, g, g->hole_until_ns);
		if (g->info.at_ns != INT64_MIN)
			advance(g, end_ns);
		for (struct thread *t = g->live; t && !r; t = t->next_live)
			r = close_thread(m, t, end_ns);
	}
	return r;
}

/* ---- nothing to show: why? ---------------------------------------------------- */

static int no_gil(const struct model *m)
{
	char list[512] = "";
	size_t length = 0;

	for (const struct gil *g = m->registry.first_gil; g; g = g->next)
		if (g->indexed && length < sizeof(list))
			length += (size_t)snprintf(list + length, sizeof(list) - length,
						   "%s%u (pid %d)", length ? ", " : "",
						   g->info.index, g->info.pid);
	if (!length)
		return err(-ENODATA, "'%s' has no event of the recording '%s' but %" PRIu64
			   " of others: --all shows them", m->options.trace->path,
			   m->options.recording, m->gil_events);
	return err(-ENODATA, "'%s' has no GIL '%s': it has %s", m->options.trace->path,
		   m->options.gil, list);
}

static int no_thread(const struct model *m)
{
	char list[512] = "";
	size_t length = 0;

	for (const struct thread *t = m->registry.first_thread; t; t = t->next)
		if (length < sizeof(list))
			length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s",
						   length ? ", " : "", t->info.name);
	if (m->registry.any_taken)
		length = sizeof(list);
	return err(-ENODATA, "'%s' has no thread '%s': it has %s%s", m->options.trace->path,
		   m->options.thread, list, length < sizeof(list) ? "" : "...");
}

static int nothing_to_show(const struct model *m, uint64_t other_events)
{
	const char *path = m->options.trace->path;

	if (!m->gil_events)
		return err(-ENODATA, "'%s' has %s: was the program started by 'gilscope record', or with "
			   "what 'gilscope env' prints?", path,
			   other_events ? "events, but none of a GIL" : "no event in it");
	if (!m->started)
		return no_gil(m);
	if (!m->open)
		return err(-ENODATA, "'%s' has no gil event in the time range '%s': '+1s' counts from its "
			   "begin, '1s' from 1970", path, m->options.time);
	if (m->options.thread && !m->any_selected)
		return no_thread(m);
	return 0;
}

int model_end(struct model *m, uint64_t other_events, bool interrupted)
{
	int r = interrupted && !m->open ? 0 : nothing_to_show(m, other_events);

	if (!r && !m->open) {
		/* Stopped before the first event: an empty trace. */
		m->trace = *m->options.trace;
		r = fanout_begin(&m->fanout, &m->trace);
	}
	if (r)
		return r;
	if (m->started && m->to_ns < INT64_MAX && m->now_ns > m->to_ns)
		m->end.end_ns = m->to_ns;
	r = close_all(m);
	if (r)
		return r;
	m->end.other_events = other_events;
	m->end.interrupted = interrupted;
	return fanout_end(&m->fanout, &m->end);
}
