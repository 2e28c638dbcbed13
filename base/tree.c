/* SPDX-License-Identifier: MIT */
#include "base/tree.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Deeper ones are no trace, and each level has a descriptor open. */
enum { DEPTH = 64 };

static int remove_entry(int folder, const char *name, dev_t device, int depth);

/* `fd` is given away. */
static int empty(int fd, dev_t device, int depth)
{
	DIR *dir = fdopendir(fd);
	int r = 0;

	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	for (const struct dirent *e; (e = readdir(dir));) {
		int failed = strcmp(e->d_name, ".") && strcmp(e->d_name, "..") ?
			remove_entry(fd, e->d_name, device, depth) : 0;

		r = failed ? failed : r;
	}
	closedir(dir);
	return r;
}

/* A folder is gone into by its descriptor: what somebody puts in its place meanwhile is not followed. */
static int remove_entry(int folder, const char *name, dev_t device, int depth)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r;
	struct stat st;

	if (fd < 0)
		return unlinkat(folder, name, 0) ? -errno : 0;
	if (fstat(fd, &st) || st.st_dev != device || depth == DEPTH) {
		close(fd);
		return -EXDEV;
	}
	r = empty(fd, device, depth + 1);
	return r ? r : unlinkat(folder, name, AT_REMOVEDIR) ? -errno : 0;
}

int tree_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	return remove_entry(AT_FDCWD, path, st.st_dev, 0);
}
