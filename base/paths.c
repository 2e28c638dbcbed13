/* SPDX-License-Identifier: MIT */
#include "base/paths.h"

#include "base/err.h"
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory of the running executable, without the final slash. */
static int own_dir(char dir[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return PATHS_E_ABSENT;
	dir[n] = '\0';
	slash = strrchr(dir, '/');
	if (!slash)
		return PATHS_E_ABSENT;
	*slash = '\0';
	return 0;
}

static int try_path(const char *path, char *out, size_t size)
{
	char real[PATH_MAX];

	if (!realpath(path, real) || access(real, R_OK) || strlen(real) >= size)
		return PATHS_E_ABSENT;
	strcpy(out, real);
	return 0;
}

static int find(const char *name, const char *installed, const char *in_tree, char *out, size_t size)
{
	char dir[PATH_MAX], path[PATH_MAX * 2];
	/* Executables of the build tree lie one or two folders below its root. */
	static const char *const up[] = { "..", "../.." };

	*out = '\0';
	if (own_dir(dir))
		return PATHS_E_ABSENT;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!try_path(path, out, size))
		return 0;
	snprintf(path, sizeof(path), "%s/%s/%s", dir, installed, name);
	if (!try_path(path, out, size))
		return 0;
	for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s/%s", dir, up[i], in_tree, name);
		if (!try_path(path, out, size))
			return 0;
	}
	return PATHS_E_ABSENT;
}

int paths_find(const char *name, const char *in_tree, char *out, size_t size)
{
	return find(name, GILSCOPE_PKGLIBDIR_FROM_BINDIR, in_tree, out, size);
}

int paths_find_shared(const char *name, const char *in_tree, char *out, size_t size)
{
	return find(name, GILSCOPE_PKGDATADIR_FROM_BINDIR, in_tree, out, size);
}

/* ---- what others may have put in the way ------------------------------------------------- */

/* As the kernel's fs.protected_symlinks, where that is on; and never a stranger's link at the end of the path. */
static bool is_trap(const char *path, size_t length, const struct stat *st, bool last)
{
	char folder[PATH_MAX];
	struct stat above;

	if (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode) || st->st_uid == geteuid() || st->st_uid == 0)
		return false;
	if (last && S_ISLNK(st->st_mode))
		return true;
	while (length && path[length - 1] != '/')
		length--;
	snprintf(folder, sizeof(folder), "%.*s.", (int)length, path);
	return !stat(folder, &above) && above.st_mode & S_IWOTH;
}

int paths_check_links(const char *path)
{
	char prefix[PATH_MAX];
	struct stat st;

	if (strlen(path) >= PATH_MAX - 1)
		return err(-ENAMETOOLONG, "'%s' is too long a name", path);
	for (size_t n = 0; path[n];) {
		n += strspn(path + n, "/");
		n += strcspn(path + n, "/");
		snprintf(prefix, sizeof(prefix), "%.*s", (int)n, path);
		if (lstat(prefix, &st))
			break;
		if (is_trap(prefix, n, &st, !path[n]))
			return err(-EPERM, "'%s' is a link or pipe that another user put there (uid %u): not written to; name "
					   "another place", prefix, (unsigned)st.st_uid);
	}
	return 0;
}
