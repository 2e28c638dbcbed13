/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_THREAD_H
#define GILSCOPE_LAB_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* As in CPython's thread_pthread.h: "for safety, ensure a viable minimum stacksize". */
enum { THREAD_STACK_MIN = 0x8000 }; /* 32 KiB */

/*
 * Starts a joinable thread of system scope, named for the OS (cut at 15
 * bytes) and for the trace. It runs at once; the caller may hold the GIL.
 * @stack_bytes 0: the system's default; else at least THREAD_STACK_MIN is given.
 * @name copied. @return 0, or < 0 with a sentence that has errno's text. Thread-safe.
 */
int thread_start(pthread_t *out, const char *name, size_t stack_bytes, void (*function)(void *arg),
		 void *arg);

#endif
