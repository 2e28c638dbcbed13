/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_EVENT_H
#define GILSCOPE_ANALYZER_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "tracepoints/names.h"

/* One event of a trace, in plain C. All strings are borrowed for the duration of the call. */

struct gil_create_fields {
	int32_t pid;
	uint32_t schema, flags; /* GIL_FLAG_* */
	int64_t interval;       /* ticks, or microseconds: see GIL_FLAG_TICKED */
	const char *recording, *design, *version;
};

struct gil_thread_fields {
	int32_t pid;
	uint32_t serial; /* number of the thread in its process: a reused tid has a new one */
	uint64_t ident;  /* pthread_self() */
	bool is_main;
	const char *name; /* "" where it is not known */
};

struct gil_event {
	int64_t ts_ns;   /* since the Unix epoch */
	uint64_t gil;
	uint64_t checks; /* hot kinds but LEAVE */
	int32_t tid;     /* all but CREATE, DESTROY, INTERVAL */
	int32_t tick;    /* hot kinds but LEAVE; GIL_NO_TICK */
	int32_t cpu;     /* -1: not known */
	enum gil_kind kind;
	union {
		bool timed_out;                  /* RETRY */
		bool drop_requested;             /* RELEASE */
		enum gil_leave_reason reason;    /* LEAVE */
		int64_t interval;                /* INTERVAL */
		struct gil_create_fields create; /* CREATE, DESTROY */
		struct gil_thread_fields thread; /* THREAD */
	};
};

/* Events or packets that the tracer dropped: a hole in one stream of the trace. */
struct gil_loss {
	int64_t from_ns, to_ns; /* the hole lies somewhere in here */
	uint64_t events;        /* 0 with events_known false */
	uint64_t packets;       /* whole packets gone (overwrite mode), 0 if none */
	bool events_known;
	int32_t pid;            /* of the one process that wrote the stream; 0: not known */
};

#endif
