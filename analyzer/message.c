/* SPDX-License-Identifier: MIT */
#include "analyzer/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { MAX_EVENT_CLASSES = 1 << 16 };

/* The payload fields of each kind, in the order in which decode_...() read them; '$': a string. */
static const char *const fields[GIL_KINDS][LAYOUT_MEMBERS + 1] = {
	[GIL_CREATE] = { "gil", "pid", "schema", "flags", "interval", "$recording", "$design",
			 "$version" },
	[GIL_DESTROY] = { "gil", "pid", "schema", "flags", "interval", "$recording", "$design",
			  "$version" },
	[GIL_THREAD] = { "gil", "tid", "pid", "serial", "ident", "is_main", "$name" },
	[GIL_INTERVAL] = { "gil", "value" },
	[GIL_ENTRY] = { "gil", "tid", "tick", "checks" },
	[GIL_BUSY] = { "gil", "tid", "tick", "checks" },
	[GIL_RETRY] = { "gil", "tid", "tick", "checks", "timed_out" },
	[GIL_ACQUIRE] = { "gil", "tid", "tick", "checks" },
	[GIL_RELEASE] = { "gil", "tid", "tick", "checks", "drop_requested" },
	[GIL_LEAVE] = { "gil", "tid", "reason" },
};

/* ---- event classes ------------------------------------------------------------------- */

static bool member_type(const bt_field_class *fc, bool text, struct layout_member *out)
{
	bt_field_class_type type = bt_field_class_get_type(fc);

	if (text)
		return type == BT_FIELD_CLASS_TYPE_STRING;
	out->is_signed = bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
	return out->is_signed || bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER);
}

static bool find_member(const bt_field_class *payload, const char *name, struct layout_member *out)
{
	bool text = name[0] == '$';
	uint64_t n = bt_field_class_structure_get_member_count(payload);

	for (uint64_t i = 0; i < n; i++) {
		const bt_field_class_structure_member *m =
			bt_field_class_structure_borrow_member_by_index_const(payload, i);

		if (strcmp(bt_field_class_structure_member_get_name(m), name + text) != 0)
			continue;
		out->index = i;
		return member_type(bt_field_class_structure_member_borrow_field_class_const(m), text,
				   out);
	}
	return false;
}

/* One of our kinds, with all its fields and a clock; else -1. */
static int kind_of(const bt_event_class *ec, struct layout_member members[LAYOUT_MEMBERS])
{
	static const char *const names[] = GIL_EVENT_NAMES;
	const char *name = bt_event_class_get_name(ec);
	const bt_field_class *payload = bt_event_class_borrow_payload_field_class_const(ec);
	const bt_stream_class *sc = bt_event_class_borrow_stream_class_const(ec);
	int kind = 0;

	while (name && kind < GIL_KINDS && strcmp(names[kind], name) != 0)
		kind++;
	if (!name || kind == GIL_KINDS || !payload ||
	    !bt_stream_class_borrow_default_clock_class_const(sc))
		return -1;
	for (size_t i = 0; fields[kind][i]; i++)
		if (!find_member(payload, fields[kind][i], &members[i]))
			return -1;
	return kind;
}

static int grow(struct layouts *l, uint64_t id)
{
	size_t n = (size_t)id + 16;
	struct layout *all = reallocarray(l->all, n, sizeof(*all));

	if (!all)
		return err(-ENOMEM, "out of memory");
	l->all = all;
	memset(all + l->n, 0, (n - l->n) * sizeof(*all));
	l->n = n;
	return 0;
}

/* A stream has one class per id. */
int layouts_find(struct layouts *l, const bt_event *event, const struct layout **out)
{
	const bt_event_class *ec = bt_event_borrow_class_const(event);
	uint64_t id = bt_event_class_get_id(ec);
	struct layout *layout;

	*out = NULL;
	if (id >= MAX_EVENT_CLASSES)
		return 0;
	if (id >= l->n) {
		int r = grow(l, id);
		if (r)
			return r;
	}
	layout = &l->all[id];
	if (layout->event_class != ec) {
		bt_event_class_put_ref(layout->event_class);
		bt_event_class_get_ref(ec);
		layout->event_class = ec;
		layout->kind = kind_of(ec, layout->members);
	}
	*out = layout->kind < 0 ? NULL : layout;
	return 0;
}

