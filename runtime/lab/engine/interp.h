/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_INTERP_H
#define GILSCOPE_LAB_INTERP_H

#include "runtime/lab/engine/code.h"
#include "runtime/lab/engine/object.h"
#include "runtime/lab/gil/gil.h"

struct thread_state;
struct interp;

/* What a program adds to the engine. All are called with the GIL held. */
struct program {
	/*
	 * The functions written in C, by enum global; NULL where the engine has its own.
	 * @return 0 (None), EVAL_E_END, or < 0 with a sentence.
	 */
	int (*builtins[GLOBALS])(struct thread_state *ts, struct object *const *args, size_t n_args);
	/* Runs the handlers of the signals that came, by the main thread. @return as above. */
	int (*run_handlers)(struct thread_state *ts);
};

/*
 * An interpreter: a GIL and what it guards. All fields but the clock (see
 * struct gil_clock) belong to the holder of the GIL.
 */
struct interp {
	alignas(64) struct gil_clock clock; /* away from what waiters write */
	uint64_t ticks; /* a plain count of everybody's: right only if the GIL kept the others out */
	int32_t check_interval; /* ticks */
	alignas(64) struct gil *gil;
	const struct program *program; /* borrowed */
	struct heap heap;
	struct object globals[GLOBALS];
};

/* A thread of an interpreter: what Python calls its thread state. */
struct thread_state {
	struct interp *interp;
	struct gil_thread *gil; /* the thread as its GIL sees it */
	bool daemon;            /* ends at a check when GIL_BREAK_END is set */
	bool in_handlers;       /* the handlers of signals run, in a check */
	const struct frame *frame; /* the innermost; NULL: none */
};

/*
 * @interval in ticks where the design is ticked, else in microseconds; > 0.
 * @return 0, or < 0 with a sentence.
 */
int interp_new(struct interp **out, const struct gil_design *design, int64_t interval,
	       const struct program *program);
struct interp *interp_free(struct interp *interp); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct interp *, interp_free);

/*
 * Did the GIL keep everybody else out? Each lost tick and each lost reference
 * leaves a mark. @ticks: executed by all its threads. Call it after their end.
 */
bool interp_was_exclusive(const struct interp *interp, uint64_t ticks);

/* Ticks, or microseconds, from the next check or wait on. By the holder. */
void interp_set_interval(struct interp *interp, int64_t interval);

/* The thread is to end now, before the end of its code: a daemon, when the program ends. */
enum { EVAL_E_END = 1 };

/*
 * The periodic check, when the ticker fell below zero, and what a time slice
 * has in its place, when the breaker is not 0. By the holder.
 * @return 0, EVAL_E_END, or < 0 with a sentence of a handler's.
 */
int interp_check(struct thread_state *ts);
int interp_break(struct thread_state *ts);

/*
 * After a call that blocked without the GIL: what a signal or the program's
 * end wants done before it goes on. By the holder. @return as above.
 */
int interp_after_blocking(struct thread_state *ts);

/*
 * One tick, by the holder. Load and store, not a locked instruction: it costs
 * what CPython's plain `--_Py_Ticker` costs.
 */
static inline __attribute__((always_inline)) int interp_tick(struct thread_state *ts, bool ticked)
{
	struct interp *interp = ts->interp;
	int32_t left;

	interp->ticks++;
	if (!ticked)
		return __builtin_expect(atomic_load_explicit(&interp->clock.breaker,
							     memory_order_relaxed) != 0, 0) ?
			interp_break(ts) : 0;
	left = atomic_load_explicit(&interp->clock.ticker, memory_order_relaxed) - 1;
	atomic_store_explicit(&interp->clock.ticker, left, memory_order_relaxed);
	return __builtin_expect(left < 0, 0) ? interp_check(ts) : 0;
}

#endif
