/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include "base/err.h"
#include "base/paths.h"
#include "base/tree.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { DESCRIPTORS = 16 };

/* nftw() has no argument for its callback. */
static struct {
	uint64_t bytes;
	unsigned traces;
	unsigned others; /* files that no trace has at its top */
} walk;

static int look(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + ftw->base;

	if (type == FTW_F)
		walk.bytes += (uint64_t)st->st_size;
	if (type == FTW_F && !strcmp(name, "metadata"))
		walk.traces++;
	if (ftw->level == 1 && strcmp(name, "ust") && strcmp(name, "gilscope.json") && strcmp(name, "late"))
		walk.others++;
	return 0;
}

static void look_below(const char *path)
{
	memset(&walk, 0, sizeof(walk));
	nftw(path, look, DESCRIPTORS, FTW_PHYS);
}

static bool exists(const char *path, struct stat *st)
{
	return !lstat(path, st);
}

/* What a recording leaves, or an empty folder. */
static bool is_trace(const char *path, const struct stat *st)
{
	if (!S_ISDIR(st->st_mode))
		return false;
	look_below(path);
	return !walk.others || walk.traces;
}

static int make_room(const char *path)
{
	char old[PATH_MAX];
	struct stat st;
	int r;

	if (!exists(path, &st))
		return 0;
	if (!is_trace(path, &st))
		return err(-EEXIST, "'%s' exists and is not a trace: choose another place with -o", path);
	if (snprintf(old, sizeof(old), "%s.old", path) >= (int)sizeof(old))
		return err(-ENAMETOOLONG, "'%s.old' is too long a name", path);
	if (exists(old, &st)) {
		if (!is_trace(old, &st))
			return err(-EEXIST, "'%s' is in the way and is not a trace: remove it or choose "
					    "another place with -o", old);
		r = tree_remove(old);
		if (r)
			return err(r, "cannot remove the older '%s': %s", old, strerror(-r));
	}
	if (rename(path, old))
		return err(-errno, "cannot rename '%s' to '%s': %s", path, old, strerror(errno));
	return 0;
}

int output_prepare(const char *path, char absolute[PATH_MAX])
{
	char copy[PATH_MAX], name[PATH_MAX], folder[PATH_MAX];
	int r;

	if (!*path || strlen(path) >= PATH_MAX - 8)
		return err(-EINVAL, "'%s' is no name for a trace", path);
	r = paths_check_links(path);
	if (r)
		return r;
	strcpy(copy, path);
	snprintf(name, sizeof(name), "%s", basename(copy));
	strcpy(copy, path);
	if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "/"))
		return err(-EINVAL, "'%s' is no name for a trace", path);
	if (!realpath(dirname(copy), folder))
		return err(-errno, "cannot write '%s': %s", path, strerror(errno));
	if (access(folder, W_OK | X_OK))
		return err(-errno, "cannot write in '%s': %s; choose another place with -o", folder,
			   strerror(errno));
	if (snprintf(absolute, PATH_MAX, "%s/%s", strcmp(folder, "/") ? folder : "", name) >= PATH_MAX)
		return err(-ENAMETOOLONG, "'%s' is too long a name", path);
	r = make_room(absolute);
	if (r)
		return r;
	if (mkdir(absolute, 0777))
		return err(-errno, "cannot create '%s': %s; choose another place with -o", absolute,
			   strerror(errno));
	return 0;
}

uint64_t output_free_bytes(const char *path)
{
	char copy[PATH_MAX];
	struct statvfs fs;

	snprintf(copy, sizeof(copy), "%s", path);
	if (statvfs(dirname(copy), &fs))
		return UINT64_MAX;
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

uint64_t output_size_bytes(const char *path)
{
	look_below(path);
	return walk.bytes;
}

unsigned output_traces(const char *path)
{
	look_below(path);
	return walk.traces;
}
