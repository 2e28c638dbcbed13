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
