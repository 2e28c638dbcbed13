/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_OPTIONS_H
#define GILSCOPE_LAB_OPTIONS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/lab/gil/gil.h"
#include "runtime/lab/scenario/scenario.h"

enum { SETTINGS_MAX = 64 };

enum action { ACTION_RUN, ACTION_PYTHON, ACTION_BYTECODE };

struct options {
	enum action action;
	const char *scenario;   /* a name or a path */
	const struct gil_design *design;
	struct setting settings[SETTINGS_MAX]; /* names in `text` */
	size_t n_settings;
	char *text[SETTINGS_MAX]; /* owned */
	int32_t check_interval; /* ticks: of ticked designs */
	int64_t switch_interval_us; /* of the others */
	bool pinned;            /* to `cpus` */
	cpu_set_t cpus;
	bool trace;             /* load the provider */
	const char *truth;      /* a path, or NULL */
};

/*
 * Other strings are borrowed from @argv. Prints what --help, --version and the lists ask for.
 * @return 0, OPTIONS_E_DONE (it printed; nothing else to do), or < 0: a usage
 * error with a sentence. options_deinit() it in each case.
 */
enum { OPTIONS_E_DONE = 1 };
int options_parse(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);

/* "0", "0,2", "0-3,6". @return 0, or < 0 with a sentence: unreadable, or not ours to run on. */
int options_parse_cpus(const char *list, cpu_set_t *cpus);

#endif
