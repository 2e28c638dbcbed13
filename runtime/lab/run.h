/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_RUN_H
#define GILSCOPE_LAB_RUN_H

#include <pthread.h>
#include <stddef.h>

#include "runtime/lab/engine/interp.h"
#include "runtime/lab/scenario/scenario.h"

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

/*
 * Makes all that a run needs; names the main thread (the caller) and the others.
 * @return 0, or < 0 with a sentence; run_deinit() it in either case. One run
 * of a process at a time.
 */
int run_init(struct run *run, const struct scenario *scenario, const struct gil_design *design,
	     int64_t interval);
void run_deinit(struct run *run);

/*
 * Runs it to its end, by the main thread; no thread is left then. What goes
 * wrong in a run ends the process with status 1, after a sentence: the other
 * threads could not go on.
 */
void run_go(struct run *run);

/* Says what happened (err()), or the given sentence, and ends the process. */
_Noreturn void run_fails(void);

static inline struct worker *worker_of(struct thread_state *ts)
{
	return (struct worker *)ts;
}

/* The sum over all threads; after their end. */
struct gil_counts run_total(const struct run *run);

/*
 * Is what the lab says of itself consistent, and was the GIL exclusive?
 * @return 0, or < 0 with a sentence. After the threads' end.
 */
int run_verify(const struct run *run);

/* Nanoseconds of the monotonic clock. */
uint64_t run_now_ns(void);

#endif
