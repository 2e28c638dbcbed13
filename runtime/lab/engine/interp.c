/* SPDX-License-Identifier: MIT */
#include "runtime/lab/engine/interp.h"

#include <errno.h>

#include "base/err.h"

/* As in CPython: the first tick of all is a check. */
enum { FIRST_TICKER = 0 };

static void make_globals(struct interp *interp)
{
	for (int i = 0; i < GLOBALS; i++)
		interp->globals[i] = (struct object){ .refs = 1, .type = OBJECT_BUILTIN, .value = i };
	interp->globals[GLOBAL_COUNT].type = OBJECT_FUNCTION;
	interp->globals[GLOBAL_COUNT].code = &code_count;
}

int interp_new(struct interp **out, const struct gil_design *design, int64_t interval,
	       const struct program *program)
{
	struct interp *interp = aligned_alloc(alignof(struct interp), sizeof(*interp));
	int r;

	if (!interp)
		return err(-ENOMEM, "no memory for an interpreter");
	atomic_init(&interp->clock.ticker, design->ticked ? FIRST_TICKER : GIL_NO_TICK);
	atomic_init(&interp->clock.breaker, 0);
	atomic_init(&interp->clock.checks, 0);
	interp->ticks = 0;
	interp->check_interval = design->ticked ? (int32_t)interval : 0;
	interp->program = program;
	heap_init(&interp->heap);
	make_globals(interp);
	r = gil_new(&interp->gil, design, &interp->clock, interval);
	if (r) {
		free(interp);
		return r;
	}
	*out = interp;
	return 0;
}

struct interp *interp_free(struct interp *interp)
{
	if (interp) {
		gil_free(interp->gil);
		heap_deinit(&interp->heap);
		free(interp);
	}
	return NULL;
}

bool interp_was_exclusive(const struct interp *interp, uint64_t ticks)
{
	bool balanced = heap_is_balanced(&interp->heap);

	for (int i = 0; i < GLOBALS; i++)
		balanced &= interp->globals[i].refs == 1;
	return balanced && interp->ticks == ticks;
}

void interp_set_interval(struct interp *interp, int64_t interval)
{
	if (interp->gil->design->ticked)
		interp->check_interval = (int32_t)interval;
	emit_interval(&interp->gil->emit, interval);
}

/* ---- checks -------------------------------------------------------------- */

static uint32_t breaker(const struct interp *interp)
{
	return atomic_load_explicit(&interp->clock.breaker, memory_order_acquire);
}

static void count_check(struct thread_state *ts)
{
	struct gil_clock *clock = &ts->interp->clock;
	uint64_t checks = atomic_load_explicit(&clock->checks, memory_order_relaxed);

	atomic_store_explicit(&clock->checks, checks + 1, memory_order_relaxed);
	ts->gil->counts.checks++;
}

/* Not within a handler: those that come meanwhile run after it. */
static int run_handlers(struct thread_state *ts)
{
	int r = 0;

	if (ts->in_handlers)
		return 0;
	ts->in_handlers = true;
	while (!r && breaker(ts->interp) & GIL_BREAK_SIGNAL) {
		atomic_fetch_and(&ts->interp->clock.breaker, ~(uint32_t)GIL_BREAK_SIGNAL);
		r = ts->interp->program->run_handlers(ts);
	}
	ts->in_handlers = false;
	return r;
}

static bool must_end(const struct thread_state *ts)
{
	return ts->daemon && breaker(ts->interp) & GIL_BREAK_END;
}

/* In the order of 2.7's PyEval_EvalFrameEx. */
int interp_check(struct thread_state *ts)
{
	struct interp *interp = ts->interp;
	int r = 0;

	atomic_store_explicit(&interp->clock.ticker, interp->check_interval, memory_order_relaxed);
	count_check(ts);
	if (ts->gil->is_main && breaker(interp) & GIL_BREAK_SIGNAL)
		r = run_handlers(ts);
	/* Only the main thread can, and not while it does: again after the next tick. */
	if (breaker(interp) & GIL_BREAK_SIGNAL)
		atomic_store_explicit(&interp->clock.ticker, 0, memory_order_relaxed);
	/* Whether or not anybody waits: 2.x does not know. */
	gil_release(interp->gil, ts->gil);
	gil_acquire(interp->gil, ts->gil);
	return r ? r : must_end(ts) ? EVAL_E_END : 0;
}

/* 3.x's eval breaker. A signal makes no other thread than the main one do anything. */
int interp_break(struct thread_state *ts)
{
	struct interp *interp = ts->interp;
	int r = 0;

	if (breaker(interp) & GIL_BREAK_SIGNAL && ts->gil->is_main)
		r = run_handlers(ts);
	if (!r && gil_is_asked(interp->gil)) {
		count_check(ts);
		gil_release(interp->gil, ts->gil);
		gil_acquire(interp->gil, ts->gil);
	}
	return r ? r : must_end(ts) ? EVAL_E_END : 0;
}

int interp_after_blocking(struct thread_state *ts)
{
	int r = 0;

	if (ts->gil->is_main && breaker(ts->interp) & GIL_BREAK_SIGNAL)
		r = run_handlers(ts);
	return r ? r : must_end(ts) ? EVAL_E_END : 0;
}
