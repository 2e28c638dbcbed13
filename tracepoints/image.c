/* SPDX-License-Identifier: MIT */
#include "tracepoints/image.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "tracepoints/names.h"

/* Neighbours differ; more digits would leave less of the name, which has 15 bytes. */
enum { LAST = 999, KEPT = 11 };

static unsigned count; /* 0: not yet counted */

/* With --no-follow no other program is recorded, and each finds the user's own environment. */
static bool has_followers(void)
{
	return !secure_getenv(GIL_ENV_NO_FOLLOW);
}

static void count_this(bool alone)
{
	const char *before = secure_getenv(GIL_ENV_IMAGE);
	unsigned long n;
	char text[16];
	int saved = errno;

	if (count)
		return;
	n = before ? strtoul(before, NULL, 10) : 0;
	count = n < LAST ? (unsigned)n + 1 : 2;
	snprintf(text, sizeof(text), "%u", count);
	if (alone && has_followers())
		setenv(GIL_ENV_IMAGE, text, 1);
	errno = saved;
}

/*
 * Python copies the environment, and may give its children that copy: so before it starts. Other programs
 * are not counted: a trace has plain names where a script or `env` starts Python. With a priority, since
 * the constructor of no_follow.c takes the sign of --no-follow away.
 */
__attribute__((constructor(101))) static void count_if_python(void)
{
	if (dlsym(RTLD_DEFAULT, "Py_Initialize"))
		count_this(true);
}

void image_name_begins(struct image_name *name, bool alone)
{
	char numbered[sizeof(name->was)];

	count_this(alone);
	if (count < 2 || prctl(PR_GET_NAME, name->was)) {
		name->was[0] = '\0';
		return;
	}
	/* It is at most LAST; so does the compiler know. */
	snprintf(numbered, sizeof(numbered), "%.*s+%u", KEPT, name->was, count % (LAST + 1));
	prctl(PR_SET_NAME, numbered);
}

void image_name_ends(const struct image_name *name)
{
	if (name->was[0])
		prctl(PR_SET_NAME, name->was);
}
