/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_OPTIONS_H
#define GILSCOPE_LAB_OPTIONS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/lab/gil/gil.h"

struct options {
	const char *scenario;
	const struct gil_design *design;
	int64_t count;          /* iterations per thread */
	int32_t threads;        /* besides the main thread */
	int32_t check_interval; /* ticks */
	bool pinned;            /* to `cpus` */
	cpu_set_t cpus;
	bool trace;             /* load the provider */
	const char *truth;      /* a path, or NULL */
};

/*
 * Strings are borrowed from @argv. Prints what --help, --version and --list ask for.
 * @return 0, OPTIONS_E_DONE (it printed; nothing else to do), or < 0: a usage
 * error with a sentence.
 */
enum { OPTIONS_E_DONE = 1 };
int options_parse(struct options *options, int argc, char **argv);

/* "0", "0,2", "0-3,6". @return 0, or < 0 with a sentence: unreadable, or not ours to run on. */
int options_parse_cpus(const char *list, cpu_set_t *cpus);

#endif
