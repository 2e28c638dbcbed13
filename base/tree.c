/* SPDX-License-Identifier: MIT */
#include "base/tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>

static int failure; /* nftw() has no argument for its callback */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	if (remove(path))
		failure = -errno;
	return 0;
}

int tree_remove(const char *path)
{
	enum { DESCRIPTORS = 16 };

	failure = 0;
	nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return failure;
}
