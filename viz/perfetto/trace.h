/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_PERFETTO_TRACE_H
#define GILSCOPE_VIZ_PERFETTO_TRACE_H

#include "analyzer/results.h"
#include "viz/export.h"
#include "viz/outfile.h"
#include "viz/perfetto/packets.h"

/* A trace for Perfetto while it is written: what export_perfetto.c is made of. */

struct process {
	int32_t pid;
	uint64_t track, lost; /* lost: its track, 0: nothing was lost */
	int64_t lost_until_ns;
};

struct gil_tracks {
	bool known;
	uint64_t process, holder, waiters; /* tracks */
	uint64_t flow;       /* from the last release; 0: none */
	uint32_t waiters_said;
	bool held;           /* a slice of the holder's track is open */
};

struct lane {
	uint64_t track;      /* 0: none yet */
	uint64_t text;       /* the thread's name */
	enum slice_name open;
	bool pending;        /* that is not written yet */
	int64_t from_ns;
};

/* The file while it is written. */
struct perfetto_export {
	struct export base;
	struct sink sink;
	struct outfile file;
	struct packets packets;
	struct process *processes;
	size_t n_processes, processes_room;
	struct gil_tracks *gils; /* by index */
	size_t gils_room;
	struct lane **lanes;     /* by the thread's index; NULL: not seen, or retired */
	size_t lanes_room;
};

/* One that an exporter is busy with: the thread, its lane, its GIL. */
struct place {
	const struct thread_info *thread;
	struct lane *lane;
	struct gil_tracks *gil;
};

/* ---- tracks.c: made when they are first needed ------------------------------------------ */

struct process *perfetto_process(struct perfetto_export *x, int32_t pid); /* NULL: no memory */
int perfetto_find_place(struct perfetto_export *x, const struct thread_info *thread, struct place *out);

/* "GIL holder (GIL 0)" */
const char *perfetto_title(char title[64], const char *what, const struct gil_info *gil);
#define PERFETTO_TITLE(what, gil) perfetto_title((char[64]){ 0 }, (what), (gil))

/* ---- slices.c --------------------------------------------------------------------------- */

enum slice_name perfetto_slice(enum thread_state state);

/* @flow: that which ends in it; 0: none. @cpu: -1 not known. */
void perfetto_begin(struct perfetto_export *x, const struct place *p, enum slice_name slice, int64_t ts_ns,
		    int32_t cpu, uint64_t flow);

/* An end is told of what was not begun where a thread is asked for from its middle on. */
void perfetto_begin_if_missing(struct perfetto_export *x, const struct place *p, enum slice_name slice,
			       int64_t from_ns);
void perfetto_end(struct perfetto_export *x, const struct place *p, const struct proto *event, int64_t ts_ns);
void perfetto_end_holder(struct perfetto_export *x, const struct place *p, int64_t ts_ns);

/* ---- course.c: the report's buckets, the same numbers ----------------------------------- */

void perfetto_put_course(struct perfetto_export *x, const struct results *r);

#endif
