/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_GIL_GIL_H
#define GILSCOPE_LAB_GIL_GIL_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/cleanup.h"
#include "tracepoints/emit.h"

/*
 * One interface for every design of the lock; one file per design, and one
 * line in gil.c's table.
 *
 * A design speaks with gil_says_*() at the moment when the step is true:
 *
 *   ENTRY    before the first call on the real lock: the wait is whole
 *   BUSY     the first attempt found the GIL taken: about to sleep
 *   RETRY    woke up, found it taken (still or again): about to sleep again
 *   ACQUIRE  after nobody else can take it, before anybody can see it free again
 *   RELEASE  before anybody else can take it
 *
 * so that the ACQUIREs and RELEASEs of one GIL are totally ordered.
 */

/*
 * What every event carries, and what makes the holder look up. The
 * interpreter's. Only the holder of the GIL writes `ticker` and `checks`,
 * anybody reads them. Relaxed: the GIL itself orders them.
 */
struct gil_clock {
	_Atomic int32_t ticker;   /* what is left of the check interval; GIL_NO_TICK: the design has none */
	_Atomic uint32_t breaker; /* GIL_BREAK_*; not 0: something is to be done at the next check */
	_Atomic uint64_t checks;  /* checks honoured so far, at which the GIL was let go */
};

enum {
	GIL_BREAK_DROP = 1,   /* a waiter asks the holder to let go: time slices only, set by the design */
	GIL_BREAK_SIGNAL = 2, /* the main thread has signal handlers to run */
	GIL_BREAK_END = 4,    /* the program ends: daemon threads are to end */
};

/* The ground truth about one thread: counted here and now, never derived from the events. */
struct gil_counts {
	uint64_t acquisitions, acquisitions_contended;
	uint64_t busy, retries, retries_timed_out; /* failed attempts; by the design */
	uint64_t releases;
	uint64_t releases_requested;               /* by the design */
	uint64_t checks, ticks;                    /* by the engine */
	uint64_t events[GIL_KINDS];                /* what a recording of the whole run holds */
};

/* A thread as its GIL sees it. Written by the thread itself only; read by others after its end. */
struct gil_thread {
	alignas(64) struct gil_counts counts;
	char name[64];
	int32_t tid;
	bool is_main;
	int32_t priority; /* for the design that has such a thing; 0 at the begin */
};

struct gil_design;

/* The part that all designs have in common; each embeds it as its first member. */
struct gil {
	const struct gil_design *design;
	struct gil_clock *clock; /* borrowed */
	struct emit_gil emit;
};

/*            acquire  release  free     "x": caller must serialise, "-": safe together
 *  acquire      -        -       x
 *  release      -        x       x      by the holder only
 *  free         x        x       x      nobody holds it, nobody waits
 */
struct gil_design {
	const char *name;
	const char *summary; /* one line, for --list */
	bool ticked; /* let go and taken again at every periodic check; else when a waiter asks, after a time slice */
	bool own;    /* nothing is shared: each thread has an interpreter, and so a GIL, of its own */
	int (*new)(struct gil **out); /* 0, or < 0 with a sentence */
	void (*free)(struct gil *gil);
	void (*acquire)(struct gil *gil, struct gil_thread *self); /* blocks; never fails */
	void (*release)(struct gil *gil, struct gil_thread *self);
};

/* All designs, ended by NULL; the first is the default. */
extern const struct gil_design *const gil_designs[];

/* The design of that name, or NULL. */
const struct gil_design *gil_design_find(const char *name);

/*
 * Makes a GIL and says gil:create. @clock is borrowed and outlives it.
 * @interval: check interval in ticks where the design is ticked, else switch
 * interval in microseconds. The caller frees it with gil_free().
 */
int gil_new(struct gil **out, const struct gil_design *design, struct gil_clock *clock,
	    int64_t interval);
struct gil *gil_free(struct gil *gil); /* NULL ok; says gil:destroy; returns NULL */
DEFINE_CLEANUP(struct gil *, gil_free);

static inline void gil_acquire(struct gil *gil, struct gil_thread *self)
{
	uint64_t busy = self->counts.busy;

	gil->design->acquire(gil, self);
	self->counts.acquisitions++;
	self->counts.acquisitions_contended += self->counts.busy != busy;
}

static inline void gil_release(struct gil *gil, struct gil_thread *self)
{
	self->counts.releases++;
	gil->design->release(gil, self);
}

/* ---- for the designs ----------------------------------------------------- */

static inline int32_t gil_tick(const struct gil *gil)
{
	return atomic_load_explicit(&gil->clock->ticker, memory_order_relaxed);
}

static inline uint64_t gil_checks(const struct gil *gil)
{
	return atomic_load_explicit(&gil->clock->checks, memory_order_relaxed);
}

/* Time slices: until when a waiter waits before it asks, by the monotonic clock. */
struct timespec gil_slice_end(const struct gil *gil);

/* Time slices: a waiter asks the holder to let go; the design forgets the wish when somebody takes the GIL. */
static inline void gil_ask(struct gil *gil)
{
	atomic_fetch_or(&gil->clock->breaker, GIL_BREAK_DROP);
}

static inline void gil_forget(struct gil *gil)
{
	if (atomic_load(&gil->clock->breaker) & GIL_BREAK_DROP)
		atomic_fetch_and(&gil->clock->breaker, ~(uint32_t)GIL_BREAK_DROP);
}

static inline bool gil_is_asked(const struct gil *gil)
{
	return atomic_load(&gil->clock->breaker) & GIL_BREAK_DROP;
}

static inline void gil_says_entry(struct gil *gil, struct gil_thread *self)
{
	self->counts.events[GIL_ENTRY]++;
	emit_entry(&gil->emit, gil_tick(gil), gil_checks(gil));
}

static inline void gil_says_busy(struct gil *gil, struct gil_thread *self)
{
	self->counts.events[GIL_BUSY]++;
	emit_busy(&gil->emit, gil_tick(gil), gil_checks(gil));
}

static inline void gil_says_retry(struct gil *gil, struct gil_thread *self, bool timed_out)
{
	self->counts.events[GIL_RETRY]++;
	emit_retry(&gil->emit, gil_tick(gil), gil_checks(gil), timed_out);
}

static inline void gil_says_acquire(struct gil *gil, struct gil_thread *self)
{
	self->counts.events[GIL_ACQUIRE]++;
	emit_acquire(&gil->emit, gil_tick(gil), gil_checks(gil));
}

static inline void gil_says_release(struct gil *gil, struct gil_thread *self, bool drop_requested)
{
	self->counts.events[GIL_RELEASE]++;
	emit_release(&gil->emit, gil_tick(gil), gil_checks(gil), drop_requested);
}

#endif
