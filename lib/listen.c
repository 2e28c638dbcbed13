/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "lib/handle.h"

/* What the model says, in the public structs. */

_Static_assert((int)GILSCOPE_LEAVE == (int)GIL_LEAVE && (int)GILSCOPE_ENTRY == (int)GIL_ENTRY &&
		       (int)GILSCOPE_LEAVE_THREAD_END == (int)GIL_LEAVE_THREAD_END &&
		       (int)GILSCOPE_ENDED == (int)STATE_ENDED && (int)GILSCOPE_NONE == -1 &&
		       (int)GILSCOPE_ENOUGH == (int)SINK_E_ENOUGH,
	       "the public enumerations are in the order of ours");

struct listening {
	struct gilscope_listener listener;
	struct sink sink;
	struct gilscope_blame *blames; /* of the present attempt */
	size_t n_blames;
};

const char *gilscope_event_name(enum gilscope_event_kind kind)
{
	static const char *const names[] = GIL_EVENT_NAMES;

	return (unsigned)kind < GIL_KINDS ? names[kind] : NULL;
}

const char *gilscope_state_name(enum gilscope_state state)
{
	return (unsigned)state < THREAD_STATES ? thread_state_name((enum thread_state)state) : NULL;
}

static uint32_t index_of(const struct thread_info *t)
{
	return t ? t->index : GILSCOPE_NONE;
}

static int on_begin(void *data, const struct trace_info *t)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	const struct gilscope_trace trace = {
		.path = t->path, .host = t->host, .origin_ns = t->origin_ns, .begin_ns = t->begin_ns,
	};

	return l->begin(l->data, &trace);
}

static int on_gil(void *data, const struct gil_info *g)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	const struct gilscope_gil gil = {
		.index = g->index, .id = g->id, .pid = g->pid, .interval = g->interval, .known = g->known,
		.ticked = gil_is_ticked(g), .ticks_exact = g->flags & GIL_FLAG_TICKS_EXACT,
		.checks_exact = g->flags & GIL_FLAG_CHECKS_EXACT,
		.retries_visible = gil_shows_retries(g),
		.design = g->design, .version = g->version, .recording = g->recording,
	};

	return l->gil(l->data, &gil);
}

static int on_thread(void *data, const struct thread_info *t)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	const struct gilscope_thread thread = {
		.index = t->index, .gil = t->gil->index, .pid = t->pid, .tid = t->tid,
		.serial = t->serial, .ident = t->ident, .is_main = t->is_main, .named = t->named,
		.selected = t->selected, .name = t->name,
	};

	return l->thread(l->data, &thread);
}

static int on_event(void *data, const struct gil_event *e, const struct step *step)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	bool hot = e->kind >= GIL_FIRST_HOT && e->kind != GIL_LEAVE;
	const struct gilscope_event event = {
		.ts_ns = e->ts_ns, .kind = (enum gilscope_event_kind)e->kind,
		.gil = step->gil->index, .thread = index_of(step->thread),
		.tid = e->tid, .cpu = e->cpu, .tick = hot ? e->tick : GIL_NO_TICK, .checks = e->checks,
		.timed_out = e->kind == GIL_RETRY && e->timed_out,
		.drop_requested = e->kind == GIL_RELEASE && e->drop_requested,
		.reason = e->kind == GIL_LEAVE ? (enum gilscope_leave_reason)e->reason : 0,
		.before = (enum gilscope_state)step->before, .after = (enum gilscope_state)step->after,
		.holder = index_of(step->holder), .waiters = step->waiters,
		.violation = step->violation,
	};

	return l->event(l->data, &event);
}

static int on_interval(void *data, const struct interval *i)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	const struct gilscope_interval interval = {
		.gil = i->thread->gil->index, .thread = i->thread->index,
		.state = (enum gilscope_state)i->state, .from_ns = i->from_ns, .to_ns = i->to_ns,
		.whole = i->whole, .cpu = i->cpu, .checks = i->checks, .ticks = i->ticks,
		.drop_requested = i->drop_requested, .contended = i->contended,
	};

	return l->interval(l->data, &interval);
}

