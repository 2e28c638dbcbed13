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
 */
void tracee_hold_signals(void);

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

/*
 * Waits for at most `ms`, passing signals on. @return true when it has ended;
 * *status is then what a shell would say: its exit status, or 128 + signal.
 */
bool tracee_wait(pid_t pid, int ms, int *status);

#endif
