/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_BATTLE_H
#define GILSCOPE_LAB_BATTLE_H

#include "runtime/lab/run.h"

/*
 * The battle of the talk: the main thread starts t1, t2, ... with the GIL
 * held, each runs count(count) on `run`'s interpreter, and it joins them
 * one by one with the GIL let go.
 * @return 0, or < 0 with a sentence; no thread is left running.
 */
int battle(struct run *run, int64_t count);

#endif