static int copy_blames(struct listening *l, const struct attempt *a)
{
	if (a->n_blames > l->n_blames) {
		struct gilscope_blame *more = reallocarray(l->blames, a->n_blames, sizeof(*more));

		if (!more)
			return err(-ENOMEM, "out of memory");
		l->blames = more;
		l->n_blames = a->n_blames;
	}
	for (uint32_t i = 0; i < a->n_blames; i++)
		l->blames[i] = (struct gilscope_blame){ index_of(a->blames[i].holder), a->blames[i].ns };
	return 0;
}

static int on_attempt(void *data, const struct attempt *a)
{
	struct listening *l = data;
	struct gilscope_attempt attempt = {
		.gil = a->thread->gil->index, .thread = a->thread->index, .from_ns = a->from_ns,
		.to_ns = a->to_ns, .whole = a->whole, .acquired = a->acquired,
		.still_waiting = a->still_waiting, .cut = a->cut,
		.reason = (enum gilscope_leave_reason)a->reason, .busy = a->busy, .retries = a->retries,
		.retries_timed_out = a->retries_timed_out, .n_blames = a->n_blames,
	};
	int r = copy_blames(l, a);

	attempt.blames = l->blames;
	return r ? r : l->listener.attempt(l->listener.data, &attempt);
}

static int on_handover(void *data, const struct handover *h)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	const struct gilscope_handover handover = {
		.gil = h->gil->index, .from = h->from->index, .to = h->to->index,
		.released_ns = h->released_ns, .acquired_ns = h->acquired_ns, .wanted_ns = h->wanted_ns,
	};

	return l->handover(l->data, &handover);
}

static int on_lost(void *data, const struct gil_loss *g)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	const struct gilscope_loss loss = {
		.from_ns = g->from_ns, .to_ns = g->to_ns, .events = g->events, .packets = g->packets,
		.events_known = g->events_known, .pid = g->pid,
	};

	return l->lost ? l->lost(l->data, &loss) : 0;
}

static int on_end(void *data, const struct trace_end *e)
{
	const struct gilscope_listener *l = &((struct listening *)data)->listener;
	const struct gilscope_end end = {
		.begin_ns = e->begin_ns, .end_ns = e->end_ns, .events = e->events,
		.interrupted = e->interrupted,
	};

	return l->end(l->data, &end);
}

int listening_new(struct listening **out, const struct gilscope_listener *listener)
{
	struct listening *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return err(-ENOMEM, "out of memory");
	r = handle_take(&l->listener, sizeof(l->listener), listener);
	if (r) {
		free(l);
		return r;
	}
	listener = &l->listener;
	l->sink = (struct sink){
		.name = "listener", .data = l, .lost = on_lost,
		.begin = listener->begin ? on_begin : NULL,
		.gil = listener->gil ? on_gil : NULL,
		.thread = listener->thread ? on_thread : NULL,
		.event = listener->event ? on_event : NULL,
		.interval = listener->interval ? on_interval : NULL,
		.attempt = listener->attempt ? on_attempt : NULL,
		.handover = listener->handover ? on_handover : NULL,
		.end = listener->end ? on_end : NULL,
	};
	*out = l;
	return 0;
}

struct listening *listening_free(struct listening *l)
{
	if (l)
		free(l->blames);
	free(l);
	return NULL;
}

struct sink *listening_sink(struct listening *l)
{
	return &l->sink;
}

int gilscope_add_listener(struct gilscope *g, const struct gilscope_listener *listener)
{
	int r = handle_check_early(g);

	if (!r && g->n_listening == MOST_LISTENERS)
		r = err(-ENOSPC, "a trace has at most %d listeners", MOST_LISTENERS);
	if (!r)
		r = listening_new(&g->listening[g->n_listening], listener);
	if (!r)
		g->n_listening++;
	return r;
}
