/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_BLOCKS_H
#define GILSCOPE_VIZ_VIEW_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

/*
 * The events of docs/viewer-format.md, in blocks of columns. They are written to a nameless
 * temporary file, in the form in which they stand in the page: it begins with what is
 * known only when all events are. Memory does not grow with the events. Not thread-safe.
 */
enum {
	BLOCK_EVENTS = 65536,
	BLOCK_LANES = 4096,
};

enum block_kind {
	BLOCK_ENTRY, BLOCK_BUSY, BLOCK_LOST_RACE, BLOCK_TIMED_OUT, BLOCK_ACQUIRE,
	BLOCK_RELEASE, BLOCK_RELEASE_REQUESTED,
	BLOCK_LEAVE, /* + enum gil_leave_reason */
	BLOCK_STATE = 11,
};

struct block_event {
	uint64_t ts_ns; /* since the trace's begin; not before that of the event before it */
	enum block_kind kind;
	uint32_t lane;
	/* All but BLOCK_STATE: */
	int32_t cpu; /* -1 unknown */
	/* Up to BLOCK_RELEASE_REQUESTED: */
	uint32_t gil; /* 0, 1, 2, ... */
	bool ticked;  /* the GIL; always the same for one */
	int32_t tick;
	uint64_t counter;
	uint64_t checks, ticks; /* RELEASE: of the hold that ends */
	/* BLOCK_STATE: */
	uint8_t state; /* enum thread_state */
	bool unlawful, last_holder;
	uint64_t back_ns;
};

struct block {
	uint64_t first_ns, last_ns;
	uint32_t events;
};

struct blocks;
int blocks_new(struct blocks **out);
struct blocks *blocks_free(struct blocks *b); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct blocks *, blocks_free);

int blocks_add(struct blocks *b, const struct block_event *event);

/* Writes the last block; after it nothing can be added. */
int blocks_end(struct blocks *b);

/* After the end. Borrowed. */
size_t blocks_list(const struct blocks *b, const struct block **out);

/* After the end: all elements. Errors of `out` stay in it. */
int blocks_copy(const struct blocks *b, FILE *out);

#endif
