/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_NAMES_H
#define GILSCOPE_RUNTIME_CPYTHON_NAMES_H

#include "runtime/cpython/interpreter.h"

/*
 * The names that a Python program gives its threads. Up to 3.13 Python keeps
 * them to itself, and since then it tells the system only 15 bytes of them. So
 * two attributes of threading.Thread get a built-in function in front of them,
 * which calls what was there and then tells emit:
 *
 *   _set_ident     with which each Thread says, in itself, that it has begun
 *   name           the property's setter
 *
 * This is done when an interpreter is about to start a thread: by then
 * threading has been imported, the calling thread has the GIL, and until then
 * there was no name to tell. Threads that Python did not start (of a program
 * that embeds it, of an extension) are noticed when they want the GIL for the
 * first time: then Python's main thread is asked to do it between two
 * instructions of its own. Where it never runs Python again, they have no names.
 *
 * No Python code runs for it, nothing is imported, and neither sys.path nor the
 * environment plays a part, so that it also works where Python is told to
 * ignore these (-I, -E, -S). Python's C API is found by name; where something of
 * it is missing, nothing is done.
 *
 * GILSCOPE_NO_PYTHON_NAMES=1 switches it off.
 */

/*
 * Belongs before pthread_create(): `caller` is the code that calls it. May run
 * a Python finalizer, as any object's creation may. Thread-safe; keeps errno
 * and a pending Python exception.
 */
void names_before_thread(const void *caller);

/*
 * Belongs before the first time that the calling thread takes a GIL (CPython 3), no lock held.
 * `interpreter` is borrowed for ever. Thread-safe; keeps errno.
 */
void names_before_first_entry(struct interpreter *interpreter);

#endif
