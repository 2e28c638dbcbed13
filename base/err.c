/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

enum { DEPTH = 8, LENGTH = 1024 };

static _Thread_local char sentences[DEPTH][LENGTH];
static _Thread_local int count;

int err(int code, const char *fmt, ...)
{
	/* When full, the outermost is replaced: the innermost says what happened. */
	int slot = count < DEPTH ? count++ : DEPTH - 1;
	char said[LENGTH];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	/* It may quote what a stranger wrote, and is for terminals. */
	text_name(sentences[slot], LENGTH, &(struct page){ .utf8 = true }, said);
	return code;
}

void err_print(FILE *out)
{
	const char *who = program_invocation_short_name;

	for (int i = count - 1; i >= 0; i--) {
		fprintf(out, "%s: %s\n", who, sentences[i]);
		who = "  because";
	}
	count = 0;
}

int err_mark(void)
{
	return count;
}

void err_forget(int mark)
{
	if (count > mark)
		count = mark;
}

void err_clear(void)
{
	count = 0;
}

const char *err_innermost(void)
{
	return count ? sentences[0] : "";
}

const char *err_outermost(void)
{
	return count ? sentences[count - 1] : "";
}

const char *err_take(void)
{
	static const char because[] = "\n  because: ";
	static _Thread_local char text[DEPTH * (LENGTH + sizeof(because))];
	size_t n = 0;

	text[0] = '\0';
	for (int i = count - 1; i >= 0; i--)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? because : "", sentences[i]);
	count = 0;
	return text;
}
