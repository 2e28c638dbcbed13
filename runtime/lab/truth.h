/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_TRUTH_H
#define GILSCOPE_LAB_TRUTH_H

#include "runtime/lab/run.h"

/*
 * Writes the lab's own counters as JSON (schema gilrun-truth-1). A regular
 * file appears whole or not at all. After the threads' end.
 * @return 0, or < 0 with a sentence.
 */
int truth_write(const struct run *run, const char *path);

#endif
