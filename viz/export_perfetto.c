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
#include "viz/outfile.h"
#include "viz/perfetto/packets.h"

struct process {
	int32_t pid;
	uint64_t track, lost; /* lost: its track, 0: nothing was lost */
	int64_t lost_until_ns;
};

struct gil_tracks {
	bool known;
	uint64_t process, holder, waiters; /* tracks */
	uint64_t flow;       /* from the last release; 0: none */
	uint32_t waiters_said;
	bool held;           /* a slice of the holder's track is open */
};

struct lane {
	uint64_t track;      /* 0: none yet */
	uint64_t text;       /* the thread's name */
	enum slice_name open;
	bool pending;        /* that is not written yet */
	int64_t from_ns;
};

struct perfetto_export {
	struct export base;
	struct sink sink;
	struct outfile file;
	struct packets packets;
	struct process *processes;
	size_t n_processes, processes_room;
	struct gil_tracks *gils; /* by index */
	size_t gils_room;
	struct lane **lanes;     /* by the thread's index; NULL: not seen, or retired */
	size_t lanes_room;
};

/* ---- tracks ----------------------------------------------------------------------------- */

/* NULL: no memory. */
static struct process *process_of(struct perfetto_export *x, int32_t pid)
{
	struct process *p;

	for (size_t i = 0; i < x->n_processes; i++)
		if (x->processes[i].pid == pid)
			return &x->processes[i];
	if (array_reach(&x->processes, &x->processes_room, x->n_processes, sizeof(*x->processes)))
		return NULL;
	p = &x->processes[x->n_processes++];
	*p = (struct process){ .pid = pid, .lost_until_ns = INT64_MIN };
	p->track = pid > 0 ? packets_process(&x->packets, pid) :
			     packets_track(&x->packets, 0, "unknown process");
	return p;
}

static const char *gil_title(char *title, size_t size, const char *what, const struct gil_info *gil)
{
	snprintf(title, size, "%s (GIL %" PRIu32 ")", what, gil->index);
	return title;
}
#define TITLE(what, gil) gil_title((char[64]){ 0 }, 64, (what), (gil))

/* NULL: no memory. */
static struct gil_tracks *gil_of(struct perfetto_export *x, const struct gil_info *gil)
{
	struct gil_tracks *g;
	const struct process *process;

	if (array_reach(&x->gils, &x->gils_room, gil->index, sizeof(*x->gils)))
		return NULL;
	g = &x->gils[gil->index];
	if (g->known)
		return g;
	process = process_of(x, gil->pid);
	if (!process)
		return NULL;
	g->known = true;
	g->process = process->track;
	g->holder = packets_track(&x->packets, g->process, TITLE("GIL holder", gil));
	g->waiters = packets_counter(&x->packets, g->process, TITLE("GIL waiters", gil), "threads");
	return g;
}

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

/* ---- slices ----------------------------------------------------------------------------- */

static enum slice_name slice_of(enum thread_state state)
{
	switch (state) {
	case STATE_OUTSIDE:
		return SLICE_OFF;
	case STATE_ENTERING:
	case STATE_WAITING:
		return SLICE_WAITING;
	case STATE_HOLDING:
		return SLICE_RUNNING;
	default:
		return SLICE_NONE;
	}
}

/* One that an exporter is busy with: the thread, its lane, its GIL. */
struct place {
	const struct thread_info *thread;
	struct lane *lane;
	struct gil_tracks *gil;
};

static int find_place(struct perfetto_export *x, const struct thread_info *thread, struct place *out)
{
	*out = (struct place){
		.thread = thread, .lane = x->lanes[thread->index], .gil = gil_of(x, thread->gil),
	};
	if (!out->gil)
		return err(-ENOMEM, "out of memory");
	if (!out->lane->track) {
		if (!process_of(x, thread->pid))
			return err(-ENOMEM, "out of memory");
		out->lane->track = packets_thread(&x->packets, thread->pid, thread->tid, thread->name);
	}
	return 0;
}

static void end_holder(struct perfetto_export *x, const struct place *p, int64_t ts_ns)
{
	struct proto event;

	if (!p->gil->held)
		return;
	event_begin(&event, EVENT_END, p->gil->holder, SLICE_NONE);
	packets_event(&x->packets, &event, ts_ns);
	p->gil->held = false;
}

static void begin_holder(struct perfetto_export *x, const struct place *p, int64_t ts_ns)
{
	struct proto event;

	end_holder(x, p, ts_ns);
	event_begin(&event, EVENT_BEGIN, p->gil->holder, p->lane->text);
	packets_event(&x->packets, &event, ts_ns);
	p->gil->held = true;
}

/* @flow: that which ends in it; 0: none. @cpu: -1 not known. */
static void begin_slice(struct perfetto_export *x, const struct place *p, enum slice_name slice, int64_t ts_ns,
			int32_t cpu, uint64_t flow)
{
	struct proto event;

	event_begin(&event, EVENT_BEGIN, p->lane->track, slice);
	if (slice == SLICE_RUNNING && cpu >= 0)
		event_note(&event, NOTE_CPU, (uint64_t)cpu);
	if (flow)
		proto_fixed64(&event, EVENT_ENDING_FLOWS, flow);
	packets_event(&x->packets, &event, ts_ns);
	if (slice == SLICE_RUNNING)
		begin_holder(x, p, ts_ns);
	p->lane->open = slice;
	p->lane->pending = false;
	p->lane->from_ns = ts_ns;
}

