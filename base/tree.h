/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_TREE_H
#define GILSCOPE_BASE_TREE_H

/*
 * Removes `path` and all below it; never follows a symbolic link, never leaves the file system.
 * @return 0, or -errno (no sentence) of the last thing that could not be removed. Thread-safe
 * but for two removals at once.
 */
int tree_remove(const char *path);

#endif
