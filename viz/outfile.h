/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_OUTFILE_H
#define GILSCOPE_VIZ_OUTFILE_H

#include "base/cleanup.h"

/*
 * A file that appears whole or not at all: written beside its place under
 * another name and renamed at the end. What is no regular file (a pipe,
 * /dev/null) is written directly; "-" is the standard output.
 * Stays where it is while it is open. Not thread-safe.
 */
struct outfile {
	FILE *f;      /* NULL: nothing open */
	int fd;       /* below f */
	int error;    /* the first failed write's errno, which f forgets; 0: none */
	char *path;   /* where it goes; messages name it */
	char *temporary; /* NULL: written directly */
};

/* @return 0, or < 0 with a sentence that names the file. */
int outfile_open(struct outfile *o, const char *path);

/* For who writes much: has a write failed? @return 0, or < 0 with a sentence. */
int outfile_check(const struct outfile *o);

/* Closes the file and gives it its name. @return 0, or < 0 with a sentence (disk full, ...). */
int outfile_commit(struct outfile *o);

/* Lets go; what was not committed leaves no trace. */
void outfile_drop(struct outfile *o);

#endif
