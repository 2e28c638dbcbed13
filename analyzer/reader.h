/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_READER_H
#define GILSCOPE_ANALYZER_READER_H

#include <signal.h>

#include "analyzer/event.h"
#include "analyzer/sink.h"
#include "base/cleanup.h"

/*
 * Reads the gil events of all traces below a path, in time order. The only
 * module that knows babeltrace2. Not thread-safe: one reader per thread.
 */
struct reader;

struct reader_ops {
	void *data;
	/* 0; > 0: stop reading; < 0 fatal. The event is borrowed for the call. */
	int (*event)(void *data, const struct gil_event *event);
	int (*lost)(void *data, const struct gil_loss *loss);
	/* Between events with equal time stamps: can this one be now? */
	bool (*legal)(void *data, const struct gil_event *event);
	void (*progress)(void *data, double fraction); /* may be NULL */
	const volatile sig_atomic_t *interrupted;      /* may be NULL */
};

/*
 * @path borrowed until reader_free(). @facts_only: the rare events of our own recordings.
 * @flight_recorder: what only some of the streams still, or already, tell of is passed over.
 * @return 0 or < 0 with a sentence that names the file and the cure.
 */
int reader_open(struct reader **out, const char *path, bool facts_only, bool flight_recorder);
struct reader *reader_free(struct reader *r); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct reader *, reader_free);

/* Borrowed. host and domain are known from the first event on. */
const struct trace_info *reader_trace(const struct reader *r);

/* When the last packet ends, ns since the epoch; 0 in an empty trace. */
int64_t reader_end_ns(const struct reader *r);

/* How many folders of streams there are: one for each process, or one for all. */
size_t reader_programs(const struct reader *r);

/* Reads all, once. @return 0 (also when a callback or the user stopped it) or < 0. */
int reader_run(struct reader *r, const struct reader_ops *ops);

/* Events of other providers so far, and gil events that are not as they should be. */
uint64_t reader_other_events(const struct reader *r);

/* What could not be read, as a sentence that names the file and the cure; "" when all was well. */
const char *reader_damage(const struct reader *r);

#endif
