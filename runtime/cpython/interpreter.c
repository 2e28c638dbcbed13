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

/* Where the interpreter that contains `address` finds its symbols; close_image() it. */
struct image {
	void *base, *handle, *own;
	struct interpreter interpreter;
};

static int open_image(const void *address, struct image *image)
{
	Dl_info info;

	*image = (struct image){ .handle = RTLD_DEFAULT };
	if (!dladdr(address, &info))
		return INTERPRETER_E_NONE;
	image->base = info.dli_fbase;
	if (is_interpreter(image->base, image->handle, &image->interpreter))
		return 0;
	/* A libpython that somebody opened with RTLD_LOCAL. */
	image->handle = image->own = dlopen(info.dli_fname, RTLD_NOLOAD | RTLD_LAZY);
	if (!image->own || !is_interpreter(image->base, image->own, &image->interpreter))
		return INTERPRETER_E_NONE;
	return 0;
}

static void close_image(struct image *image)
{
	if (image->own)
		dlclose(image->own);
}

int interpreter_at(const void *address, struct interpreter *out)
{
	struct image image;
	int saved = errno, ret = open_image(address, &image);

	if (!ret) {
		*out = image.interpreter;
		read_version(image.base, image.handle, out->version, sizeof(out->version));
		*(void **)&out->add_pending_call =
			defined_in(image.base, image.handle, "Py_AddPendingCall");
		out->ticked = find_ticker(image.base, image.handle, &out->ticker);
	}
	close_image(&image);
	errno = saved;
	return ret;
}

int interpreter_symbols(const void *address, const char *const *names, void **symbols, size_t n)
{
	struct image image;
	int saved = errno, ret = open_image(address, &image);

	for (size_t i = 0; !ret && i < n; i++)
		symbols[i] = defined_in(image.base, image.handle, names[i]);
	close_image(&image);
	errno = saved;
	return ret;
}
