/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_EMIT_H
#define GILSCOPE_TRACEPOINTS_EMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracepoints/emit_table.h"

/*
 * How a runtime speaks of its GILs. Nothing here blocks, allocates, logs or
 * aborts on a GIL path; errno is kept. While nobody records, a call costs two
 * loads and a branch. Facts (gil:create, gil:thread) are said by themselves:
 * by a thread at its first event after a recording began, and again about
 * once a second, so a runtime never has to repeat them.
 *
 *                        thread-safe   async-signal-safe
 *  emit_load             no            no       (once, when the first GIL is met)
 *  emit_gil_*            per GIL       no
 *  emit_thread_name      yes           no       (takes a lock: not where a GIL is taken or dropped)
 *  emit_os_name          yes           of oneself, else no
 *  emit_entry .. leave   yes           yes, after the thread's first event
 */

#pragma GCC visibility push(hidden)

/* A GIL, embedded in the runtime's own object; fill in all but `id` before emit_gil_create(). */
struct emit_gil {
	uint64_t id;               /* unique across processes; 0 until created; new in a fork child */
	const char *design;        /* "cond", "cpython", ...; borrowed, outlives the GIL */
	const char *version;       /* of the interpreter; borrowed, outlives the GIL */
	_Atomic uint32_t flags;    /* GIL_FLAG_*; change them with emit_gil_flag() */
	_Atomic int64_t interval;  /* ticks, or microseconds; change it with emit_interval() */
};

/* One per kind: points to zero until the provider is loaded. */
extern _Atomic(const volatile int *) emit_on[GIL_KINDS];

/*
 * Loads the provider library that lies beside the object which contains this
 * code, and registers what fork needs.
 * @return 0; EMIT_E_ABSENT when there is no provider or no LTTng here: every
 * emit call then does nothing.
 */
enum { EMIT_E_ABSENT = 1 };
int emit_load(void);

/* Has the process one thread, as far as /proc can tell? */
bool emit_alone(void);

/* The loaded table, or NULL. */
const struct emit_table *emit_table(void);

/* Gives the GIL a new id and says gil:create. Call it again in a fork child: the GIL there is another. */
void emit_gil_create(struct emit_gil *g);
void emit_gil_destroy(struct emit_gil *g);

/* Was it created in a parent, before the fork that made this process? Thread-safe. */
bool emit_gil_is_inherited(const struct emit_gil *g);

/* Sets a flag and says gil:create again. */
void emit_gil_flag(struct emit_gil *g, uint32_t flag);

/* Stores a new check or switch interval and says gil:interval if it differs. */
void emit_interval(struct emit_gil *g, int64_t value);

/*
 * The names of threads. The one that the program gave, in its own language, wins;
 * without it an OS name stands that somebody set for this very thread, but never
 * for the main one: renaming that renames the process. What is said last is true.
 *
 * emit_thread_name(): `name` is cut at 63 bytes or at a zero, whichever comes
 * first; "" takes no name back. Of an ident (pthread_self()) that is not known
 * here nothing is noted, unless it is the caller's own.
 * emit_os_name(): somebody has just set this OS name.
 */
void emit_thread_name(uint64_t ident, const char *name);
void emit_os_name(uint64_t ident, const char *os_name);

void emit_entry_slow(const struct emit_gil *g, int32_t tick, uint64_t checks);
void emit_busy_slow(const struct emit_gil *g, int32_t tick, uint64_t checks);
void emit_retry_slow(const struct emit_gil *g, int32_t tick, uint64_t checks, bool timed_out);
void emit_acquire_slow(const struct emit_gil *g, int32_t tick, uint64_t checks);
void emit_release_slow(const struct emit_gil *g, int32_t tick, uint64_t checks, bool drop_requested);
void emit_leave_slow(const struct emit_gil *g, enum gil_leave_reason reason);

/*
 * The first of LTTng's descriptors in `first` to `last`, or -1. A program that
 * closes all of its descriptors must spare these: LTTng aborts where one is
 * missing, and writes into whatever is opened in its place. They close on exec,
 * so in a vfork child it is always -1.
 */
int emit_owned_fd(unsigned first, unsigned last);

/* close(fd) must fail with EBADF: LTTng's, or nobody's now and LTTng's before close() came to it. */
bool emit_refuses_close(int fd);

/* Is this kind recorded by anybody now? */
static inline bool emit_enabled(enum gil_kind kind)
{
	return __builtin_expect(*atomic_load_explicit(&emit_on[kind], memory_order_relaxed), 0);
}

/* `tick` is GIL_NO_TICK where there is no such counter; `checks` counts this GIL's honoured checks. */
static inline void emit_entry(const struct emit_gil *g, int32_t tick, uint64_t checks)
{
	if (emit_enabled(GIL_ENTRY))
		emit_entry_slow(g, tick, checks);
}

static inline void emit_busy(const struct emit_gil *g, int32_t tick, uint64_t checks)
{
	if (emit_enabled(GIL_BUSY))
		emit_busy_slow(g, tick, checks);
}

static inline void emit_retry(const struct emit_gil *g, int32_t tick, uint64_t checks, bool timed_out)
{
	if (emit_enabled(GIL_RETRY))
		emit_retry_slow(g, tick, checks, timed_out);
}

static inline void emit_acquire(const struct emit_gil *g, int32_t tick, uint64_t checks)
{
	if (emit_enabled(GIL_ACQUIRE))
		emit_acquire_slow(g, tick, checks);
}

static inline void emit_release(const struct emit_gil *g, int32_t tick, uint64_t checks,
				bool drop_requested)
{
	if (emit_enabled(GIL_RELEASE))
		emit_release_slow(g, tick, checks, drop_requested);
}

/* An attempt ends without the GIL. (The end of a thread is said by itself.) */
static inline void emit_leave(const struct emit_gil *g, enum gil_leave_reason reason)
{
	if (emit_enabled(GIL_LEAVE))
		emit_leave_slow(g, reason);
}

#pragma GCC visibility pop

#endif
