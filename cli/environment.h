/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_ENVIRONMENT_H
#define GILSCOPE_CLI_ENVIRONMENT_H

#include <stddef.h>

/* The environment that carries the probe into a program, and through it to its children. */

enum { ENVIRONMENT_MAX = 8 };
struct environment {
	char *entries[ENVIRONMENT_MAX]; /* NAME=value */
	size_t n;
};

/*
 * @recording: the id that the program's GILs are marked with, or NULL.
 * @home: LTTNG_HOME, or NULL. @return 0, or < 0 with a sentence. Free with environment_deinit().
 */
int environment_init(struct environment *e, const char *recording, const char *home);
/* One entry more. @return 0, or < 0 with a sentence. */
int environment_add(struct environment *e, const char *name, const char *value);
void environment_deinit(struct environment *e);

/* Puts the entries into this process's own environment. */
int environment_apply(const struct environment *e);

#endif
