/* SPDX-License-Identifier: MIT */
/*
 * A trace for Perfetto, written while ours is read: a track per thread with what it did as
 * slices, per GIL who held it, and numbers over time. A slice begins with its event and ends
 * when the analysis tells the stay or the attempt, which is in order of time, too. But an
 * ENTRY is told with the thread's next event: only then is it known to be an attempt, no poke.
 */
#include "viz/export.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "config.h"
#include "viz/array.h"
#include "viz/perfetto/trace.h"

/* ---- threads ---------------------------------------------------------------------------- */

static int on_thread(void *data, const struct thread_info *thread)
{
	struct perfetto_export *x = data;
	struct lane *lane;
	int r = array_reach(&x->lanes, &x->lanes_room, thread->index, sizeof(struct lane *));

	if (r)
		return r;
	if (!x->lanes[thread->index])
		x->lanes[thread->index] = calloc(1, sizeof(*lane));
	lane = x->lanes[thread->index];
	if (!lane)
		return err(-ENOMEM, "out of memory");
	lane->text = packets_text(&x->packets, thread->name);
	if (lane->track)
		packets_rename_thread(&x->packets, lane->track, thread->pid, thread->tid, thread->name);
	return outfile_check(&x->file);
}

static int on_retire(void *data, const struct thread_info *const *threads, size_t n)
{
	const struct perfetto_export *x = data;

	for (size_t i = 0; i < n; i++)
		free(steal(&x->lanes[threads[i]->index]));
	return 0;
}

/* ---- events ----------------------------------------------------------------------------- */

static int on_begin(void *data, const struct trace_info *trace)
{
	struct perfetto_export *x = data;

	packets_begin(&x->packets, x->file.f, trace->begin_ns);
	return 0;
}

/* The end of a hold, or of a stay off the GIL; attempts are told by on_attempt(). */
static int on_interval(void *data, const struct interval *interval)
{
	struct perfetto_export *x = data;
	enum slice_name slice = perfetto_slice(interval->state);
	struct place p;
	struct proto event;
	int r;

	if (slice != SLICE_OFF && slice != SLICE_RUNNING)
		return 0;
	r = perfetto_find_place(x, interval->thread, &p);
	if (r)
		return r;
	perfetto_begin_if_missing(x, &p, slice, interval->from_ns);
	event_begin(&event, EVENT_END, p.lane->track, SLICE_NONE);
	if (slice == SLICE_RUNNING) {
		if (interval->whole)
			event_note(&event, NOTE_HOLD_NS, (uint64_t)(interval->to_ns - interval->from_ns));
		if (interval->drop_requested)
			event_note_flag(&event, NOTE_FORCED, true);
		p.gil->flow = packets_flow(&x->packets);
		proto_fixed64(&event, EVENT_FLOWS, p.gil->flow);
	}
	perfetto_end(x, &p, &event, interval->to_ns);
	if (slice == SLICE_RUNNING)
		perfetto_end_holder(x, &p, interval->to_ns);
	return outfile_check(&x->file);
}

/* Who held the longest during it; NULL: nobody that is known. */
static const struct thread_info *main_holder(const struct attempt *a)
{
	const struct blame *longest = NULL;

	for (uint32_t i = 0; i < a->n_blames; i++)
		if (a->blames[i].holder && (!longest || a->blames[i].ns > longest->ns))
			longest = &a->blames[i];
	return longest ? longest->holder : NULL;
}

static int on_attempt(void *data, const struct attempt *attempt)
{
	struct perfetto_export *x = data;
	const struct thread_info *holder = main_holder(attempt);
	struct place p;
	struct proto event;
	int r = perfetto_find_place(x, attempt->thread, &p);

	if (r)
		return r;
	perfetto_begin_if_missing(x, &p, SLICE_WAITING, attempt->from_ns);
	event_begin(&event, EVENT_END, p.lane->track, SLICE_NONE);
	if (attempt->whole && attempt->acquired)
		event_note(&event, NOTE_WAIT_NS, (uint64_t)(attempt->to_ns - attempt->from_ns));
	if (holder)
		event_note_text(&event, NOTE_HOLDER, x->lanes[holder->index]->text);
	perfetto_end(x, &p, &event, attempt->to_ns);
	return outfile_check(&x->file);
}

static void write_failure(struct perfetto_export *x, const struct place *p, const struct gil_event *event,
			  const struct step *step)
{
	struct proto instant;

	event_begin(&instant, EVENT_INSTANT, p->lane->track, SLICE_FAILED);
	if (step->holder)
		event_note_text(&instant, NOTE_HOLDER, x->lanes[step->holder->index]->text);
	if (event->cpu >= 0)
		event_note(&instant, NOTE_CPU, (uint64_t)event->cpu);
	packets_event(&x->packets, &instant, event->ts_ns);
}

static void write_waiters(struct perfetto_export *x, struct gil_tracks *g, const struct gil_event *event,
			  const struct step *step)
{
	struct proto counter;

	if (g->waiters_said == step->waiters)
		return;
	g->waiters_said = step->waiters;
	event_begin(&counter, EVENT_COUNTER, g->waiters, SLICE_NONE);
	proto_varint(&counter, EVENT_COUNTER_VALUE, step->waiters);
	packets_event(&x->packets, &counter, event->ts_ns);
}