/* An end is told of what was not begun where a thread is asked for from its middle on. */
static void write_begin(struct perfetto_export *x, const struct place *p, enum slice_name slice, int64_t from_ns)
{
	if (p->lane->open != slice || p->lane->pending)
		begin_slice(x, p, slice, from_ns, -1, 0);
}

static void write_end(struct perfetto_export *x, const struct place *p, const struct proto *event, int64_t ts_ns)
{
	packets_event(&x->packets, event, ts_ns);
	p->lane->open = SLICE_NONE;
}

/* ---- the sink --------------------------------------------------------------------------- */

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
	enum slice_name slice = slice_of(interval->state);
	struct place p;
	struct proto event;
	int r;

	if (slice != SLICE_OFF && slice != SLICE_RUNNING)
		return 0;
	r = find_place(x, interval->thread, &p);
	if (r)
		return r;
	write_begin(x, &p, slice, interval->from_ns);
	event_begin(&event, EVENT_END, p.lane->track, SLICE_NONE);
	if (slice == SLICE_RUNNING) {
		if (interval->whole)
			event_note(&event, NOTE_HOLD_NS, (uint64_t)(interval->to_ns - interval->from_ns));
		if (interval->drop_requested)
			event_note_flag(&event, NOTE_FORCED, true);
		p.gil->flow = packets_flow(&x->packets);
		proto_fixed64(&event, EVENT_FLOWS, p.gil->flow);
	}
	write_end(x, &p, &event, interval->to_ns);
	if (slice == SLICE_RUNNING)
		end_holder(x, &p, interval->to_ns);
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
	int r = find_place(x, attempt->thread, &p);

	if (r)
		return r;
	write_begin(x, &p, SLICE_WAITING, attempt->from_ns);
	event_begin(&event, EVENT_END, p.lane->track, SLICE_NONE);
	if (attempt->whole && attempt->acquired)
		event_note(&event, NOTE_WAIT_NS, (uint64_t)(attempt->to_ns - attempt->from_ns));
	if (holder)
		event_note_text(&event, NOTE_HOLDER, x->lanes[holder->index]->text);
	write_end(x, &p, &event, attempt->to_ns);
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
	enum slice_name slice = slice_of(step->after);
	struct lane *lane = p->lane;

	if (event->kind == GIL_ENTRY) {
		lane->open = SLICE_WAITING;
		lane->pending = true;
		lane->from_ns = event->ts_ns;
	} else if (lane->pending) {
		/* Of a poke the thread was off all the time. */
		begin_slice(x, p, slice, lane->from_ns, -1, 0);
	} else if (slice && lane->open != slice) {
		begin_slice(x, p, slice, event->ts_ns, event->cpu, step->switched_from ? p->gil->flow : 0);
	}
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct perfetto_export *x = data;
	struct place p;
	int r;

	if (!step->thread || event->kind < GIL_FIRST_HOT)
		return 0;
	r = find_place(x, step->thread, &p);
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
	struct process *p = process_of(x, loss->pid);
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

/* ---- the course over time ---------------------------------------------------------------- */

struct rates {
	uint64_t utilisation, handovers, failures; /* tracks */
};

static void put_rate(struct perfetto_export *x, uint64_t track, double value, int64_t ts_ns)
{
	struct proto event;

	event_begin(&event, EVENT_COUNTER, track, SLICE_NONE);
	proto_double(&event, EVENT_DOUBLE_VALUE, value);
	packets_late_event(&x->packets, &event, ts_ns);
}

static void put_bucket(struct perfetto_export *x, const struct rates *rates, const struct bucket *b)
{
	double s = (double)(b->to_ns - b->from_ns) / 1e9;

	if (s <= 0)
		return;
	put_rate(x, rates->utilisation, 100 * b->utilisation, b->from_ns);
	put_rate(x, rates->handovers, (double)b->switches / s, b->from_ns);
	put_rate(x, rates->failures, (double)b->failed / s, b->from_ns);
}

static void put_zero(struct perfetto_export *x, const struct rates *rates, const struct bucket *last)
{
	put_rate(x, rates->utilisation, 0, last->to_ns);
	put_rate(x, rates->handovers, 0, last->to_ns);
	put_rate(x, rates->failures, 0, last->to_ns);
}

static struct rates add_rates(struct perfetto_export *x, const struct gil_info *gil)
{
	uint64_t process = x->gils[gil->index].process;

	return (struct rates){
		.utilisation = packets_counter(&x->packets, process, TITLE("GIL utilisation", gil), "%"),
		.handovers = packets_counter(&x->packets, process, TITLE("GIL hand-overs/s", gil), "1/s"),
		.failures = packets_counter(&x->packets, process, TITLE("failed GIL attempts/s", gil), "1/s"),
	};
}

/* The report's buckets: the same numbers. They are by GIL, then by time. */
static void put_course(struct perfetto_export *x, const struct results *r)
{
	struct rates rates;

	for (size_t i = 0; i < r->n_buckets; i++) {
		const struct bucket *b = &r->buckets[i];
		bool last = i + 1 == r->n_buckets || b[1].gil != b->gil;

		if (b->gil >= x->gils_room || !x->gils[b->gil].known)
			continue;
		if (!i || b[-1].gil != b->gil)
			rates = add_rates(x, &r->gils[b->gil].info);
		put_bucket(x, &rates, b);
		if (last)
			put_zero(x, &rates, b);
	}
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

	put_course(x, r);
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
