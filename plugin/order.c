/* SPDX-License-Identifier: MIT */
#include "plugin/order.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

/* One stream. Its address may be that of a later stream when it has ended. */
struct input {
	struct input *next;
	struct layouts layouts;
	int32_t cpu, pid;
	unsigned round; /* in which a message of it was looked at */
};

struct waiting {
	const bt_message *message; /* NULL: had its turn */
	const bt_stream *stream;
	struct input *input;
	int64_t ts_ns;
	int32_t cpu;
	bool is_loss, is_ours; /* an event of ours */
};

void order_init(struct order *o, const struct order_ops *ops)
{
	*o = (struct order){ .ops = *ops, .ts_ns = INT64_MIN };
}

void order_deinit(struct order *o)
{
	for (; o->next < o->n; o->next++)
		bt_message_put_ref(o->group[o->next].message);
	while (o->first) {
		struct input *input = o->first;

		o->first = input->next;
		layouts_deinit(&input->layouts);
		free(input);
	}
	table_deinit(&o->streams);
	free(o->group);
}

/* ---- what a message has ------------------------------------------------------------------ */

static const bt_stream *stream_of(const bt_message *m)
{
	switch (bt_message_get_type(m)) {
	case BT_MESSAGE_TYPE_EVENT:
		return bt_event_borrow_stream_const(bt_message_event_borrow_event_const(m));
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		return bt_message_stream_beginning_borrow_stream_const(m);
	case BT_MESSAGE_TYPE_STREAM_END:
		return bt_message_stream_end_borrow_stream_const(m);
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
		return bt_packet_borrow_stream_const(bt_message_packet_beginning_borrow_packet_const(m));
	case BT_MESSAGE_TYPE_PACKET_END:
		return bt_packet_borrow_stream_const(bt_message_packet_end_borrow_packet_const(m));
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		return bt_message_discarded_events_borrow_stream_const(m);
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		return bt_message_discarded_packets_borrow_stream_const(m);
	default:
		return NULL;
	}
}

static int64_t packet_ns(const bt_message *m, const bt_stream_class *sc, int64_t otherwise_ns)
{
	if (bt_message_get_type(m) == BT_MESSAGE_TYPE_PACKET_BEGINNING)
		return bt_stream_class_packets_have_beginning_default_clock_snapshot(sc) ?
			clock_ns(bt_message_packet_beginning_borrow_default_clock_snapshot_const(m),
				 otherwise_ns) : otherwise_ns;
	return bt_stream_class_packets_have_end_default_clock_snapshot(sc) ?
		clock_ns(bt_message_packet_end_borrow_default_clock_snapshot_const(m), otherwise_ns) :
		otherwise_ns;
}

static int64_t stream_ns(const bt_message *m, int64_t otherwise_ns)
{
	const bt_clock_snapshot *snapshot;
	bt_message_stream_clock_snapshot_state state =
		bt_message_get_type(m) == BT_MESSAGE_TYPE_STREAM_BEGINNING ?
		bt_message_stream_beginning_borrow_default_clock_snapshot_const(m, &snapshot) :
		bt_message_stream_end_borrow_default_clock_snapshot_const(m, &snapshot);

	return state == BT_MESSAGE_STREAM_CLOCK_SNAPSHOT_STATE_KNOWN ? clock_ns(snapshot, otherwise_ns) :
								      otherwise_ns;
}

/* A message without a time comes at that of the one before. */
static int64_t time_of(const bt_message *m, const bt_stream *stream, int64_t otherwise_ns)
{
	const bt_stream_class *sc = stream ? bt_stream_borrow_class_const(stream) : NULL;

	if (sc && !bt_stream_class_borrow_default_clock_class_const(sc))
		return otherwise_ns;
	switch (bt_message_get_type(m)) {
	case BT_MESSAGE_TYPE_EVENT:
		return clock_ns(bt_message_event_borrow_default_clock_snapshot_const(m), otherwise_ns);
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
	case BT_MESSAGE_TYPE_STREAM_END:
		return stream_ns(m, otherwise_ns);
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
	case BT_MESSAGE_TYPE_PACKET_END:
		return packet_ns(m, sc, otherwise_ns);
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		return message_loss_begin_ns(m, otherwise_ns);
	default:
		return clock_ns(bt_message_message_iterator_inactivity_borrow_clock_snapshot_const(m),
				otherwise_ns);
	}
}

/* ---- streams ------------------------------------------------------------------------------ */

