/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/no_follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tracepoints/names.h"

enum { NAME_SIZE = 64 };

static bool unwanted;

/* What the user had before `record`: a value, or none. */
static void restore(const char *name)
{
	char was[sizeof(GIL_ENV_WAS) + NAME_SIZE];
	const char *value;

	snprintf(was, sizeof(was), GIL_ENV_WAS "%s", name);
	value = secure_getenv(was);
	if (!value)
		unsetenv(name);
	else if (!setenv(name, value, 1))
		unsetenv(was);
}

void no_follow_from_here(void)
{
	const char *names = secure_getenv(GIL_ENV_NO_FOLLOW);
	char name[NAME_SIZE];
	int saved = errno, length;

	if (!names)
		return;
	names += strcspn(names, " "); /* the pid */
	/* The string lives as long as its variable: that one goes last. */
	while (sscanf(names, " %63s%n", name, &length) == 1) {
		names += length;
		restore(name);
	}
	unsetenv(GIL_ENV_NO_FOLLOW);
	errno = saved;
}

bool no_follow_this(void)
{
	return unwanted;
}

__attribute__((constructor)) static void look(void)
{
	const char *value = secure_getenv(GIL_ENV_NO_FOLLOW);

	unwanted = value && atoi(value) != getpid();
	if (unwanted)
		no_follow_from_here();
}
