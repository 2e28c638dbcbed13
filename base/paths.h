/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_PATHS_H
#define GILSCOPE_BASE_PATHS_H

#include <stddef.h>

/*
 * Finds one of our own files (a library, a helper program) for the running
 * executable: beside it, in the installed place, or in the build tree.
 *
 * @name    file name, such as "libgilscope-probe.so".
 * @in_tree its folder in the build tree, such as "runtime/cpython".
 * @out     the absolute path. @return 0, or PATHS_E_ABSENT (out is then "").
 * Thread-safe.
 */
enum { PATHS_E_ABSENT = 1 };
int paths_find(const char *name, const char *in_tree, char *out, size_t size);

/* The same for a file or folder that does not depend on the machine (datadir). */
int paths_find_shared(const char *name, const char *in_tree, char *out, size_t size);

/*
 * Says whether it is safe to write to `path`. Refused is a symbolic link (or at the end a pipe or socket) that another
 * user, not root, put into a folder where everybody may; at the end of the path wherever it lies.
 * @return 0, also where nothing is there yet, or < 0 with a sentence.
 */
int paths_check_links(const char *path);

#endif
