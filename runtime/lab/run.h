/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_RUN_H
#define GILSCOPE_LAB_RUN_H

#include <stddef.h>

#include "runtime/lab/interp.h"

/* One run of a scenario: an interpreter and all its threads, the main thread first. */
struct run {
	struct interp *interp;
	struct gil_thread *threads;
	size_t n_threads;
	uint64_t wall_ns; /* from the main thread's first ENTRY to its last RELEASE */
};

/*
 * Makes the interpreter and the threads' records, names the main thread (the
 * caller) and the others t1, t2, ... @return 0, or < 0 with a sentence;
 * run_deinit() it in either case.
 */
int run_init(struct run *run, const struct gil_design *design, int32_t check_interval,
	     size_t n_workers);
void run_deinit(struct run *run);

/* The sum over all threads; after their end. */
struct gil_counts run_total(const struct run *run);

/*
 * Is what the lab says of itself consistent, and was the GIL exclusive?
 * @return 0, or < 0 with a sentence. After the threads' end.
 */
int run_verify(const struct run *run);

#endif
