/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_IMAGE_H
#define GILSCOPE_TRACEPOINTS_IMAGE_H

#include <stdbool.h>

/*
 * The programs that follow each other in one process, by exec(). LTTng files what it records under the
 * process's name and number and the second in which it registered; where all three are those of the
 * program before, it writes over that program's events, and nobody is told. So each Python counts
 * itself in GIL_ENV_IMAGE, which it leaves to the next, and from the second on LTTng is given a name with
 * that count: python3+2. A fork child registers without one, and so differs from what it becomes.
 *
 * image_name_begins() belongs before LTTng is loaded, in the thread that loads it, and gives that thread
 * the name; image_name_ends() belongs behind it, and gives the old one back. `alone`: there is no other
 * thread, which could be reading the environment; else a count that is not yet there is not left to anybody.
 */
struct image_name {
	char was[16]; /* "": it was not changed */
};

void image_name_begins(struct image_name *name, bool alone);
void image_name_ends(const struct image_name *name);

#endif
