/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_INTERPRETER_H
#define GILSCOPE_RUNTIME_CPYTHON_INTERPRETER_H

#include <stddef.h>

/*
 * Is the code at `address` part of a CPython, in a program or in a shared
 * library, and which version is it?
 *
 * @version  for example "3.11.2"; cut at `size`, "" where it is not known.
 * @return 0, or INTERPRETER_E_NONE: the code belongs to something else.
 * Thread-safe. Takes the loader's lock.
 */
enum { INTERPRETER_E_NONE = 1 };
int interpreter_at(const void *address, char *version, size_t size);

#endif
