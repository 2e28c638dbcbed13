/* SPDX-License-Identifier: MIT */
#include "plugin/turns.h"

#include <errno.h>
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

void turns_init(struct turns *t, const struct turns_ops *ops)
{
	*t = (struct turns){ .ops = *ops, .ts_ns = INT64_MIN };
}

void turns_deinit(struct turns *t)
{
	for (; t->next < t->n; t->next++)
		bt_message_put_ref(t->group[t->next].message);
	while (t->first) {
		struct input *input = t->first;

		t->first = input->next;
		layouts_deinit(&input->layouts);
		free(input);
	}
	table_deinit(&t->streams);
	free(t->group);
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

static int find_input(struct turns *t, const bt_stream *stream, struct input **out)
{
	uint64_t key = (uintptr_t)stream;
	struct input *input = table_get(&t->streams, key);

	*out = input;
	if (input)
		return 0;
	input = calloc(1, sizeof(*input));
	if (!input || table_put(&t->streams, key, input)) {
		free(input);
		return err(-ENOMEM, "out of memory");
	}
	input->cpu = -1;
	input->next = t->first;
	t->first = input;
	*out = input;
	return 0;
}

/* @return 0, or < 0 */
static int look_at(struct turns *t, struct waiting *w)
{
	const struct layout *layout;
	int r;

	if (!w->stream)
		return 0;
	r = find_input(t, w->stream, &w->input);
	if (r)
		return r;
	switch (bt_message_get_type(w->message)) {
	case BT_MESSAGE_TYPE_EVENT:
		r = layouts_find(&w->input->layouts, bt_message_event_borrow_event_const(w->message),
				 &layout);
		w->is_ours = !r && layout;
		t->others += !r && !layout;
		w->cpu = w->input->cpu;
		return r;
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		t->n_streams++;
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

/* Of one time all else comes first, then what event_rank() says. */
static int64_t rank_of(const struct turns *t, const struct waiting *w)
{
	struct gil_event event;

	if (!w->is_ours)
		return 0;
	decode(w, w->message, &event);
	return event_rank(&event, t->ops.legal(t->ops.data, &event));
}

/* The first message of each stream may be next. */
static struct waiting *pick(struct turns *t)
{
	struct waiting *best = NULL;
	int64_t best_rank = INT64_MAX;

	if (t->next + 1 == t->n)
		return &t->group[t->next];
	t->round++;
	for (size_t i = t->next; i < t->n && best_rank > 0; i++) {
		struct waiting *w = &t->group[i];
		int64_t rank;

		if (!w->message || (w->input && w->input->round == t->round))
			continue;
		if (w->input)
			w->input->round = t->round;
		rank = rank_of(t, w);
		if (rank < best_rank) {
			best = w;
			best_rank = rank;
		}
	}
	return best;
}

static int take_turn(struct turns *t, struct waiting *w)
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
	return t->ops.turn(t->ops.data, &turn);
}

int turns_flush(struct turns *t)
{
	int r = 0;

	while (!r && t->next < t->n) {
		r = take_turn(t, pick(t));
		while (t->next < t->n && !t->group[t->next].message)
			t->next++;
	}
	if (t->next == t->n)
		t->next = t->n = 0;
	return r;
}

static int grow(struct turns *t)
{
	size_t size = t->size ? 2 * t->size : 16;
	struct waiting *group = reallocarray(t->group, size, sizeof(*group));

	if (!group)
		return err(-ENOMEM, "out of memory");
	t->group = group;
	t->size = size;
	return 0;
}

int turns_feed(struct turns *t, const bt_message *message)
{
	const bt_stream *stream = stream_of(message);
	struct waiting w = { .message = message, .stream = stream, .cpu = -1,
			     .ts_ns = time_of(message, stream, t->ts_ns) };
	int r = w.ts_ns > t->ts_ns ? turns_flush(t) : 0;

	if (!r)
		r = look_at(t, &w);
	if (!r && t->n == t->size)
		r = grow(t);
	if (r) {
		bt_message_put_ref(message);
		return r;
	}
	if (w.ts_ns > t->ts_ns)
		t->ts_ns = w.ts_ns;
	t->group[t->n++] = w;
	return 0;
}
