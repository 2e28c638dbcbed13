/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_SEM_GIL_H
#define GILSCOPE_RUNTIME_CPYTHON_SEM_GIL_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/cpython/grammar.h"
#include "runtime/cpython/interpreter.h"

/*
 * CPython 2's GIL is a POSIX semaphore of value 1: sem_wait() takes it,
 * sem_post() drops it. The waiting is the C library's, and there a thread that
 * wakes up, finds the semaphore taken again and goes back to sleep is not seen.
 * So the probe runs this one semaphore itself, on the same bytes and by glibc's
 * own algorithm (a value and a count of waiters in one word, a futex), and sees
 *
 *   sem_wait   one attempt, ENTRY; ACQUIRE, or BUSY and a sleep; after each
 *              sleep another attempt; ACQUIRE, or RETRY and a sleep
 *   sem_post   RELEASE
 *
 * glibc's functions on the same semaphore would go on working beside ours.
 * Where its bytes are not as expected, or on wish, only the first attempt is
 * ours (`owned` is false): then there is no RETRY.
 *
 * `checks` comes from the thread's own tick_counter, which CPython advances at
 * each check. It stands in the thread's state, which is looked up again once
 * the thread has touched `threads_lock`: to that all changes of the list of
 * states are subject. Where this cannot be had, for one hold or at all
 * (`counts_checks` is false), a release with a fresh ticker, or one that a
 * signal has set to zero, is a check.
 */
struct sem_gil {
	const struct ticker *ticker; /* borrowed */
	sem_t *threads_lock;         /* CPython's head_mutex, or NULL */
	bool owned, counts_checks;
};

/* What is known of one thread and its state in CPython; zero at its start, and in its own storage. */
struct sem_thread {
	const volatile int *tick_counter; /* NULL: not known */
	bool current;                     /* tick_counter was looked up since the last change */
	bool counting;                    /* tick_counter_at_acquire is of this hold */
	int tick_counter_at_acquire;
	sem_t *waits_for; /* it is counted there as a waiter */
	bool has_end;     /* the end of the thread undoes that */
};

/*
 * Is a semaphore laid out, and does it behave, as the probe expects? Asks the C library's own
 * functions. Before a wait on an owned one.
 */
bool sem_gil_can_own(void);

/* Are threads' states laid out as expected? Asked of the calling thread's, which holds the GIL or is alone. */
bool sem_gil_finds_thread(const struct sem_gil *s);

/*
 * sem_wait() and sem_post() on the GIL; what they return. Cancellation points
 * as these are. Beside the semaphore nothing blocks. Thread-safe.
 */
int sem_gil_wait(struct gil *g, const struct sem_gil *s, struct gil_thread *t, struct sem_thread *st,
		 sem_t *sem);
int sem_gil_post(struct gil *g, const struct sem_gil *s, struct gil_thread *t, struct sem_thread *st,
		 sem_t *sem);

#endif
