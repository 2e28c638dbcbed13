/* SPDX-License-Identifier: MIT */
#include "plugin/companion.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct companion {
	bt_stream *stream;
	bt_event_class *state;
};

static void companionp(struct companion **c)
{
	companion_free(*c);
}

static void clock_classp(bt_clock_class **c)
{
	bt_clock_class_put_ref(*c);
}

static void trace_classp(bt_trace_class **c)
{
	bt_trace_class_put_ref(*c);
}

static void stream_classp(bt_stream_class **c)
{
	bt_stream_class_put_ref(*c);
}

static void tracep(bt_trace **t)
{
	bt_trace_put_ref(*t);
}

static void field_classp(bt_field_class **c)
{
	bt_field_class_put_ref(*c);
}

/* ---- making it --------------------------------------------------------------------------- */

/* So that whoever merges streams knows that both have one clock. */
static bt_clock_class *copy_clock(bt_self_component *self, const bt_clock_class *from)
{
	bt_clock_class *to = bt_clock_class_create(self);
	const char *name = bt_clock_class_get_name(from);
	uint64_t cycles;
	int64_t seconds;

	if (!to || (name && bt_clock_class_set_name(to, name))) {
		bt_clock_class_put_ref(to);
		return NULL;
	}
	if (bt_clock_class_get_uuid(from))
		bt_clock_class_set_uuid(to, bt_clock_class_get_uuid(from));
	bt_clock_class_get_offset(from, &seconds, &cycles);
	bt_clock_class_set_frequency(to, bt_clock_class_get_frequency(from));
	bt_clock_class_set_offset(to, seconds, cycles);
	bt_clock_class_set_precision(to, bt_clock_class_get_precision(from));
	bt_clock_class_set_origin_is_unix_epoch(to, bt_clock_class_origin_is_unix_epoch(from));
	return to;
}

static bool add_member(bt_field_class *payload, const char *name, bt_field_class *fc, uint64_t bits)
{
	bool good = fc && !bt_field_class_structure_append_member(payload, name, fc);

	if (fc && bits)
		bt_field_class_integer_set_field_value_range(fc, bits);
	bt_field_class_put_ref(fc);
	return good;
}

/* In the order of companion_event(). */
static bool make_event_class(struct companion *c, bt_trace_class *tc, bt_stream_class *sc)
{
	cleanup(field_classp) bt_field_class *payload = bt_field_class_structure_create(tc);

	c->state = bt_event_class_create(sc);
	return payload && c->state &&
	       add_member(payload, "gil", bt_field_class_integer_unsigned_create(tc), 64) &&
	       add_member(payload, "tid", bt_field_class_integer_signed_create(tc), 32) &&
	       add_member(payload, "name", bt_field_class_string_create(tc), 0) &&
	       add_member(payload, "state", bt_field_class_string_create(tc), 0) &&
	       add_member(payload, "holder", bt_field_class_integer_signed_create(tc), 32) &&
	       add_member(payload, "waiters", bt_field_class_integer_unsigned_create(tc), 32) &&
	       !bt_event_class_set_name(c->state, "gil:state") &&
	       !bt_event_class_set_payload_field_class(c->state, payload);
}

/* Whose it is, but not that LTTng made it. */
static bool copy_environment(bt_trace *to, const bt_trace *from)
{
	static const char *const names[] = { "hostname", "procname", "vpid" };
	bool good = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const bt_value *v = bt_trace_borrow_environment_entry_value_by_name_const(from, names[i]);

		if (v && bt_value_is_string(v))
			good &= !bt_trace_set_environment_entry_string(to, names[i], bt_value_string_get(v));
		else if (v && bt_value_is_signed_integer(v))
			good &= !bt_trace_set_environment_entry_integer(to, names[i],
									bt_value_integer_signed_get(v));
	}
	return good;
}

static bt_stream *make_stream(bt_trace_class *tc, bt_stream_class *sc, const bt_trace *beside)
{
	cleanup(tracep) bt_trace *trace = bt_trace_create(tc);

	if (!trace || bt_trace_set_name(trace, "gil-state") || !copy_environment(trace, beside))
		return NULL;
	return bt_stream_create(sc, trace);
}

struct companion *companion_new(bt_self_component *self, const bt_stream *stream)
{
	const bt_clock_class *theirs =
		bt_stream_class_borrow_default_clock_class_const(bt_stream_borrow_class_const(stream));
	cleanup(companionp) struct companion *c = calloc(1, sizeof(*c));
	cleanup(clock_classp) bt_clock_class *clock = copy_clock(self, theirs);
	cleanup(trace_classp) bt_trace_class *tc = bt_trace_class_create(self);
	cleanup(stream_classp) bt_stream_class *sc = tc ? bt_stream_class_create(tc) : NULL;

	if (!c || !clock || !sc || bt_stream_class_set_default_clock_class(sc, clock) ||
	    !make_event_class(c, tc, sc))
		return NULL;
	c->stream = make_stream(tc, sc, bt_stream_borrow_trace_const(stream));
	return c->stream ? steal(&c) : NULL;
}

void companion_free(struct companion *c)
{
	if (!c)
		return;
	bt_event_class_put_ref(c->state);
	bt_stream_put_ref(c->stream);
	free(c);
}

/* ---- its messages ------------------------------------------------------------------------- */

const bt_message *companion_begin(struct companion *c, bt_self_message_iterator *iterator)
{
	return bt_message_stream_beginning_create(iterator, c->stream);
}

const bt_message *companion_end(struct companion *c, bt_self_message_iterator *iterator)
{
	return bt_message_stream_end_create(iterator, c->stream);
}

static bt_field *member(bt_event *event, uint64_t i)
{
	return bt_field_structure_borrow_member_field_by_index(bt_event_borrow_payload_field(event), i);
}

const bt_message *companion_event(struct companion *c, bt_self_message_iterator *iterator,
				  uint64_t cycles, const struct state_fields *f)
{
	bt_message *message = bt_message_event_create_with_default_clock_snapshot(iterator, c->state,
										  c->stream, cycles);
	bt_event *event = message ? bt_message_event_borrow_event(message) : NULL;

	if (!message)
		return NULL;
	bt_field_integer_unsigned_set_value(member(event, 0), f->gil);
	bt_field_integer_signed_set_value(member(event, 1), f->tid);
	bt_field_integer_signed_set_value(member(event, 4), f->holder);
	bt_field_integer_unsigned_set_value(member(event, 5), f->waiters);
	if (bt_field_string_set_value(member(event, 2), f->name) ||
	    bt_field_string_set_value(member(event, 3), f->state))
		BT_MESSAGE_PUT_REF_AND_RESET(message);
	return message;
}
