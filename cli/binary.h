/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_BINARY_H
#define GILSCOPE_CLI_BINARY_H

#include <limits.h>
#include <stdbool.h>

/* What the system makes of an executable file: can a probe be preloaded into it? */

enum binary_kind {
	BINARY_PRELOADABLE,
	BINARY_STATIC,  /* no dynamic loader */
	BINARY_MUSL,    /* another C library: the probe stays idle, LTTng cannot be loaded */
	BINARY_FOREIGN, /* for another processor, or of another word size, than gilscope */
	BINARY_UNKNOWN, /* not ELF, or it cannot be read */
};

struct binary {
	char path[PATH_MAX]; /* of the ELF file that runs: of a script its interpreter, also behind `env` */
	enum binary_kind kind;
	bool privileged;     /* runs with other rights than ours: the loader preloads nothing */
	bool python;         /* it is a CPython, or is linked with one */
	bool pypy;
};

/* @path as tracee_find() gave it. Never fails: see BINARY_UNKNOWN. Thread-safe. */
void binary_look(struct binary *out, const char *path);

#endif
