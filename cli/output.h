/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_OUTPUT_H
#define GILSCOPE_CLI_OUTPUT_H

#include <limits.h>
#include <stdint.h>

/*
 * Makes an empty folder for a new trace at `path`: a trace that is there becomes
 * PATH.old (an older PATH.old is removed), as perf does. Anything else that
 * is there is left alone.
 * @absolute: the new, empty folder. @return 0, or < 0 with a sentence.
 */
int output_prepare(const char *path, char absolute[PATH_MAX]);

/* Bytes that this user can still write in the folder of `path`; UINT64_MAX unknown. */
uint64_t output_free_bytes(const char *path);

/* Bytes of all files below `path`. */
uint64_t output_size_bytes(const char *path);

/* How many traces (one per recorded process) lie below `path`. */
unsigned output_traces(const char *path);

#endif
