/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_RUN_H
#define GILSCOPE_LAB_RUN_H

#include "runtime/lab/state.h"

/*
 * Makes all that a run needs; names the main thread (the caller) and the others.
 * @return 0, or < 0 with a sentence; run_deinit() it in either case. One run
 * of a process at a time.
 */
int run_init(struct run *run, const struct scenario *scenario, const struct gil_design *design,
	     int64_t interval);
void run_deinit(struct run *run);

/*
 * Runs it to its end, by the main thread; no thread is left then. What goes
 * wrong in a run ends the process with status 1, after a sentence: the other
 * threads could not go on.
 */
void run_go(struct run *run);

/* The sum over all threads; after their end. */
struct gil_counts run_total(const struct run *run);

/*
 * Is what the lab says of itself consistent, and was the GIL exclusive?
 * @return 0, or < 0 with a sentence. After the threads' end.
 */
int run_verify(const struct run *run);

#endif
