/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_OUTFILE_H
#define GILSCOPE_VIZ_OUTFILE_H

#include <stdbool.h>

#include "base/cleanup.h"

/*
 * A file that appears whole or not at all: it is written without a name (where
 * the file system cannot do that: beside its place, under another name) and
 * gets its name at the end. What is no regular file (a pipe, /dev/null) is
 * written directly; "-" is the standard output.
 * Stays where it is while it is open. Not thread-safe.
 */
struct outfile {
	FILE *f;      /* NULL: nothing open, or a library writes */
	int fd;       /* below f; -1: closed */
	int error;    /* the first failed write's errno, which f forgets; 0: none */
	char *path;   /* where it goes, NULL: nowhere; messages name it */
	char *temporary; /* NULL: it has no name yet, or is written directly */
	bool nameless;
};

/* @return 0, or < 0 with a sentence that names the file. */
int outfile_open(struct outfile *o, const char *path);

/*
 * For a library that opens its file by a name, and wants to read it, too: o->f stays NULL. What is no
 * regular file is refused. @name, in `buffer`: what the library opens.
 */
enum { OUTFILE_NAME_SIZE = 4352 };
int outfile_reserve(struct outfile *o, const char *path, char name[OUTFILE_NAME_SIZE]);

/* For who writes much: has a write failed? @return 0, or < 0 with a sentence. */
int outfile_check(const struct outfile *o);

/* Closes the file and gives it its name. @return 0, or < 0 with a sentence (disk full, ...). */
int outfile_commit(struct outfile *o);

/* Lets go; what was not committed leaves no trace. All zero is let go already. */
void outfile_drop(struct outfile *o);

#endif
