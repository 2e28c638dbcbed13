/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/pypy.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

#include "tracepoints/emit.h"

static bool is_pypy;

/* While the program starts: later the loader's lock might be held by somebody who waits for us. */
__attribute__((constructor)) static void look(void)
{
	is_pypy = dlsym(RTLD_DEFAULT, "PyPy_IsInitialized") != NULL;
}

static void say(void)
{
	static struct emit_gil gil = { .design = GIL_DESIGN_PYPY, .version = "" };

	if (!emit_load())
		emit_gil_create(&gil);
}

void pypy_saw_creation(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (__builtin_expect(is_pypy, 0))
		pthread_once(&once, say);
}
