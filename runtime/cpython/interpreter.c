/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/interpreter.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* `name`, if the object loaded at `base` is the one that defines it. */
static void *defined_in(void *base, void *handle, const char *name)
{
	void *symbol = dlsym(handle, name);
	Dl_info info;

	return symbol && dladdr(symbol, &info) && info.dli_fbase == base ? symbol : NULL;
}

static bool is_interpreter(void *base, void *handle, struct interpreter *out)
{
	*(void **)&out->is_initialized = defined_in(base, handle, "Py_IsInitialized");
	return out->is_initialized && defined_in(base, handle, "PyEval_SaveThread");
}

/* "3.11.2 (main, May  2 2024, ...) [GCC ...]": what stands before the bracket. */
static void read_version(void *base, void *handle, char *version, size_t size)
{
	const char *(*get_version)(void);
	const char *text;

	version[0] = '\0';
	*(void **)&get_version = defined_in(base, handle, "Py_GetVersion");
	text = get_version ? get_version() : NULL;
	if (!text)
		return;
	snprintf(version, size, "%.*s", (int)strcspn(text, "("), text);
	for (size_t n = strlen(version); n && version[n - 1] == ' '; n--)
		version[n - 1] = '\0';
}

/* @return does it have all of them? */
static bool find_ticker(void *base, void *handle, struct ticker *t)
{
	const struct {
		const char *name;
		void **at;
	} wanted[] = {
		{ "_Py_Ticker", (void **)&t->ticks },
		{ "_Py_CheckInterval", (void **)&t->check_interval },
		{ "PyEval_ThreadsInitialized", (void **)&t->threads_initialized },
		{ "_PyThreadState_Current", (void **)&t->current },
		{ "PyInterpreterState_Head", (void **)&t->first_interpreter },
		{ "PyInterpreterState_Next", (void **)&t->next_interpreter },
		{ "PyInterpreterState_ThreadHead", (void **)&t->first_thread },
		{ "PyThreadState_Next", (void **)&t->next_thread },
		{ "PyThreadState_SetAsyncExc", (void **)&t->set_async_exc },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].at = defined_in(base, handle, wanted[i].name);
		if (!*wanted[i].at) {
			*t = (struct ticker){ 0 };
			return false;
		}
	}
	return true;
}

int interpreter_at(const void *address, struct interpreter *out)
{
	void *own = NULL, *handle = RTLD_DEFAULT;
	int ret = INTERPRETER_E_NONE, saved = errno;
	Dl_info info;

	if (!dladdr(address, &info))
		goto out;
	if (!is_interpreter(info.dli_fbase, handle, out)) {
		/* A libpython that somebody opened with RTLD_LOCAL. */
		own = handle = dlopen(info.dli_fname, RTLD_NOLOAD | RTLD_LAZY);
		if (!own || !is_interpreter(info.dli_fbase, own, out))
			goto out;
	}
	read_version(info.dli_fbase, handle, out->version, sizeof(out->version));
	out->ticked = find_ticker(info.dli_fbase, handle, &out->ticker);
	ret = 0;
out:
	if (own)
		dlclose(own);
	errno = saved;
	return ret;
}
