/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_INTERPRETER_H
#define GILSCOPE_RUNTIME_CPYTHON_INTERPRETER_H

#include <stdbool.h>

/*
 * What CPython 2 exports and its successors do not: a counter of ticks, and
 * the way to a thread's state (a struct whose layout never changed in 2.x).
 */
struct ticker {
	const volatile int *ticks;          /* _Py_Ticker: what is left of the interval; may fall to -1 */
	const volatile int *check_interval; /* _Py_CheckInterval */
	int (*threads_initialized)(void);   /* PyEval_ThreadsInitialized: is there a GIL? */
	void *const volatile *current;      /* _PyThreadState_Current */
	void *(*first_interpreter)(void);   /* PyInterpreterState_Head */
	void *(*next_interpreter)(void *);  /* PyInterpreterState_Next */
	void *(*first_thread)(void *);      /* PyInterpreterState_ThreadHead */
	void *(*next_thread)(void *);       /* PyThreadState_Next */
	int (*set_async_exc)(long, void *); /* PyThreadState_SetAsyncExc */
};

/* What is asked of a CPython. */
struct interpreter {
	int (*is_initialized)(void); /* Py_IsInitialized */
	char version[64];            /* for example "3.11.2"; "" where it is not known */
	struct ticker ticker;        /* all NULL, unless `ticked` */
	bool ticked;
};

/*
 * Is the code at `address` part of a CPython, in a program or in a shared
 * library, and of which?
 *
 * @return 0, or INTERPRETER_E_NONE: the code belongs to something else.
 * Thread-safe. Takes the loader's lock.
 */
enum { INTERPRETER_E_NONE = 1 };
int interpreter_at(const void *address, struct interpreter *out);

#endif
