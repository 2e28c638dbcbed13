/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_REAL_H
#define GILSCOPE_RUNTIME_CPYTHON_REAL_H

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

/*
 * The functions behind ours: name, parameters, arguments, and what to do
 * instead where there is none. That is so while dlsym() looks for them: should
 * its allocator lock a mutex, there is no second thread that it would keep out.
 */
#define REAL_FUNCTIONS(X)                                                                     \
	X(pthread_mutex_init, (pthread_mutex_t *m, const pthread_mutexattr_t *a), (m, a), 0)  \
	X(pthread_mutex_destroy, (pthread_mutex_t *m), (m), 0)                                \
	X(pthread_mutex_lock, (pthread_mutex_t *m), (m), 0)                                   \
	X(pthread_mutex_unlock, (pthread_mutex_t *m), (m), 0)                                 \
	X(pthread_cond_init, (pthread_cond_t *c, const pthread_condattr_t *a), (c, a), 0)     \
	X(pthread_cond_destroy, (pthread_cond_t *c), (c), 0)                                  \
	X(pthread_cond_signal, (pthread_cond_t *c), (c), 0)                                   \
	X(pthread_cond_timedwait,                                                             \
	  (pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *deadline),           \
	  (c, m, deadline), 0)                                                                \
	X(sem_init, (sem_t *s, int shared, unsigned value), (s, shared, value), 0)            \
	X(sem_destroy, (sem_t *s), (s), 0)                                                    \
	X(sem_wait, (sem_t *s), (s), 0)                                                       \
	X(sem_trywait, (sem_t *s), (s), 0)                                                    \
	X(sem_post, (sem_t *s), (s), 0)                                                       \
	X(close, (int fd), (fd), (int)syscall(SYS_close, fd))                                 \
	X(close_range, (unsigned first, unsigned last, int flags), (first, last, flags),      \
	  (int)syscall(SYS_close_range, first, last, flags))

/*
 * Callable at any time, also before our constructor: an entry that is not
 * resolved yet resolves them all. Thread-safe.
 */
#define REAL_ENTRY(name, parameters, arguments, without) int(*name) parameters;
struct real {
	REAL_FUNCTIONS(REAL_ENTRY)
};
extern struct real real;

#endif
