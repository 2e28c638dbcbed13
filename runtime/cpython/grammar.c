/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/grammar.h"

/* Looks at one wait in 16; a new interval counts once three waits agree on it. */
enum { LOOK_EVERY = 16, MUST_AGREE = 3, NS_PER_US = 1000 };

uint32_t gil_new_thread_number(void)
{
	static _Atomic uint32_t last;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

void gil_wait(struct gil *g, struct gil_thread *t)
{
	if (t->attempt != g)
		return;
	if (t->waited)
		emit_retry(&g->emit, GIL_NO_TICK, gil_checks(g), t->timed_out);
	else
		emit_busy(&g->emit, GIL_NO_TICK, gil_checks(g));
	if (t->asks)
		t->asked = g->drop_requested = true;
	t->asks = false;
	t->waited = true;
	t->switches_at_wait = g->switches;
}

void gil_waited(struct gil *g, struct gil_thread *t, bool timed_out)
{
	if (t->attempt != g)
		return;
	t->timed_out = timed_out;
	/* take_gil()'s own test, under the same mutex: it will set its gil_drop_request, and wait again. */
	t->asks = timed_out && atomic_load_explicit(&g->holder, memory_order_relaxed) && g->switches == t->switches_at_wait;
}

bool gil_wants_deadline(struct gil *g)
{
	return g->interval_agreed || g->waits++ % LOOK_EVERY == 0;
}

static bool within_tenth(int64_t a, int64_t b)
{
	int64_t difference = a > b ? a - b : b - a;

	return difference * 10 <= b;
}

/*
 * The time left is the interval, less what passed since CPython read its clock: next to
 * nothing, unless the thread was preempted just there. So of waits that agree the longest is right.
 */
void gil_saw_deadline(struct gil *g, int64_t left_ns)
{
	int64_t stated_us = atomic_load_explicit(&g->emit.interval, memory_order_relaxed);
	int64_t left_us = (left_ns + NS_PER_US - 1) / NS_PER_US;

	if (left_us <= 0 || within_tenth(left_us, stated_us)) {
		g->interval_agreed = 0;
		return;
	}
	if (!g->interval_agreed || !within_tenth(left_us, g->interval_candidate_us)) {
		g->interval_candidate_us = left_us;
		g->interval_agreed = 1;
		return;
	}
	if (left_us > g->interval_candidate_us)
		g->interval_candidate_us = left_us;
	if (++g->interval_agreed < MUST_AGREE)
		return;
	g->interval_agreed = 0;
	emit_interval(&g->emit, g->interval_candidate_us);
}
