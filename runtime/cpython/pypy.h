/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_PYPY_H
#define GILSCOPE_RUNTIME_CPYTHON_PYPY_H

/*
 * PyPy takes and drops its GIL without a call, which leaves nothing to record.
 * It only creates it with some: two mutexes and a condition variable in a row.
 * Then its gil:create is said, so that a recording can tell why it has nothing.
 *
 * To be called after such a row. Does nothing where the program is not linked
 * with PyPy. Thread-safe.
 */
void pypy_saw_creation(void);

#endif
