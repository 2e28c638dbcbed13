/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_BUILTINS_H
#define GILSCOPE_LAB_BUILTINS_H

#include "runtime/lab/engine/interp.h"

/* The functions that a scenario's bytecode can call; their threads are those of a run (run.h). */
extern const struct program program;

#endif
