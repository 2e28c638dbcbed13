/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_SUBJECT_H
#define GILSCOPE_CLI_EXPERIMENT_SUBJECT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"

/* Whose GIL is tried: a design of the lab, or a Python. */
struct subject {
	char name[48];          /* "cond", "python 3.11.2" */
	char program[PATH_MAX]; /* gilrun, or the Python */
	bool is_python;
	bool sliced;            /* the holder lets go after a time; else after a number of ticks */
	bool python2;
};

struct subjects {
	struct subject *list;
	size_t n;
	char gilrun[PATH_MAX];
};

/*
 * Those that were asked for; without any, all designs of the lab.
 * @folder for temporary files. @return EXIT_OK, EXIT_USAGE after a message, EXIT_RUNTIME with a
 * sentence. Call subjects_deinit() in any case.
 */
int subjects_choose(struct subjects *out, const struct cli_words *designs,
		    const struct cli_words *pythons, const char *folder);
void subjects_deinit(struct subjects *s);

#endif
