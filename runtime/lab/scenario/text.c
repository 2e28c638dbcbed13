/* SPDX-License-Identifier: MIT */
#include "runtime/lab/scenario/text.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

int text_error(const char *path, unsigned line, unsigned column, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err(-EINVAL, "%s:%u:%u: %s", path, line, column, what);
}

/* The length of the well-formed UTF-8 character at `s`, which a NUL ends; 0: it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t length = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Too long for what they say, surrogates, beyond the last character. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

int text_check_line(const char *path, unsigned line, const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t step;

	if (length > TEXT_LINE_MAX)
		return text_error(path, line, TEXT_LINE_MAX + 1,
				  "the line is longer than %d bytes: cut it", TEXT_LINE_MAX);
	for (size_t i = 0; i < length; i += step) {
		step = utf8_length(&s[i]);
		if (!step || (s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
			return text_error(path, line, (unsigned)i + 1,
					  "byte 0x%02x is no text: a scenario is a text file, in UTF-8",
					  s[i]);
	}
	return 0;
}

/* Takes the quotes and backslashes out of the word that begins at *at; moves *at behind it. */
static int unquote(const char *path, unsigned line, const char *start, char **at, struct word *word)
{
	char *from = *at + 1, *to = from;

	word->text = to;
	word->quoted = true;
	for (; *from != '"'; from++) {
		if (!*from)
			return text_error(path, line, word->column,
					  "a text begins here, and its second \" is missing");
		if (*from == '\\' && *++from != '"' && *from != '\\')
			return text_error(path, line, (unsigned)(from - start),
					  "in a text, a \\ stands before \" or \\ only: write \\\\");
		*to++ = *from;
	}
	*at = from + 1;
	*to = '\0';
	return 0;
}

int text_split(const char *path, unsigned line, char *text, struct word words[TEXT_WORDS_MAX],
	       size_t *n)
{
	char *at = text;
	int r;

	for (*n = 0;; (*n)++) {
		struct word *word = &words[*n];

		at += strspn(at, " \t");
		if (!*at || *at == '#')
			return 0;
		if (*n == TEXT_WORDS_MAX)
			return text_error(path, line, (unsigned)(at - text) + 1,
					  "too many words in a line: one statement a line");
		*word = (struct word){ .text = at, .column = (unsigned)(at - text) + 1 };
		if (*at != '"') {
			at += strcspn(at, " \t#\"");
		} else if ((r = unquote(path, line, text, &at, word))) {
			return r;
		}
		if (*at && !strchr(" \t#", *at))
			return text_error(path, line, (unsigned)(at - text) + 1,
					  "a space is missing before or behind the \"");
		if (*at == '#') {
			*at = '\0';
		} else if (*at) {
			*at++ = '\0';
		}
	}
}

/* The digits at *text; moves *text behind them. */
static const char *digits(const char **text, int64_t *out)
{
	*out = 0;
	if (**text == '-')
		return "is negative: there is nothing below 0";
	if (!isdigit((unsigned char)**text))
		return "is not a whole number";
	for (; isdigit((unsigned char)**text); (*text)++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, **text - '0', out))
			return "is too large";
	return NULL;
}

const char *text_value(const char *text, struct value *out)
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = { { "", 1 }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	const char *wrong = digits(&text, &out->number);

	if (wrong)
		return wrong;
	out->is_time = *text;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text, units[i].unit))
			continue;
		if (__builtin_mul_overflow(out->number, units[i].ns, &out->number))
			return "is too large";
		return NULL;
	}
	return "is neither a whole number, such as 1000, nor a time, such as 5ms (ns, us, ms, s)";
}

const char *text_size(const char *text, int64_t *out)
{
	const char *wrong = digits(&text, out);
	int64_t unit = !strcmp(text, "K") ? 1024 : !strcmp(text, "M") ? 1048576 : 1;

	if (wrong)
		return wrong;
	if (*text && unit == 1)
		return "is no size: write it as 65536, 64K or 1M";
	return __builtin_mul_overflow(*out, unit, out) ? "is too large" : NULL;
}

/* Not those that end a program by hand: Ctrl-C must go on to work. */
static const struct {
	const char *name;
	int signal;
} signals[] = {
	{ "SIGUSR1", SIGUSR1 }, { "SIGUSR2", SIGUSR2 }, { "SIGALRM", SIGALRM },
	{ "SIGVTALRM", SIGVTALRM }, { "SIGPROF", SIGPROF }, { "SIGHUP", SIGHUP },
	{ "SIGCHLD", SIGCHLD }, { "SIGURG", SIGURG }, { "SIGWINCH", SIGWINCH },
};

int text_signal(const char *name)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!strcmp(name, signals[i].name))
			return signals[i].signal;
	return 0;
}

const char *text_signal_name(int signal)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signal == signals[i].signal)
			return signals[i].name;
	return "";
}
