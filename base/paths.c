/* SPDX-License-Identifier: MIT */
#include "base/paths.h"

#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
