/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_TRACEE_H
#define GILSCOPE_CLI_TRACEE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cli/environment.h"

/* The program that `record` runs. One at a time; not thread-safe. */

/*
 * From now on the signals that end a program wait, for the program when it
 * runs, so that the recorder always gets to close the trace. Once, before
 * anything is opened that must be closed.
 * @asks: SIGUSR1 waits as well, which asks the recorder for something.
 */
void tracee_hold_signals(bool asks);

/* Did one come before the program was started? @return 0 or 128 + signal. */
int tracee_interrupted(void);

/* Finds `name` as a shell would. @return 0; EXIT_NOT_FOUND or EXIT_NOT_RUNNABLE with a sentence. */
int tracee_find(const char *name, char path[PATH_MAX]);

/*
 * Starts it with the environment added, after tracee_hold_signals().
 * @quiet: its standard output goes nowhere.
 * @return 0, or < 0 with a sentence.
 */
int tracee_start(const char *path, char **argv, const struct environment *e, bool quiet, pid_t *out);

enum tracee_news { TRACEE_NOTHING, TRACEE_ENDED, TRACEE_ASKS, TRACEE_INTERRUPTED };

/*
 * Waits for at most `ms`, passing signals on.
 * @pid 0: there is no program, and the signals are for the recorder.
 * @status TRACEE_ENDED only: what a shell would say, its exit status or 128 + signal.
 */
enum tracee_news tracee_wait(pid_t pid, int ms, int *status);

#endif
