/* SPDX-License-Identifier: MIT */
#include "analyzer/stream.h"

#include "analyzer/getter.h"

void stream_begin(struct stream *s, const struct trace_info *trace)
{
	*s = (struct stream){ .quality.end.begin_ns = trace->begin_ns };
	s->results = (struct results){ .trace = trace, .quality = &s->quality };
}

/* ---- values ------------------------------------------------------------------------- */

static struct value count(uint64_t n)
{
	return (struct value){ .known = true, .count = n };
}

/* CPUs and ticks: below zero is not known. */
static struct value natural(int64_t n)
{
	return n < 0 ? unknown : count((uint64_t)n);
}

static struct value since_begin(const struct results *r, int64_t ts_ns)
{
	return ts_ns == INT64_MIN ? unknown : count(results_since_begin(r, ts_ns));
}

static struct value between(int64_t from_ns, int64_t to_ns)
{
	return from_ns == INT64_MIN ? unknown : count((uint64_t)(to_ns - from_ns));
}

static struct value thread(const struct thread_info *t)
{
	return t ? count(t->index) : unknown;
}

static const char *reason_name(enum gil_leave_reason reason)
{
	static const char *const names[GIL_LEAVE_REASONS] = GIL_LEAVE_REASON_NAMES;

	return (unsigned)reason < GIL_LEAVE_REASONS ? names[reason] : NULL;
}

/* ---- events ------------------------------------------------------------------------- */

static const char *event_name(enum gil_kind kind)
{
	static const char *const names[GIL_KINDS] = GIL_EVENT_NAMES;

	return names[kind] + sizeof(GIL_PROVIDER);
}

static bool has_ticks(enum gil_kind kind)
{
	return kind >= GIL_FIRST_HOT && kind != GIL_LEAVE;
}

static bool is_failure(enum gil_kind kind)
{
	return kind == GIL_BUSY || kind == GIL_RETRY;
}

static struct value interval_of(const struct gil_event *e)
{
	if (e->kind == GIL_INTERVAL)
		return natural(e->interval);
	return e->kind == GIL_CREATE ? natural(e->create.interval) : unknown;
}

#define EVENT(name, expression) GETTER(event_##name, struct event_row, expression)
EVENT(at, since_begin(r, row->event->ts_ns));
EVENT(kind, text(event_name(row->event->kind)));
EVENT(gil, row->step->gil ? count(row->step->gil->index) : unknown);
EVENT(thread, thread(row->step->thread));
EVENT(cpu, natural(row->event->cpu));
EVENT(tick, has_ticks(row->event->kind) ? natural(row->event->tick) : unknown);
EVENT(checks, has_ticks(row->event->kind) ? count(row->event->checks) : unknown);
EVENT(timed_out, row->event->kind == GIL_RETRY ? flag(row->event->timed_out) : unknown);
EVENT(requested, row->event->kind == GIL_RELEASE ? flag(row->event->drop_requested) : unknown);
EVENT(reason, row->event->kind == GIL_LEAVE ? text(reason_name(row->event->reason)) : unknown);
EVENT(interval, interval_of(row->event));
EVENT(state, row->step->thread ? text(thread_state_name(row->step->after)) : unknown);
EVENT(holder, is_failure(row->event->kind) ? thread(row->step->holder) : unknown);
EVENT(from, thread(row->step->switched_from));
EVENT(waiters, row->step->gil ? count(row->step->waiters) : unknown);
EVENT(violation, text(row->step->violation));

static const struct column event_columns[] = {
	GET("at_ns", COLUMN_NS, event_at),
	GET("event", COLUMN_TEXT, event_kind),
	GET("gil", COLUMN_ROW, event_gil),
	GET("thread", COLUMN_ROW, event_thread),
	GET("cpu", COLUMN_COUNT, event_cpu),
	GET("tick", COLUMN_COUNT, event_tick),
	GET("checks", COLUMN_COUNT, event_checks),
	GET("timed_out", COLUMN_FLAG, event_timed_out),
	GET("drop_requested", COLUMN_FLAG, event_requested),
	GET("reason", COLUMN_TEXT, event_reason),
	GET("interval", COLUMN_COUNT, event_interval),
	GET("state", COLUMN_TEXT, event_state),
	GET("holder", COLUMN_ROW, event_holder),
	GET("switched_from", COLUMN_ROW, event_from),
	GET("waiters", COLUMN_COUNT, event_waiters),
	GET("violation", COLUMN_TEXT, event_violation),
};