/* The thread is where the event took it: a slice begins, or the next time. */
static void change_state(struct perfetto_export *x, const struct place *p, const struct gil_event *event,
			 const struct step *step)
{
	enum slice_name slice = perfetto_slice(step->after);
	struct lane *lane = p->lane;

	if (event->kind == GIL_ENTRY) {
		lane->open = SLICE_WAITING;
		lane->pending = true;
		lane->from_ns = event->ts_ns;
	} else if (lane->pending) {
		/* Of a poke the thread was off all the time. */
		perfetto_begin(x, p, slice, lane->from_ns, -1, 0);
	} else if (slice && lane->open != slice) {
		perfetto_begin(x, p, slice, event->ts_ns, event->cpu, step->switched_from ? p->gil->flow : 0);
	}
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct perfetto_export *x = data;
	struct place p;
	int r;

	if (!step->thread || event->kind < GIL_FIRST_HOT)
		return 0;
	r = perfetto_find_place(x, step->thread, &p);
	if (r)
		return r;
	/* The end of a hold that has no slice: nothing that an arrow could come from. */
	if (event->kind == GIL_RELEASE && step->before != STATE_HOLDING)
		p.gil->flow = 0;
	change_state(x, &p, event, step);
	if (event->kind == GIL_BUSY || event->kind == GIL_RETRY)
		write_failure(x, &p, event, step);
	write_waiters(x, p.gil, event, step);
	return outfile_check(&x->file);
}

/* Holes of several streams overlap, and slices of one track do not: each shows what none before it did. */
static int on_lost(void *data, const struct gil_loss *loss)
{
	struct perfetto_export *x = data;
	struct process *p = perfetto_process(x, loss->pid);
	int64_t from_ns = loss->from_ns, to_ns = loss->to_ns;
	struct proto event;

	if (!p)
		return err(-ENOMEM, "out of memory");
	if (!p->lost)
		p->lost = packets_track(&x->packets, p->track, "lost events");
	from_ns = from_ns < p->lost_until_ns ? p->lost_until_ns : from_ns;
	to_ns = to_ns < from_ns ? from_ns : to_ns;
	event_begin(&event, EVENT_BEGIN, p->lost, SLICE_LOST);
	if (loss->events_known)
		event_note(&event, NOTE_LOST_EVENTS, loss->events);
	packets_late_event(&x->packets, &event, from_ns);
	event_begin(&event, EVENT_END, p->lost, SLICE_NONE);
	packets_late_event(&x->packets, &event, to_ns);
	p->lost_until_ns = to_ns;
	return outfile_check(&x->file);
}

/* Off the GIL at the end: a thread's life ends with its last event, and so does the slice that began there. */
static int on_end(void *data, const struct trace_end *end)
{
	struct perfetto_export *x = data;
	struct proto event;

	(void)end;
	for (size_t i = 0; i < x->lanes_room; i++) {
		const struct lane *lane = x->lanes[i];

		if (!lane || !lane->open || lane->pending)
			continue;
		event_begin(&event, EVENT_END, lane->track, SLICE_NONE);
		packets_late_event(&x->packets, &event, lane->from_ns);
	}
	return outfile_check(&x->file);
}

/* ---- the file --------------------------------------------------------------------------- */

static int open_perfetto(struct export **out, const char *path)
{
	cleanup(freep) struct perfetto_export *x = calloc(1, sizeof(*x));
	int r = x ? outfile_open(&x->file, path) : err(-ENOMEM, "out of memory");

	if (r)
		return r;
	x->sink = (struct sink){
		.name = "perfetto", .data = x, .begin = on_begin, .thread = on_thread, .event = on_event,
		.interval = on_interval, .attempt = on_attempt, .retire = on_retire, .lost = on_lost, .end = on_end,
	};
	x->base.sink = &x->sink;
	*out = &steal(&x)->base;
	return 0;
}

static void say_gil(struct perfetto_export *x, const struct gil_info *gil)
{
	char key[64];

	if (!gil->known)
		return;
	snprintf(key, sizeof(key), "gil_%" PRIu32 "_python_version", gil->index);
	packets_say_text(&x->packets, key, gil->version);
	snprintf(key, sizeof(key), "gil_%" PRIu32 "_switch_interval_%s", gil->index, gil_is_ticked(gil) ? "ticks" : "us");
	packets_say_number(&x->packets, key, (uint64_t)gil->interval);
}

static int finish_perfetto(struct export *export, const struct results *r)
{
	struct perfetto_export *x = (struct perfetto_export *)export;

	perfetto_put_course(x, r);
	packets_say_text(&x->packets, "gilscope_version", GILSCOPE_VERSION);
	for (size_t i = 0; i < r->n_gils; i++)
		say_gil(x, &r->gils[i].info);
	packets_say_number(&x->packets, "lost_events", r->quality->end.lost_events);
	packets_say_number(&x->packets, "complete", quality_complete(r->quality));
	return outfile_commit(&x->file);
}

static void free_perfetto(struct export *export)
{
	struct perfetto_export *x = (struct perfetto_export *)export;

	for (size_t i = 0; i < x->lanes_room; i++)
		free(x->lanes[i]);
	free(x->lanes);
	free(x->gils);
	free(x->processes);
	outfile_drop(&x->file);
	free(x);
}

const struct exporter export_perfetto = {
	.name = "perfetto", .suffix = ".pftrace",
	.open = open_perfetto, .finish = finish_perfetto, .free = free_perfetto,
};
