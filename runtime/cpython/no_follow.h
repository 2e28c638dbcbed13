/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_RUNTIME_CPYTHON_NO_FOLLOW_H
#define GILSCOPE_RUNTIME_CPYTHON_NO_FOLLOW_H

#include <stdbool.h>

/*
 * `record --no-follow`: one process is recorded, whatever programs it becomes, and none of its
 * children. GIL_ENV_NO_FOLLOW says which process, and which variables `record` set.
 *
 * A child that still inherits them gets the user's environment back before its main(). The
 * process itself gets it back with no_follow_from_here(), when they have done their work.
 */

/* Is this process a child that shall not be recorded? */
bool no_follow_this(void);

/* Restores the environment. While the process has one thread. Nothing to do without --no-follow. */
void no_follow_from_here(void);

#endif
