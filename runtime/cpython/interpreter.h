/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_INTERPRETER_H
#define GILSCOPE_RUNTIME_CPYTHON_INTERPRETER_H

#include <stddef.h>

/* What is asked of a CPython. */
struct interpreter {
	int (*is_initialized)(void); /* Py_IsInitialized */
	char version[64];            /* for example "3.11.2"; "" where it is not known */
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

/*
 * The addresses of `n` of its symbols; NULL where it has none of that name.
 * @return 0, or INTERPRETER_E_NONE. Thread-safe. Takes the loader's lock.
 */
int interpreter_symbols(const void *address, const char *const *names, void **symbols, size_t n);

#endif
