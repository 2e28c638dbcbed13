/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_THREADS_H
#define GILSCOPE_TRACEPOINTS_THREADS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * The threads of this process and what they are called: behind emit.c alone.
 *
 * A thread has up to two names. The one that its program gave it, in Python,
 * wins; else the OS name stands, where somebody set it for this thread: one
 * that it merely inherited is its creator's.
 *
 * A thread can be named by another. So each is on a list from its first event,
 * or its first name, to its end; the names and the list are guarded by one
 * lock. It is never waited for while a GIL is taken or dropped: there
 * threads_try_lock() fails, and the name is said with a later event.
 */

#pragma GCC visibility push(hidden)

enum { THREADS_NAME_SIZE = 64, THREADS_OS_NAME_SIZE = 16 };

/* What is the same for all events of a thread: its own storage, all zero at its start. */
struct emit_thread {
	/* Only the thread itself writes these; others may read tid and serial when said_gil is not 0. */
	int32_t tid; /* 0: not looked up yet */
	uint32_t serial;
	_Atomic uint64_t said_gil; /* the facts were last said for this GIL, */
	void *said_to;             /* to these listeners, */
	time_t said_at_s;          /* at this (coarse) time */
	uint32_t entries;          /* said; one in LOOK_EVERY looks at the clock */
	bool holds;                /* a GIL: no thread has two at a time */
	bool ended;                /* its block goes away with it: never listed again */
	unsigned end_rounds;       /* of its destructors, so far */
	sigset_t fork_mask;
	char os_name_inherited[THREADS_OS_NAME_SIZE];
	atomic_bool os_name_is_own; /* somebody set it for this thread */

	/* Under the lock: */
	uint64_t ident; /* pthread_self(); 0: not on the list */
	struct emit_thread *next, **prev;
	char name[THREADS_NAME_SIZE]; /* "": the program gave none */
};

/* initial-exec: no allocation on first use. */
extern _Thread_local __attribute__((tls_model("initial-exec"))) struct emit_thread self;

void threads_lock(void);
bool threads_try_lock(void);
void threads_unlock(void);

/* In a fork child, with the lock that was taken before: nobody but the caller is left. */
void threads_forked(void);

/* All under the lock. threads_join() may be called again. */
void threads_join(void);
void threads_leave(void);
struct emit_thread *threads_find(uint64_t ident); /* NULL: not on the list */

/* Notes the name; cut at 63 bytes, or at fewer where that would split a character. */
void threads_set_name(struct emit_thread *thread, const char *name);

/* For a thread that has not joined yet: it was given this OS name, which it sees when it joins. */
void threads_leave_os_name(uint64_t ident, const char *os_name);

/* The calling thread's OS name as it finds it at its first event. */
void threads_see_os_name(void);

/* The calling thread's OS name if it is its own, else "". */
const char *threads_own_os_name(char os_name[THREADS_OS_NAME_SIZE]);

#pragma GCC visibility pop

#endif
