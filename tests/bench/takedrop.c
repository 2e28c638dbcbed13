/* SPDX-License-Identifier: MIT */
/*
 * Drops and takes the GIL of the Python that loaded this library, as fast as
 * it can. For bench_probe.py, which calls it with ctypes.PyDLL: it is entered
 * with the GIL held.
 */
#include "tracepoints/emit_table.h"

#include <dlfcn.h>
#include <time.h>

#define CALLED __attribute__((visibility("default")))

CALLED int takedrop_find(void);
CALLED int takedrop_recorded(const char *provider);
CALLED int64_t takedrop_pairs(int64_t n);
CALLED void takedrop_split(int64_t n, int64_t *drop_ns, int64_t *take_ns);

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct {
	void *(*save)(void);
	void (*restore)(void *);
} python;

int takedrop_find(void)
{
	*(void **)&python.save = dlsym(RTLD_DEFAULT, "PyEval_SaveThread");
	*(void **)&python.restore = dlsym(RTLD_DEFAULT, "PyEval_RestoreThread");
	return python.save && python.restore;
}

/* How many of the events of a take and a drop does somebody record? */
int takedrop_recorded(const char *provider)
{
	void *handle = dlopen(provider, RTLD_NOLOAD | RTLD_LAZY);
	const struct emit_table *table = handle ? dlsym(handle, EMIT_TABLE_SYMBOL) : NULL;

	if (!table)
		return 0;
	return !!*table->on[GIL_ENTRY] + !!*table->on[GIL_ACQUIRE] + !!*table->on[GIL_RELEASE];
}

/* @return how long `n` pairs of drop and take took */
int64_t takedrop_pairs(int64_t n)
{
	int64_t begin_ns = now_ns();

	for (int64_t i = 0; i < n; i++)
		python.restore(python.save());
	return now_ns() - begin_ns;
}

/* How long the drops and the takes of `n` pairs took, the clock included. */
void takedrop_split(int64_t n, int64_t *drop_ns, int64_t *take_ns)
{
	*drop_ns = *take_ns = 0;
	for (int64_t i = 0; i < n; i++) {
		int64_t begin_ns = now_ns(), between_ns;
		void *state = python.save();
		between_ns = now_ns();
		python.restore(state);
		*drop_ns += between_ns - begin_ns;
		*take_ns += now_ns() - between_ns;
	}
}