static int find_input(struct order *o, const bt_stream *stream, struct input **out)
{
	uint64_t key = (uintptr_t)stream;
	struct input *input = table_get(&o->streams, key);

	*out = input;
	if (input)
		return 0;
	input = calloc(1, sizeof(*input));
	if (!input || table_put(&o->streams, key, input)) {
		free(input);
		return err(-ENOMEM, "out of memory");
	}
	input->cpu = -1;
	input->next = o->first;
	o->first = input;
	*out = input;
	return 0;
}

/* @return 0, or < 0 */
static int look_at(struct order *o, struct waiting *w)
{
	const struct layout *layout;
	int r;

	if (!w->stream)
		return 0;
	r = find_input(o, w->stream, &w->input);
	if (r)
		return r;
	switch (bt_message_get_type(w->message)) {
	case BT_MESSAGE_TYPE_EVENT:
		r = layouts_find(&w->input->layouts, bt_message_event_borrow_event_const(w->message),
				 &layout);
		w->is_ours = !r && layout;
		o->others += !r && !layout;
		w->cpu = w->input->cpu;
		return r;
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		o->n_streams++;
		w->input->cpu = -1;
		w->input->pid = trace_pid(bt_stream_borrow_trace_const(w->stream));
		return 0;
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
		w->input->cpu = message_cpu(w->message);
		return 0;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		w->is_loss = true;
		return 0;
	default:
		return 0;
	}
}

/* ---- turns -------------------------------------------------------------------------------- */

/* Of an event of ours. The layouts may have moved since it was looked at, but this one is there. */
static void decode(const struct waiting *w, const bt_message *message, struct gil_event *event)
{
	const struct layout *layout;

	if (!layouts_find(&w->input->layouts, bt_message_event_borrow_event_const(message), &layout))
		message_event(message, layout, w->ts_ns, w->cpu, event);
}

/* Of one time all else comes first, then facts, then what is legal now. */
static int rank_of(const struct order *o, const struct waiting *w)
{
	struct gil_event event;

	if (!w->is_ours)
		return 0;
	decode(w, w->message, &event);
	if (event.kind < GIL_FIRST_HOT)
		return 1;
	return o->ops.legal(o->ops.data, &event) ? 2 : 3;
}

/* The first message of each stream may be next. */
static struct waiting *pick(struct order *o)
{
	struct waiting *best = NULL;
	int best_rank = INT_MAX;

	if (o->next + 1 == o->n)
		return &o->group[o->next];
	o->round++;
	for (size_t i = o->next; i < o->n && best_rank > 0; i++) {
		struct waiting *w = &o->group[i];
		int rank;

		if (!w->message || (w->input && w->input->round == o->round))
			continue;
		if (w->input)
			w->input->round = o->round;
		rank = rank_of(o, w);
		if (rank < best_rank) {
			best = w;
			best_rank = rank;
		}
	}
	return best;
}

static int take_turn(struct order *o, struct waiting *w)
{
	struct turn turn = { .message = steal(&w->message), .stream = w->stream };
	struct gil_event event;
	struct gil_loss loss;

	if (w->is_ours) {
		decode(w, turn.message, &event);
		turn.event = &event;
	}
	if (w->is_loss) {
		loss = message_loss(turn.message, w->ts_ns, w->input->pid);
		turn.loss = &loss;
	}
	return o->ops.turn(o->ops.data, &turn);
}

int order_flush(struct order *o)
{
	int r = 0;

	while (!r && o->next < o->n) {
		r = take_turn(o, pick(o));
		while (o->next < o->n && !o->group[o->next].message)
			o->next++;
	}
	if (o->next == o->n)
		o->next = o->n = 0;
	return r;
}

static int grow(struct order *o)
{
	size_t size = o->size ? 2 * o->size : 16;
	struct waiting *group = reallocarray(o->group, size, sizeof(*group));

	if (!group)
		return err(-ENOMEM, "out of memory");
	o->group = group;
	o->size = size;
	return 0;
}

int order_feed(struct order *o, const bt_message *message)
{
	const bt_stream *stream = stream_of(message);
	struct waiting w = { .message = message, .stream = stream, .cpu = -1,
			     .ts_ns = time_of(message, stream, o->ts_ns) };
	int r = w.ts_ns > o->ts_ns ? order_flush(o) : 0;

	if (!r)
		r = look_at(o, &w);
	if (!r && o->n == o->size)
		r = grow(o);
	if (r) {
		bt_message_put_ref(message);
		return r;
	}
	if (w.ts_ns > o->ts_ns)
		o->ts_ns = w.ts_ns;
	o->group[o->n++] = w;
	return 0;
}
