/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_CHILD_H
#define GILSCOPE_CLI_EXPERIMENT_CHILD_H

#include <sched.h>
#include <stdint.h>

#include "cli/environment.h"

/* One program, run to its end within a time limit. One at a time; not thread-safe. */
struct child {
	char *const *argv;           /* argv[0] is a path */
	const struct environment *environment; /* added to ours; NULL: nothing */
	const cpu_set_t *cpus;       /* that it runs on; NULL: ours */
	const char *output;          /* file for its standard output; NULL: nowhere */
	const char *errors;          /* file for its standard error */
	uint64_t limit_ns;
	const char *(*watch)(void *data); /* some times a second; NULL, or why it must end. May be NULL */
	void *data;

	uint64_t context_switches;   /* of all its threads, from child_run() on */
};

/* Signals that end a program wait from now on: see tracee_hold_signals(). Once, before the first child. */
void child_hold_signals(void);

/*
 * It has a process group of its own, which is killed where it has to end early: at the limit, or
 * when a signal asks us to end (tracee_interrupted() says which).
 * @return 0 when it ended with 0, else < 0 with a sentence: -EINTR, -ETIMEDOUT, ...
 */
int child_run(struct child *c);

#endif
