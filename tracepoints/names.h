/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_NAMES_H
#define GILSCOPE_TRACEPOINTS_NAMES_H

/*
 * What is said in a trace: the names and values that writers and readers
 * share. Plain C, no third-party header; the analyzer may use this file only.
 */

/* Version of the events' meaning, in gil:create. A reader accepts 1 to this one. */
#define GIL_SCHEMA 1

#define GIL_PROVIDER "gil"

/* The kinds of event; gil_event_names[] follows this order. */
enum gil_kind {
	GIL_CREATE,
	GIL_DESTROY,
	GIL_THREAD,
	GIL_INTERVAL,
	GIL_ENTRY,
	GIL_BUSY,
	GIL_RETRY,
	GIL_ACQUIRE,
	GIL_RELEASE,
	GIL_LEAVE,
	GIL_KINDS,
};

/* The rare kinds come first; they have a channel of their own. */
#define GIL_FIRST_HOT GIL_ENTRY

#define GIL_EVENT_NAMES                                                       \
	{ "gil:create", "gil:destroy", "gil:thread", "gil:interval",          \
	  "gil:entry", "gil:busy", "gil:retry", "gil:acquire", "gil:release", \
	  "gil:leave" }

/* Why an attempt or a thread ended, in gil:leave. */
enum gil_leave_reason {
	GIL_LEAVE_POKE,       /* took the inner mutex only: never wanted the GIL */
	GIL_LEAVE_GONE,       /* the thread gave up: the interpreter is finalising */
	GIL_LEAVE_GIL_OFF,    /* the GIL was switched off (free-threaded build) */
	GIL_LEAVE_THREAD_END, /* the thread ended */
	GIL_LEAVE_REASONS,
};

#define GIL_LEAVE_REASON_NAMES { "poke", "gone", "gil_off", "thread_end" }

/* `tick` and `checks` where the interpreter has no such counter. */
#define GIL_NO_TICK (-1)

/*
 * gil:create says what `interval` counts and what can be trusted.
 *   ticked        the interval is in ticks (2.x, lab); else it is a switch interval in microseconds
 *   ticks_exact   `tick` is the interpreter's own counter
 *   checks_exact  `checks` counts every honoured check; else only those that had a drop request
 *   no_retries    failed wake-ups stay inside the C library: there is no gil:retry
 *   more_gils     the process had more GILs at a time than can be recorded: the further ones are missing
 */
#define GIL_FLAG_TICKED 1u
#define GIL_FLAG_TICKS_EXACT 2u
#define GIL_FLAG_CHECKS_EXACT 4u
#define GIL_FLAG_NO_RETRIES 8u
#define GIL_FLAG_MORE_GILS 16u

/* `design` of gil:create where a GIL is known to be there, but is taken without a call that could be seen. */
#define GIL_DESIGN_PYPY "pypy"

/* The channels of our own session; a reader does not depend on them. */
#define GIL_CHANNEL_HOT "gil"
#define GIL_CHANNEL_RARE "gil_facts"

/* Environment that `gilscope record` sets for the traced program. */
#define GIL_ENV_RECORDING "GILSCOPE_RECORDING" /* which recording a GIL belongs to, in gil:create */
#define GIL_ENV_LATE "GILSCOPE_LATE" /* file to which a process adds its nonce that begins unrecorded */
#define GIL_ENV_OBSERVE_ONLY "GILSCOPE_OBSERVE_ONLY" /* "1": leave CPython 2.7's semaphore to the C library */
/* "PID NAME...": children of that process are not recorded; what `record` set, and the user's value of each */
#define GIL_ENV_NO_FOLLOW "GILSCOPE_NO_FOLLOW"
#define GIL_ENV_WAS "GILSCOPE_WAS_" /* followed by NAME */
#define GIL_ENV_NO_PYTHON_NAMES "GILSCOPE_NO_PYTHON_NAMES" /* "1": Python is not asked for its threads' names */
/* What the probe itself sets: how many Pythons, each started by the one before, led to this one; see image.h. */
#define GIL_ENV_IMAGE "GILSCOPE_IMAGE"

#endif
