/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_STRACE_H
#define GILSCOPE_CLI_EXPERIMENT_STRACE_H

#include <stdint.h>

/* How many system calls the table of `strace -c` in `path` has. @return 0, or < 0 with a sentence. */
int strace_count(const char *path, uint64_t *calls);

#endif
