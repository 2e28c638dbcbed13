/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_REAL_H
#define GILSCOPE_RUNTIME_CPYTHON_REAL_H

#include <pthread.h>
#include <time.h>

/* The functions behind ours: name without "pthread_", parameters, arguments. */
#define REAL_FUNCTIONS(X)                                                                      \
	X(mutex_init, (pthread_mutex_t *m, const pthread_mutexattr_t *a), (m, a))              \
	X(mutex_destroy, (pthread_mutex_t *m), (m))                                            \
	X(mutex_lock, (pthread_mutex_t *m), (m))                                               \
	X(mutex_unlock, (pthread_mutex_t *m), (m))                                             \
	X(cond_init, (pthread_cond_t *c, const pthread_condattr_t *a), (c, a))                 \
	X(cond_destroy, (pthread_cond_t *c), (c))                                              \
	X(cond_signal, (pthread_cond_t *c), (c))                                               \
	X(cond_timedwait,                                                                      \
	  (pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *deadline),            \
	  (c, m, deadline))

/*
 * Callable at any time, also before our constructor: an entry that is not
 * resolved yet resolves them all. Thread-safe.
 */
#define REAL_ENTRY(name, parameters, arguments) int(*name) parameters;
struct real {
	REAL_FUNCTIONS(REAL_ENTRY)
};
extern struct real real;

#endif
