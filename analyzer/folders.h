/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FOLDERS_H
#define GILSCOPE_ANALYZER_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/stream_ends.h"

/*
 * The trace folders below a path (those with a `metadata` file: one per
 * process with per-process buffers, more with rotations), and what is damaged
 * in them. Plain files: the LTTng layout of packets, nothing of their content.
 * All functions return 0 or < 0 with a sentence, unless said otherwise. Not thread-safe.
 */

/* A stream file that ends within a packet, or earlier than its index says, or that cannot be read at all. */
struct cut_stream {
	int error;            /* why not (an errno); 0: it can */
	char *path;
	int64_t bytes;        /* what it still has; 0: not even the start of a packet */
	int64_t torn_at;      /* begin of the packet that is not whole; -1: whole ones are missing */
	uint32_t class_id;    /* stream_id and */
	uint64_t instance_id; /* stream_instance_id of its packets; valid if `bytes` */
};

struct trace_folder {
	char *path;
	char *mended; /* a folder of links and cut copies to be read instead; NULL: not needed */
	struct cut_stream *cuts;
	size_t n_cuts;
	struct stream_ends ends;
	size_t n_streams;
	size_t n_hot, n_empty; /* streams of hot events; those without a packet: where one has it, each should */
	bool has_strange_index; /* not to be shown to babeltrace2 */
	bool of_babeltrace; /* a copy that babeltrace2 wrote: nothing is known of its packets */
	bool has_events;
	bool has_hot_events; /* or lost some: in a stream that is not of the rare channel */
	/*
	 * Where hot events' first packets are not here (they were overwritten, or are in another
	 * trace): from when on all streams have theirs, by the tracer's clock. 0: all are here.
	 */
	uint64_t late_begin;
	/* Until when all streams of hot events have theirs: one is closed after the other. 0: not known. */
	uint64_t early_end;
};

struct folders {
	struct trace_folder *all; /* sorted by path */
	size_t n;
	char *temporary; /* holds the mended ones */
};

/*
 * Finds the folders below `path` and looks for cut streams; a folder that has
 * some, or another trap, gets its mended twin in $TMPDIR. Call folders_deinit() in any case.
 * @facts_only: each folder gets a twin, without the streams of the hot events.
 */
int folders_find(struct folders *f, const char *path, bool facts_only);

/* Also removes the mended folders. */
void folders_deinit(struct folders *f);

/* Opens a file of a trace to read: no link, nor does it wait at a pipe. @return a descriptor; < 0: nothing was said. */
int folders_open(const char *folder, const char *name);

/*
 * Nothing was recorded or lost: a process that was there, but said nothing. Not
 * to be read: LTTng never completes its metadata.
 */
bool trace_folder_is_silent(const struct trace_folder *t);

/* Discarded by the tracer, by its own count. */
uint64_t trace_folder_lost_events(const struct trace_folder *t);

/* May more be lost than the tracer has counted? See stream_ends.h. */
bool trace_folder_lost_uncounted(const struct trace_folder *t);

/* Is nothing there of a stream, though each gets a packet at its end? */
bool trace_folder_lacks_stream(const struct trace_folder *t);

/* Are files of it no longer there that folders_find() saw? (Who removes them may have begun before it looked.) */
bool trace_folder_has_shrunk(const struct trace_folder *t);

/* What babeltrace is to read. */
const char *trace_folder_readable(const struct trace_folder *t);

#endif
