/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_GRAMMAR_H
#define GILSCOPE_RUNTIME_CPYTHON_GRAMMAR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracepoints/emit.h"

/*
 * What the calls on CPython's GIL mean (3.2 and later). The GIL is `locked`, guarded by a
 * mutex m and a condition variable c; a second pair, sm and sc, serves forced switches.
 *
 *   L lock, U unlock, S signal, T and t: enter and return from a timed wait, W w: untimed
 *
 *   TAKE    L(m) ( T(c) t(c) )* L(sm) S(sc) U(sm) U(m)
 *   DROP    L(m) S(c) U(m)
 *   SWITCH  L(sm) [ W(sc) w(sc) ] U(sm)     after a DROP: waits until somebody else took over
 *   EXIT    L(m) ( T(c) t(c) )+ U(m)        gives up, the interpreter is finalising
 *   GILOFF  L(m) ( T(c) t(c) )* S(c) U(m)   the GIL was switched off meanwhile
 *   POKE    L(m) U(m)                       neither: 3.13 looks who holds it
 *
 * The events follow from L(m), U(m), S(c), S(sc) and T(c) alone:
 *
 *   L(m) by a thread that does not hold the GIL   ENTRY, before it queues on m
 *   T(c)                                          BUSY, then RETRY for each further one
 *   S(sc)                                         ACQUIRE. S(sc) and not L(sm), because TAKE is
 *                                                 the only one that makes it, and `locked` is
 *                                                 set between the two
 *   S(c) by the holder                            RELEASE
 *   S(c) by another, U(m) before S(sc)            LEAVE
 *
 * A timed-out wait proves nothing: the GIL may have become free. Only the next T(c) does.
 *
 * Pure logic: no pthread call, no allocation. Each function belongs before the real call that
 * it is named after, except gil_waited(). Callers hold m, except in gil_enter(); m orders them.
 */

struct gil {
	struct emit_gil emit;

	/* Read outside m: a thread may ask whether *it* is the holder, for only it can change that. */
	_Atomic uint32_t holder; /* number of a thread; 0: nobody */
	_Atomic uint64_t checks; /* releases that had a drop request */

	/* CPython's own variables, recomputed by its own rules. */
	uint32_t last_holder;
	uint64_t switches;
	bool drop_requested;

	/* How the switch interval is inferred: see gil_saw_deadline(). */
	int64_t interval_candidate_us;
	unsigned interval_agreed;
	unsigned waits;
};

/* What is known of one thread; zero at its start, kept across fork. */
struct gil_thread {
	uint32_t number;     /* unlike an address or a tid never reused; 0: not given yet */
	bool waited;         /* in this attempt: T(c) was seen, */
	bool timed_out;      /* and how the last one ended */
	bool asks, asked;    /* it will ask for a drop unless it gives up; it has asked for one */
	struct gil *attempt; /* between L(m) and what ends the attempt, else NULL */
	uint64_t switches_at_wait;
};

/* CPython's default switch interval. */
#define GIL_DEFAULT_INTERVAL_US 5000

uint32_t gil_new_thread_number(void);

/* T(c) and its return. */
void gil_wait(struct gil *g, struct gil_thread *t);
void gil_waited(struct gil *g, struct gil_thread *t, bool timed_out);

/*
 * CPython hides its switch interval, but each T(c) has a deadline that far ahead.
 * gil_wants_deadline() says whether to look at this one: not at each, a clock must be read.
 * @left_ns time from now to the deadline.
 */
bool gil_wants_deadline(struct gil *g);
void gil_saw_deadline(struct gil *g, int64_t left_ns);

static inline uint64_t gil_checks(const struct gil *g)
{
	return atomic_load_explicit(&g->checks, memory_order_relaxed);
}

static inline bool gil_held_by(const struct gil *g, const struct gil_thread *t)
{
	return atomic_load_explicit(&g->holder, memory_order_relaxed) == t->number;
}

/* L(m) */
static inline void gil_enter(struct gil *g, struct gil_thread *t)
{
	if (__builtin_expect(!t->number, 0))
		t->number = gil_new_thread_number();
	if (gil_held_by(g, t)) /* a drop or a poke */
		return;
	t->attempt = g;
	t->waited = t->asks = t->asked = false;
	emit_entry(&g->emit, GIL_NO_TICK, gil_checks(g));
}

/* S(sc) */
static inline void gil_acquire(struct gil *g, struct gil_thread *t)
{
	if (__builtin_expect(t->attempt != g, 0)) /* not what we know: says nothing */
		return;
	t->attempt = NULL;
	atomic_store_explicit(&g->holder, t->number, memory_order_relaxed);
	if (g->last_holder != t->number) {
		g->last_holder = t->number;
		g->switches++;
	}
	g->drop_requested = false;
	emit_acquire(&g->emit, GIL_NO_TICK, gil_checks(g));
}

/* S(c) */
static inline void gil_release(struct gil *g, struct gil_thread *t)
{
	bool requested = g->drop_requested;

	if (__builtin_expect(t->attempt == g, 0)) {
		t->attempt = NULL;
		emit_leave(&g->emit, GIL_LEAVE_GIL_OFF);
		return;
	}
	if (__builtin_expect(!gil_held_by(g, t) || !t->number, 0))
		return;
	atomic_store_explicit(&g->checks, gil_checks(g) + requested, memory_order_relaxed);
	atomic_store_explicit(&g->holder, 0, memory_order_relaxed);
	emit_release(&g->emit, GIL_NO_TICK, gil_checks(g), requested);
}

/* U(m) */
static inline void gil_exit(struct gil *g, struct gil_thread *t)
{
	if (__builtin_expect(t->attempt != g, 1))
		return;
	t->attempt = NULL;
	/*
	 * A thread gives up where it would ask. One that asked after an earlier wait takes that back, and what
	 * others asked, too, lest the holder wait for it in SWITCH (gh-96387: CPython 3.12, and 3.11 by a backport;
	 * 3.9 and 3.10 leave the request). CPython does it an instant later, behind the unlock.
	 */
	if (t->asked)
		g->drop_requested = false;
	emit_leave(&g->emit, t->waited ? GIL_LEAVE_GONE : GIL_LEAVE_POKE);
}

#endif