void layouts_deinit(struct layouts *l)
{
	for (size_t i = 0; i < l->n; i++)
		bt_event_class_put_ref(l->all[i].event_class);
	free(l->all);
	*l = (struct layouts){ NULL, 0 };
}

/* ---- an event -------------------------------------------------------------------------- */

static uint64_t number(const bt_field *payload, const struct layout_member *m)
{
	const bt_field *f =
		bt_field_structure_borrow_member_field_by_index_const(payload, m->index);

	return m->is_signed ? (uint64_t)bt_field_integer_signed_get_value(f) :
			      bt_field_integer_unsigned_get_value(f);
}

static const char *text(const bt_field *payload, const struct layout_member *m)
{
	const bt_field *f =
		bt_field_structure_borrow_member_field_by_index_const(payload, m->index);

	/* In babeltrace2 2.0 the value of an empty string is what the field held before. */
	return bt_field_string_get_length(f) ? bt_field_string_get_value(f) : "";
}

static void decode_hot(struct gil_event *ev, const bt_field *payload, const struct layout_member *m)
{
	ev->tid = (int32_t)number(payload, &m[1]);
	if (ev->kind == GIL_LEAVE) {
		uint64_t reason = number(payload, &m[2]);

		ev->reason = reason < GIL_LEAVE_REASONS ? (enum gil_leave_reason)reason :
							  GIL_LEAVE_GONE;
		ev->tick = GIL_NO_TICK;
		return;
	}
	ev->tick = (int32_t)number(payload, &m[2]);
	ev->checks = number(payload, &m[3]);
	if (ev->kind == GIL_RETRY)
		ev->timed_out = number(payload, &m[4]);
	if (ev->kind == GIL_RELEASE)
		ev->drop_requested = number(payload, &m[4]);
}

static void decode_facts(struct gil_event *ev, const bt_field *payload, const struct layout_member *m)
{
	if (ev->kind == GIL_INTERVAL) {
		ev->interval = (int64_t)number(payload, &m[1]);
	} else if (ev->kind == GIL_THREAD) {
		ev->tid = (int32_t)number(payload, &m[1]);
		ev->thread = (struct gil_thread_fields){
			.pid = (int32_t)number(payload, &m[2]),
			.serial = (uint32_t)number(payload, &m[3]),
			.ident = number(payload, &m[4]),
			.is_main = number(payload, &m[5]),
			.name = text(payload, &m[6]),
		};
	} else {
		ev->create = (struct gil_create_fields){
			.pid = (int32_t)number(payload, &m[1]),
			.schema = (uint32_t)number(payload, &m[2]),
			.flags = (uint32_t)number(payload, &m[3]),
			.interval = (int64_t)number(payload, &m[4]),
			.recording = text(payload, &m[5]),
			.design = text(payload, &m[6]),
			.version = text(payload, &m[7]),
		};
	}
}

void message_event(const bt_message *msg, const struct layout *layout, int64_t ts_ns, int32_t cpu,
		   struct gil_event *out)
{
	const bt_field *payload =
		bt_event_borrow_payload_field_const(bt_message_event_borrow_event_const(msg));

	out->ts_ns = ts_ns;
	out->gil = number(payload, &layout->members[0]);
	out->checks = 0;
	out->tid = out->tick = 0;
	out->cpu = cpu;
	out->kind = (enum gil_kind)layout->kind;
	if (layout_is_hot(layout))
		decode_hot(out, payload, layout->members);
	else
		decode_facts(out, payload, layout->members);
}

/* ---- times and losses -------------------------------------------------------------------- */