/* ---- intervals ---------------------------------------------------------------------- */

#define INTERVAL(name, expression) GETTER(interval_##name, struct interval, expression)
#define HOLD(name, expression) INTERVAL(name, row->state == STATE_HOLDING ? (expression) : unknown)
INTERVAL(thread, thread(row->thread));
INTERVAL(gil, count(row->thread->gil->index));
INTERVAL(state, text(thread_state_name(row->state)));
INTERVAL(from, since_begin(r, row->from_ns));
INTERVAL(to, since_begin(r, row->to_ns));
INTERVAL(duration, between(row->from_ns, row->to_ns));
INTERVAL(whole, flag(row->whole));
INTERVAL(cpu, natural(row->cpu));
HOLD(tick_from, natural(row->tick_from));
HOLD(tick_to, natural(row->tick_to));
HOLD(ticks, count(row->ticks));
HOLD(checks, count(row->checks));
HOLD(requested, flag(row->drop_requested));
HOLD(contended, flag(row->contended));

static const struct column interval_columns[] = {
	GET("thread", COLUMN_ROW, interval_thread),
	GET("gil", COLUMN_ROW, interval_gil),
	GET("state", COLUMN_TEXT, interval_state),
	GET("from_ns", COLUMN_NS, interval_from),
	GET("to_ns", COLUMN_NS, interval_to),
	GET("duration_ns", COLUMN_NS, interval_duration),
	GET("whole", COLUMN_FLAG, interval_whole),
	GET("cpu", COLUMN_COUNT, interval_cpu),
	GET("tick_from", COLUMN_COUNT, interval_tick_from),
	GET("tick_to", COLUMN_COUNT, interval_tick_to),
	GET("ticks", COLUMN_COUNT, interval_ticks),
	GET("checks", COLUMN_COUNT, interval_checks),
	GET("drop_requested", COLUMN_FLAG, interval_requested),
	GET("contended", COLUMN_FLAG, interval_contended),
};

/* ---- waits: the attempts -------------------------------------------------------------- */

static const char *outcome(const struct attempt *a)
{
	if (a->acquired)
		return "acquired";
	return a->still_waiting ? "still_waiting" : a->cut ? "cut" : "left";
}

static bool has_left(const struct attempt *a)
{
	return !a->acquired && !a->still_waiting && !a->cut;
}

/* Who held the longest during it; NULL: nobody that is known. */
static const struct blame *main_blame(const struct attempt *a)
{
	const struct blame *longest = NULL;

	for (uint32_t i = 0; i < a->n_blames; i++)
		if (a->blames[i].holder && (!longest || a->blames[i].ns > longest->ns))
			longest = &a->blames[i];
	return longest;
}

static struct value main_holder(const struct attempt *a)
{
	const struct blame *b = main_blame(a);

	return b ? thread(b->holder) : unknown;
}

static struct value main_holder_ns(const struct attempt *a)
{
	const struct blame *b = main_blame(a);

	return b ? count((uint64_t)b->ns) : unknown;
}

#define WAIT(name, expression) GETTER(wait_##name, struct wait_row, expression)
WAIT(number, count(row->number));
WAIT(thread, thread(row->attempt->thread));
WAIT(gil, count(row->attempt->thread->gil->index));
WAIT(from, since_begin(r, row->attempt->from_ns));
WAIT(to, since_begin(r, row->attempt->to_ns));
WAIT(duration, between(row->attempt->from_ns, row->attempt->to_ns));
WAIT(whole, flag(row->attempt->whole));
WAIT(outcome, text(outcome(row->attempt)));
WAIT(reason, has_left(row->attempt) ? text(reason_name(row->attempt->reason)) : unknown);
WAIT(busy, count(row->attempt->busy));
WAIT(retries, count(row->attempt->retries));
WAIT(timed_out, count(row->attempt->retries_timed_out));
WAIT(holder, main_holder(row->attempt));
WAIT(holder_ns, main_holder_ns(row->attempt));

