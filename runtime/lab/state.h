/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_STATE_H
#define GILSCOPE_LAB_STATE_H

#include <pthread.h>
#include <stddef.h>

#include "runtime/lab/engine/interp.h"
#include "runtime/lab/scenario/scenario.h"

/* What the parts of a run share: run.c makes it, channel.c, worker.c, signals.c and deadlock.c each work on theirs. */

/* What a thread waits for that another thread has to do. (Not for the GIL, nor for the clock.) */
enum wait_kind { WAIT_NONE, WAIT_JOIN, WAIT_RECV, WAIT_SEND, WAIT_ALL };

struct wait {
	enum wait_kind kind;
	size_t object; /* JOIN: a thread; RECV, SEND: a channel */
	unsigned line; /* in the scenario */
};

/* A thread of the run. `state` comes first: the builtins find their thread by it. */
struct worker {
	struct thread_state state;
	struct run *run;
	const struct body *body;
	const struct code *code; /* borrowed from the run */
	pthread_t handle;
	/* under the run's mutex: */
	bool started, over;
	struct wait wait;
	bool goes_on; /* deadlock.c's */
};

/* Bytes go through the system; the counts say whether a reader can still hope. */
struct channel {
	int read_fd, write_fd;   /* -1: not open; writing never blocks */
	uint64_t sent, received; /* under the run's mutex; sent: before the write, received: after the read */
};

/* One run of a scenario: its interpreter (or one for each thread), its threads, the main thread first. */
struct run {
	const struct scenario *scenario; /* borrowed */
	const struct gil_design *design;
	int64_t interval;            /* at the begin: ticks or microseconds, see interp_new() */
	struct code **codes;         /* of each body */
	struct interp **interps;     /* one, or one for each thread */
	size_t n_interps;
	struct gil_thread *gil_threads;
	struct worker *workers;
	size_t n_workers;            /* with the main thread */
	size_t *first_worker;        /* of each body */
	struct channel *channels;
	pthread_mutex_t mutex;
	pthread_cond_t news;         /* a thread is over, or the run ends; under the mutex */
	bool ending;                 /* under the mutex */
	uint64_t wall_ns;            /* from the main thread's first ENTRY until all threads but daemons are over */
};

static inline struct worker *worker_of(struct thread_state *ts)
{
	return (struct worker *)ts;
}

/* Takes the run's mutex. */
bool worker_is_started(const struct worker *w);

/* All that were started; under the run's mutex. */
bool workers_are_over(const struct run *run, bool with_daemons);

/* Prints what happened (err()) and ends the process with status 1. */
_Noreturn void run_fails(void);

/* Nanoseconds of the monotonic clock. */
uint64_t run_now_ns(void);

#endif