int64_t clock_ns(const bt_clock_snapshot *snapshot, int64_t otherwise_ns)
{
	int64_t ns;

	if (bt_clock_snapshot_get_ns_from_origin(snapshot, &ns) !=
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK) {
		/* It is beyond 63 bits. babeltrace2 aborts when it is called again with an error left. */
		bt_current_thread_clear_error();
		return otherwise_ns;
	}
	return ns;
}

static bool is_packets(const bt_message *msg)
{
	return bt_message_get_type(msg) == BT_MESSAGE_TYPE_DISCARDED_PACKETS;
}

static bool has_clock(const bt_message *msg)
{
	return is_packets(msg) ?
		bt_stream_class_discarded_packets_have_default_clock_snapshots(bt_stream_borrow_class_const(
			bt_message_discarded_packets_borrow_stream_const(msg))) :
		bt_stream_class_discarded_events_have_default_clock_snapshots(bt_stream_borrow_class_const(
			bt_message_discarded_events_borrow_stream_const(msg)));
}

int64_t message_loss_begin_ns(const bt_message *msg, int64_t otherwise_ns)
{
	if (!has_clock(msg))
		return otherwise_ns;
	return clock_ns(is_packets(msg) ?
		bt_message_discarded_packets_borrow_beginning_default_clock_snapshot_const(msg) :
		bt_message_discarded_events_borrow_beginning_default_clock_snapshot_const(msg),
		otherwise_ns);
}

static int64_t loss_end_ns(const bt_message *msg, int64_t otherwise_ns)
{
	if (!has_clock(msg))
		return otherwise_ns;
	return clock_ns(is_packets(msg) ?
		bt_message_discarded_packets_borrow_end_default_clock_snapshot_const(msg) :
		bt_message_discarded_events_borrow_end_default_clock_snapshot_const(msg), otherwise_ns);
}

struct gil_loss message_loss(const bt_message *msg, int64_t begin_ns, int32_t pid)
{
	struct gil_loss loss = { .from_ns = begin_ns, .to_ns = loss_end_ns(msg, begin_ns), .pid = pid };

	if (!is_packets(msg))
		loss.events_known = bt_message_discarded_events_get_count(msg, &loss.events) ==
				    BT_PROPERTY_AVAILABILITY_AVAILABLE;
	else if (bt_message_discarded_packets_get_count(msg, &loss.packets) !=
		 BT_PROPERTY_AVAILABILITY_AVAILABLE)
		loss.packets = 1;
	return loss;
}

/* ---- where it comes from ------------------------------------------------------------------ */

int32_t message_cpu(const bt_message *msg)
{
	const bt_field *context = bt_packet_borrow_context_field_const(
		bt_message_packet_beginning_borrow_packet_const(msg));
	const bt_field *cpu = context ? bt_field_structure_borrow_member_field_by_name_const(
						context, "cpu_id") : NULL;

	if (!cpu || !bt_field_class_type_is(bt_field_get_class_type(cpu),
					    BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		return -1;
	return (int32_t)bt_field_integer_unsigned_get_value(cpu);
}

int32_t trace_pid(const bt_trace *trace)
{
	const bt_value *v = bt_trace_borrow_environment_entry_value_by_name_const(trace, "vpid");

	return v && bt_value_is_signed_integer(v) ? (int32_t)bt_value_integer_signed_get(v) : 0;
}

void trace_text(const bt_trace *trace, const char *name, char *out, size_t size)
{
	const bt_value *v = bt_trace_borrow_environment_entry_value_by_name_const(trace, name);

	if (v && bt_value_is_string(v))
		snprintf(out, size, "%s", bt_value_string_get(v));
}

void trace_host(const bt_trace *trace, char *out, size_t size)
{
	char host[64] = "";

	trace_text(trace, "hostname", host, sizeof(host));
	if (host[0])
		snprintf(out, size, "%s", out[0] && strcmp(out, host) != 0 ? "several" : host);
}
