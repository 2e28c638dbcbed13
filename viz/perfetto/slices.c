/* SPDX-License-Identifier: MIT */
/* Slices of the threads' tracks, and of the holder's. */
#include "viz/perfetto/trace.h"

enum slice_name perfetto_slice(enum thread_state state)
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

void perfetto_end_holder(struct perfetto_export *x, const struct place *p, int64_t ts_ns)
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

	perfetto_end_holder(x, p, ts_ns);
	event_begin(&event, EVENT_BEGIN, p->gil->holder, p->lane->text);
	packets_event(&x->packets, &event, ts_ns);
	p->gil->held = true;
}

void perfetto_begin(struct perfetto_export *x, const struct place *p, enum slice_name slice, int64_t ts_ns,
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

void perfetto_begin_if_missing(struct perfetto_export *x, const struct place *p, enum slice_name slice,
			       int64_t from_ns)
{
	if (p->lane->open != slice || p->lane->pending)
		perfetto_begin(x, p, slice, from_ns, -1, 0);
}

void perfetto_end(struct perfetto_export *x, const struct place *p, const struct proto *event, int64_t ts_ns)
{
	packets_event(&x->packets, event, ts_ns);
	p->lane->open = SLICE_NONE;
}
