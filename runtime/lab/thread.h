/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_THREAD_H
#define GILSCOPE_LAB_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* As in CPython's thread_pthread.h: "for safety, ensure a viable minimum stacksize". */
enum { THREAD_STACK_MIN = 0x8000 }; /* 32 KiB */

struct thread_options {
	size_t stack_bytes; /* 0: the system's default; else at least THREAD_STACK_MIN is given */
	bool detached;      /* cannot be joined; `out` is then of no use */
};

/*
 * Starts a thread of system scope, named for the OS (cut at 15 bytes) and for
 * the trace. It runs at once; the caller may hold the GIL. @name copied.
 * @options NULL: the defaults, all zero.
 * @return 0, or < 0 with a sentence that has errno's text. Thread-safe.
 */
int thread_start(pthread_t *out, const char *name, const struct thread_options *options,
		 void (*function)(void *arg), void *arg);

#endif
