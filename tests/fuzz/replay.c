/* SPDX-License-Identifier: MIT */
/* Where there is no libFuzzer: runs each file of the folders that are named, once. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 1 << 20 };

static int run(const char *path)
{
	cleanup(filep) FILE *file = fopen(path, "re");
	uint8_t *data;
	size_t size;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	data = malloc(LARGEST);
	size = data ? fread(data, 1, LARGEST, file) : 0;
	/* No byte more: so that a sanitizer sees who reads beyond. */
	data = data ? realloc(data, size ? size : 1) : NULL;
	if (!data)
		abort();
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	int failed = 0, n = 0;

	if (!dir) {
		fprintf(stderr, "%s: %s\n", folder, strerror(errno));
		return 1;
	}
	for (struct dirent *e; (e = readdir(dir));) {
		char path[PATH_MAX];

		if (*e->d_name == '.' || snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= (int)sizeof(path))
			continue;
		failed |= run(path);
		n++;
	}
	closedir(dir);
	printf("%d inputs in %s\n", n, folder);
	return failed || !n;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= run_folder(argv[i]);
	return failed;
}