static const struct column wait_columns[] = {
	GET("wait", COLUMN_ROW, wait_number),
	GET("thread", COLUMN_ROW, wait_thread),
	GET("gil", COLUMN_ROW, wait_gil),
	GET("from_ns", COLUMN_NS, wait_from),
	GET("to_ns", COLUMN_NS, wait_to),
	GET("duration_ns", COLUMN_NS, wait_duration),
	GET("whole", COLUMN_FLAG, wait_whole),
	GET("outcome", COLUMN_TEXT, wait_outcome),
	GET("reason", COLUMN_TEXT, wait_reason),
	GET("busy", COLUMN_COUNT, wait_busy),
	GET("retries", COLUMN_COUNT, wait_retries),
	GET("retries_timed_out", COLUMN_COUNT, wait_timed_out),
	GET("holder", COLUMN_ROW, wait_holder),
	GET("holder_ns", COLUMN_NS, wait_holder_ns),
};

GETTER(blame_wait, struct blame_row, count(row->wait));
GETTER(blame_holder, struct blame_row, thread(row->blame->holder));
GETTER(blame_ns, struct blame_row, count((uint64_t)row->blame->ns));

static const struct column blame_columns[] = {
	GET("wait", COLUMN_ROW, blame_wait),
	GET("holder", COLUMN_ROW, blame_holder),
	GET("wait_ns", COLUMN_NS, blame_ns),
};

/* ---- hand-overs and losses -------------------------------------------------------------- */

#define HANDOVER(name, expression) GETTER(handover_##name, struct handover, expression)
HANDOVER(gil, count(row->gil->index));
HANDOVER(from, thread(row->from));
HANDOVER(to, thread(row->to));
HANDOVER(released, since_begin(r, row->released_ns));
HANDOVER(acquired, since_begin(r, row->acquired_ns));
HANDOVER(duration, between(row->released_ns, row->acquired_ns));
HANDOVER(wanted, count((uint64_t)row->wanted_ns));
HANDOVER(cpu_from, natural(row->cpu_from));
HANDOVER(cpu_to, natural(row->cpu_to));

static const struct column handover_columns[] = {
	GET("gil", COLUMN_ROW, handover_gil),
	GET("from_thread", COLUMN_ROW, handover_from),
	GET("to_thread", COLUMN_ROW, handover_to),
	GET("released_ns", COLUMN_NS, handover_released),
	GET("acquired_ns", COLUMN_NS, handover_acquired),
	GET("duration_ns", COLUMN_NS, handover_duration),
	GET("wanted_ns", COLUMN_NS, handover_wanted),
	GET("cpu_from", COLUMN_COUNT, handover_cpu_from),
	GET("cpu_to", COLUMN_COUNT, handover_cpu_to),
};

#define LOSS(name, expression) GETTER(loss_##name, struct gil_loss, expression)
LOSS(from, since_begin(r, row->from_ns));
LOSS(to, since_begin(r, row->to_ns));
LOSS(events, row->events_known ? count(row->events) : unknown);
LOSS(packets, count(row->packets));
LOSS(pid, row->pid ? natural(row->pid) : unknown);

static const struct column loss_columns[] = {
	GET("from_ns", COLUMN_NS, loss_from),
	GET("to_ns", COLUMN_NS, loss_to),
	GET("events", COLUMN_COUNT, loss_events),
	GET("packets", COLUMN_COUNT, loss_packets),
	GET("pid", COLUMN_COUNT, loss_pid),
};

#define TABLE(name, columns) { name, columns, LENGTH(columns), NULL, NULL }
const struct table_columns stream_events = TABLE("events", event_columns);
const struct table_columns stream_intervals = TABLE("intervals", interval_columns);
const struct table_columns stream_waits = TABLE("waits", wait_columns);
const struct table_columns stream_blames = TABLE("blames", blame_columns);
const struct table_columns stream_handovers = TABLE("handovers", handover_columns);
const struct table_columns stream_losses = TABLE("losses", loss_columns);
