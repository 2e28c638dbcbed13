/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_MESSAGE_H
#define GILSCOPE_ANALYZER_MESSAGE_H

#include <babeltrace2/babeltrace.h>

#include "analyzer/event.h"

/*
 * What one message of babeltrace2 says, in plain C: for the reader, and for
 * the plugin, which are the only ones that know babeltrace2. Nothing is
 * assumed of a trace: events that are not as ours should be are not ours.
 * Not thread-safe.
 */

/* ---- events ---------------------------------------------------------------------------- */

enum { LAYOUT_MEMBERS = 8 };

/* An event class, looked at once. */
struct layout {
	const bt_event_class *event_class; /* a reference; NULL: not seen yet */
	int kind;                          /* enum gil_kind, or -1: not ours */
	struct layout_member {
		bool is_signed;
		uint64_t index;
	} members[LAYOUT_MEMBERS];
};

static inline bool layout_is_hot(const struct layout *l)
{
	return l->kind >= (int)GIL_FIRST_HOT;
}

/* Those of one stream, by event class id. Starts as all zero. */
struct layouts {
	struct layout *all;
	size_t n;
};

/* The layout of the event's class; *out NULL: not ours. @return 0, or -ENOMEM with a sentence. */
int layouts_find(struct layouts *l, const bt_event *event, const struct layout **out);
void layouts_deinit(struct layouts *l);

/* Texts in `out` are borrowed from the message. */
void message_event(const bt_message *msg, const struct layout *layout, int64_t ts_ns, int32_t cpu,
		   struct gil_event *out);

/*
 * Of events with equal time stamps, in different streams, the lowest comes first: facts, then what
 * is legal now; of several the one of the lowest tid, so that all readers have the same order.
 */
static inline int64_t event_rank(const struct gil_event *ev, bool legal)
{
	int64_t class = ev->kind < GIL_FIRST_HOT ? 1 : legal ? 2 : 3;

	return class << 32 | (uint32_t)ev->tid;
}

/* ---- times, losses, and where it comes from ------------------------------------------------ */

/* ns since the epoch. */
int64_t clock_ns(const bt_clock_snapshot *snapshot, int64_t otherwise_ns);

/* Of discarded events or packets. */
int64_t message_loss_begin_ns(const bt_message *msg, int64_t otherwise_ns);
struct gil_loss message_loss(const bt_message *msg, int64_t begin_ns, int32_t pid);

/* Of a packet's beginning; -1 unknown. */
int32_t message_cpu(const bt_message *msg);

/* The process that wrote it; 0: not one, or not known. */
int32_t trace_pid(const bt_trace *trace);

/* The host; "several" where traces of more than one are read as one. */
void trace_host(const bt_trace *trace, char *out, size_t size);

/* A text of the trace's environment; else `out` stays as it is. */
void trace_text(const bt_trace *trace, const char *name, char *out, size_t size);

#endif
