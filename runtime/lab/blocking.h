/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_BLOCKING_H
#define GILSCOPE_LAB_BLOCKING_H

#include "runtime/lab/engine/interp.h"

/*
 * Calls op(arg) without the GIL: what may block. A call that a signal
 * interrupted (-EINTR; `arg` says what is left to do) goes on when the handlers
 * have run, as in Python since 3.5.
 * @return 0, EVAL_E_END, or < 0 with a sentence.
 */
int blocking(struct thread_state *ts, int (*op)(void *arg), void *arg);

#endif
