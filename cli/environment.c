/* SPDX-License-Identifier: MIT */
#include "cli/environment.h"

#include "base/err.h"
#include "base/paths.h"
#include "tracepoints/names.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char probe_file[] = "libgilscope-probe.so";

/* With -1 a stopped daemon would hang the program; a second is enough for one that works. */
static const char register_timeout[] = "LTTNG_UST_REGISTER_TIMEOUT";
enum { REGISTER_TIMEOUT_MS = 1000 };

int environment_add(struct environment *e, const char *name, const char *value)
{
	if (asprintf(&e->entries[e->n], "%s=%s", name, value) < 0)
		return err(-ENOMEM, "out of memory");
	e->n++;
	return 0;
}

static int add_preload(struct environment *e)
{
	const char *others = getenv("LD_PRELOAD");
	char probe[PATH_MAX], value[PATH_MAX + 4096];

	if (paths_find(probe_file, "runtime/cpython", probe, sizeof(probe)))
		return err(-ENOENT, "%s is not where gilscope was installed: install gilscope again",
			   probe_file);
	if (strpbrk(probe, ": "))
		return err(-EINVAL, "the path '%s' has a space or a colon, which LD_PRELOAD cannot carry: "
				    "install gilscope elsewhere", probe);
	if (!others || !*others || strstr(others, probe))
		return environment_add(e, "LD_PRELOAD", others && *others ? others : probe);
	if (snprintf(value, sizeof(value), "%s:%s", probe, others) >= (int)sizeof(value))
		return err(-E2BIG, "LD_PRELOAD is too long");
	return environment_add(e, "LD_PRELOAD", value);
}

static int add_register_timeout(struct environment *e)
{
	const char *theirs = getenv(register_timeout);
	char value[16];

	if (theirs && *theirs && atoi(theirs) >= 0 && atoi(theirs) <= REGISTER_TIMEOUT_MS)
		return 0;
	snprintf(value, sizeof(value), "%d", REGISTER_TIMEOUT_MS);
	return environment_add(e, register_timeout, value);
}

int environment_init(struct environment *e, const char *recording, const char *home)
{
	int r;

	*e = (struct environment){ 0 };
	r = add_preload(e);
	if (!r)
		r = add_register_timeout(e);
	if (!r && recording)
		r = environment_add(e, GIL_ENV_RECORDING, recording);
	if (!r && home)
		r = environment_add(e, "LTTNG_HOME", home);
	if (r)
		environment_deinit(e);
	return r;
}

void environment_deinit(struct environment *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->entries[i]);
	e->n = 0;
}

int environment_apply(const struct environment *e)
{
	for (size_t i = 0; i < e->n; i++) {
		const char *equals = strchr(e->entries[i], '=');
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(equals - e->entries[i]), e->entries[i]);
		if (setenv(name, equals + 1, 1))
			return err(-errno, "cannot set %s: %s", name, strerror(errno));
	}
	return 0;
}
