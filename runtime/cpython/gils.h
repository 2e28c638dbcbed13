/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_GILS_H
#define GILSCOPE_RUNTIME_CPYTHON_GILS_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "runtime/cpython/grammar.h"
#include "runtime/cpython/interpreter.h"
#include "runtime/cpython/sem_gil.h"

/*
 * Which addresses are GILs. A GIL is known by the four calls that create it,
 * one after the other in one thread of an interpreter, at Py_Initialize, for a
 * subinterpreter with a GIL of its own, and again in a fork child:
 *
 *   mutex_init(m) mutex_init(sm) cond_init(c) cond_init(sc)
 *
 * It ends when one of the four is destroyed, or initialised again: the GIL of
 * a subinterpreter is freed without a call.
 *
 * CPython 2 has one semaphore. It looks like any other lock of its, but between
 * its sem_init() and its first sem_wait() PyEval_ThreadsInitialized() becomes
 * true. In a fork child CPython makes a new one: there it is the first of the
 * semaphores made after the fork that is waited for.
 *
 * gils_saw_*() are told of the calls. The last of a recognition loads the
 * provider and takes the loader's lock; it belongs after the real call of an
 * init, and before that of a wait.
 * gils_within(), gils_with() and gils_search() are wait-free. All are
 * thread-safe, given that nobody uses a GIL that is being created or destroyed.
 */
enum { GILS_MAX = 128 };

/* The four parts of a GIL, in the order of their creation; or CPython 2's semaphore. */
enum gils_part { GILS_M, GILS_SM, GILS_C, GILS_SC, GILS_S, GILS_PARTS };

struct known_gil {
	struct gil gil;
	struct sem_gil sem; /* if it is one */
	_Atomic(const void *) parts[GILS_PARTS]; /* NULL: none here */
	clockid_t clock;                         /* of the waits' deadlines */
	struct interpreter interpreter;
	_Atomic bool used;
	_Atomic bool over; /* the process exits, and the interpreter is finalised */
};

/* Encloses the m of all GILs, or all c and sc, or all semaphores that are or may become one. */
struct gils_range {
	_Atomic uintptr_t begin, end;
};

extern struct gils_range gils_mutexes, gils_conds, gils_sems;
extern struct known_gil gils[GILS_MAX];
extern _Atomic unsigned gils_count; /* those behind were never used */

void gils_saw_mutex_init(const pthread_mutex_t *mutex, const pthread_mutexattr_t *attr);
void gils_saw_cond_init(const pthread_cond_t *cond, const pthread_condattr_t *attr,
			const void *caller);
void gils_saw_sem_init(const sem_t *sem, const void *caller);
struct known_gil *gils_saw_sem_wait(sem_t *sem); /* @return the GIL that it is, or NULL */
void gils_saw_end(const void *object); /* is destroyed, or will be something else */

/* Is it CPython 2's lock on the list of its threads? */
bool gils_are_guarded_by(const sem_t *sem);

struct known_gil *gils_search(enum gils_part part, const void *object);

/* All that a program without a GIL pays: false at the first comparison. */
static inline bool gils_within(const struct gils_range *range, const void *object)
{
	uintptr_t address = (uintptr_t)object;

	return __builtin_expect(
		address >= atomic_load_explicit(&range->begin, memory_order_relaxed) &&
			address < atomic_load_explicit(&range->end, memory_order_relaxed), 0);
}

static inline bool gils_is(struct known_gil *k, enum gils_part part, const void *object)
{
	return atomic_load_explicit(&k->parts[part], memory_order_acquire) == object;
}

/* The GIL that has `object` for this part, or NULL. Nearly always there is but one. */
static inline struct known_gil *gils_with(enum gils_part part, const void *object)
{
	if (__builtin_expect(gils_is(&gils[0], part, object), 1))
		return &gils[0];
	if (atomic_load_explicit(&gils_count, memory_order_relaxed) <= 1)
		return NULL;
	return gils_search(part, object);
}

#endif
