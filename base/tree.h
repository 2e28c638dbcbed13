/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_TREE_H
#define GILSCOPE_BASE_TREE_H

/*
 * Removes `path` and all below it; never follows a symbolic link, not even one that takes a folder's place
 * meanwhile, and never leaves the file system.
 * @return 0, or -errno (no sentence) of the last thing that could not be removed. Thread-safe.
 */
int tree_remove(const char *path);

#endif
