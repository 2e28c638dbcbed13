/* SPDX-License-Identifier: MIT */
/*
 * Linked into a second gilscope, whose own objects get their memory from here (ld's --wrap): what libraries ask
 * for is none of it. Counts the allocations and lets one of them fail, or that and all that follow.
 *
 *   STARVE_AT=N     the Nth fails
 *   STARVE_FROM=N   the Nth and all after it fail
 *   STARVE_COUNT=FILE   at the end, how many there were
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
int __real_vasprintf(char **out, const char *fmt, va_list ap);
char *__real_realpath(const char *path, char *out);
FILE *__real_open_memstream(char **out, size_t *size);
FILE *__real_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_asprintf(char **out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int __wrap_vasprintf(char **out, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
char *__wrap_realpath(const char *path, char *out);
FILE *__wrap_open_memstream(char **out, size_t *size);
FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions);

static atomic_ulong count;
static unsigned long at, from;

static unsigned long number(const char *variable)
{
	const char *value = getenv(variable);

	return value ? strtoul(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	at = number("STARVE_AT");
	from = number("STARVE_FROM");
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("STARVE_COUNT");
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!file)
		return;
	fprintf(file, "%lu\n", atomic_load(&count));
	fclose(file);
}

static bool fails(void)
{
	unsigned long n = atomic_fetch_add(&count, 1) + 1;

	if (n != at && (!from || n < from))
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, n, size);
}

char *__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
	return fails() ? NULL : __real_strndup(text, size);
}

/* As glibc has it: what *out is then is nobody's to use. */
int __wrap_vasprintf(char **out, const char *fmt, va_list ap)
{
	static char poison;

	if (!fails())
		return __real_vasprintf(out, fmt, ap);
	*out = &poison;
	return -1;
}

int __wrap_asprintf(char **out, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap_vasprintf(out, fmt, ap);
	va_end(ap);
	return n;
}

char *__wrap_realpath(const char *path, char *out)
{
	return !out && fails() ? NULL : __real_realpath(path, out);
}

FILE *__wrap_open_memstream(char **out, size_t *size)
{
	return fails() ? NULL : __real_open_memstream(out, size);
}

FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
	return fails() ? NULL : __real_fopencookie(cookie, mode, functions);
}
