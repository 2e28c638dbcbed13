/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_PLUGIN_TURNS_H
#define GILSCOPE_PLUGIN_TURNS_H

#include "analyzer/message.h"
#include "analyzer/table.h"

/*
 * Puts the messages of one iterator into the order in which their events make
 * sense: babeltrace2's muxer merges streams by time only, and events of
 * several CPUs may have the same time. Each stream keeps its own order, and
 * all keep that of time. Not thread-safe.
 */

/* Is one message in its turn. */
struct turn {
	const bt_message *message; /* now the callback's, which puts its reference */
	const bt_stream *stream;   /* borrowed; NULL: it has none */
	const struct gil_event *event; /* NULL: it is none of ours */
	const struct gil_loss *loss;   /* NULL: it is none */
};

struct turns_ops {
	void *data;
	/* As in struct reader_ops. */
	bool (*legal)(void *data, const struct gil_event *event);
	/* @return 0, or < 0 with a sentence, which turns_feed() then returns. */
	int (*turn)(void *data, const struct turn *turn);
};

struct turns {
	struct turns_ops ops;
	struct table streams; /* bt_stream -> struct input */
	struct input *first;
	struct waiting *group; /* of the same time, or without one */
	size_t n, size, next;  /* those before `next` had their turn */
	int64_t ts_ns;
	unsigned round;
	uint64_t others;       /* events that are not ours, so far */
	uint32_t n_streams;    /* so far */
};

void turns_init(struct turns *t, const struct turns_ops *ops);
void turns_deinit(struct turns *t);

/* Takes the message, in any case. @return 0, or < 0 with a sentence. */
int turns_feed(struct turns *t, const bt_message *message);

/* Nothing of the present time will follow: all that waits has its turn. */
int turns_flush(struct turns *t);

#endif
