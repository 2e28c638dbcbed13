/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_PLUGIN_COMPANION_H
#define GILSCOPE_PLUGIN_COMPANION_H

#include <babeltrace2/babeltrace.h>
#include <stdint.h>

/*
 * The trace of states beside another trace: a filter cannot add events to the
 * streams that it passes on. One stream, with a copy of that trace's clock.
 * Not thread-safe.
 */
struct companion;

/* What gil:state says. */
struct state_fields {
	uint64_t gil;
	int32_t tid;
	const char *name, *state;
	int32_t holder;
	uint32_t waiters;
};

/* @stream one of the trace's, with a clock. NULL: memory is short. */
struct companion *companion_new(bt_self_component *self, const bt_stream *stream);
void companion_free(struct companion *c); /* NULL ok */

/* Messages; the caller's. NULL: memory is short. @cycles of the other trace's clock. */
const bt_message *companion_begin(struct companion *c, bt_self_message_iterator *iterator);
const bt_message *companion_event(struct companion *c, bt_self_message_iterator *iterator,
				  uint64_t cycles, const struct state_fields *fields);
const bt_message *companion_end(struct companion *c, bt_self_message_iterator *iterator);

#endif
