/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_GILS_H
#define GILSCOPE_RUNTIME_CPYTHON_GILS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "runtime/cpython/grammar.h"

/*
 * Which addresses are GILs. A GIL is known by the four calls that create it,
 * one after the other in one thread of an interpreter, at Py_Initialize, for a
 * subinterpreter with a GIL of its own, and again in a fork child:
 *
 *   mutex_init(m) mutex_init(sm) cond_init(c) cond_init(sc)
 *
 * It is forgotten when one of the four is destroyed, or initialised again: the
 * GIL of a subinterpreter is freed without a call.
 *
 * gils_on_*() are wait-free. gils_saw_*() belong after the real call; the
 * fourth call of a creation loads the provider and takes the loader's lock. All
 * are thread-safe, given that nobody uses a GIL that is being created or destroyed.
 */
enum { GILS_MAX = 128, GILS_VERSION_SIZE = 64 };

struct known_gil {
	struct gil gil;
	_Atomic(const void *) mutex, cond, switch_mutex, switch_cond; /* m, c, sm, sc; NULL: free */
	clockid_t clock;                                              /* of the deadlines */
	char version[GILS_VERSION_SIZE];
	_Atomic bool used;
};

/* The GILs' m lie in the one, their c and sc in the other range. Ranges only ever grow. */
struct gils_range {
	_Atomic uintptr_t begin, end;
};
extern struct gils_range gils_mutexes, gils_conds;
extern struct known_gil gils[GILS_MAX];
extern _Atomic unsigned gils_count; /* those behind were never used */

void gils_saw_mutex_init(const pthread_mutex_t *mutex, const pthread_mutexattr_t *attr);
void gils_saw_cond_init(const pthread_cond_t *cond, const pthread_condattr_t *attr,
			const void *caller);
void gils_saw_destroy(const void *object);

/* The one test that every program pays for: false at the first comparison where there is no GIL. */
static inline bool gils_within(const struct gils_range *range, const void *object)
{
	uintptr_t address = (uintptr_t)object;

	return __builtin_expect(
		address >= atomic_load_explicit(&range->begin, memory_order_relaxed) &&
			address < atomic_load_explicit(&range->end, memory_order_relaxed), 0);
}

static inline bool gils_same(_Atomic(const void *) *part, const void *object)
{
	return atomic_load_explicit(part, memory_order_acquire) == object;
}

/* The GIL whose m this is, or NULL. */
static inline struct known_gil *gils_on_mutex(const void *mutex)
{
	struct known_gil *k = gils;

	if (!gils_within(&gils_mutexes, mutex))
		return NULL;
	do {
		if (__builtin_expect(gils_same(&k->mutex, mutex), 1))
			return k;
	} while (++k < gils + atomic_load_explicit(&gils_count, memory_order_relaxed));
	return NULL;
}

/* The GIL whose c or sc this is, or NULL. */
static inline struct known_gil *gils_on_cond(const void *cond)
{
	struct known_gil *k = gils;

	if (!gils_within(&gils_conds, cond))
		return NULL;
	do {
		if (__builtin_expect(gils_same(&k->cond, cond) || gils_same(&k->switch_cond, cond), 1))
			return k;
	} while (++k < gils + atomic_load_explicit(&gils_count, memory_order_relaxed));
	return NULL;
}

#endif
