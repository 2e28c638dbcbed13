/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_DEADLOCK_H
#define GILSCOPE_LAB_DEADLOCK_H

#include "runtime/lab/state.h"

/*
 * Each thread says what it is about to wait for that another thread has to do.
 * When nobody is left who could do it, the run ends with a sentence that names
 * who waits for what. Nothing here is on a GIL path: a thread that waits for
 * the GIL waits for one that runs.
 *
 * All take the run's mutex, but deadlock_look(), which needs it.
 */
void deadlock_begin_wait(struct worker *w, enum wait_kind kind, size_t object);
void deadlock_end_wait(struct worker *w);
/* ... for bytes, which came. */
void deadlock_end_recv(struct worker *w, uint64_t bytes);

/* When a thread is over: do all others wait for each other now? */
void deadlock_look(struct run *run);

#endif
