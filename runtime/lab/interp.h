/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_INTERP_H
#define GILSCOPE_LAB_INTERP_H

#include "runtime/lab/gil/gil.h"
#include "runtime/lab/object.h"

/*
 * An interpreter: a GIL and what it guards. All fields but the clock (see
 * struct gil_clock) belong to the holder of the GIL.
 */
struct interp {
	alignas(64) struct gil_clock clock; /* away from what waiters write */
	alignas(64) struct gil *gil;
	int32_t check_interval;
	struct heap heap;
};

/* @check_interval in ticks, > 0. @return 0, or < 0 with a sentence. */
int interp_new(struct interp **out, const struct gil_design *design, int32_t check_interval);
struct interp *interp_free(struct interp *interp); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct interp *, interp_free);

/*
 * Did the GIL keep everybody else out? Each lost decrement of the ticker and
 * each lost reference leaves a mark. @ticks: executed by all threads. Call
 * it after their end.
 */
bool interp_was_exclusive(const struct interp *interp, uint64_t ticks);

/* The periodic check: the ticker fell below zero. By the holder. */
void interp_check(struct interp *interp, struct gil_thread *self);

/*
 * One tick, by the holder. Load and store, not a locked instruction: it costs
 * what CPython's plain `--_Py_Ticker` costs.
 */
static inline void interp_tick(struct interp *interp, struct gil_thread *self)
{
	int32_t left = atomic_load_explicit(&interp->clock.ticker, memory_order_relaxed) - 1;

	atomic_store_explicit(&interp->clock.ticker, left, memory_order_relaxed);
	if (__builtin_expect(left < 0, 0))
		interp_check(interp, self);
}

#endif
