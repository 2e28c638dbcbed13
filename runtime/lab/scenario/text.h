/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_SCENARIO_TEXT_H
#define GILSCOPE_LAB_SCENARIO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is below the grammar of scenarios: places, lines, words, values, signals. */

enum {
	TEXT_LINE_MAX = 1000, /* bytes */
	TEXT_WORDS_MAX = 12,  /* of a line */
};

/* Adds the sentence "PATH:LINE:COLUMN: ...". @return -EINVAL, always. */
int text_error(const char *path, unsigned line, unsigned column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

struct word {
	char *text;      /* without its quotes */
	unsigned column; /* in bytes, from 1 */
	bool quoted;
};

/* Is the line short enough, without control characters, and UTF-8? @length: a NUL in it counts. */
int text_check_line(const char *path, unsigned line, const char *text, size_t length);

/* Cuts a line into words, in place; they live as long as it does. A # ends it. */
int text_split(const char *path, unsigned line, char *text, struct word words[TEXT_WORDS_MAX],
	       size_t *n);

struct value {
	int64_t number; /* of ns, if it is a time */
	bool is_time;
};

/* "1000", or "5ms". @return NULL, or what is wrong with it: "is too large". */
const char *text_value(const char *text, struct value *out);

/* "0", "4096", "64K", "1M". @return as text_value(). */
const char *text_size(const char *text, int64_t *out);

/* The signals that a scenario may handle. */
#define TEXT_SIGNALS \
	"SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGHUP, SIGCHLD, SIGURG or SIGWINCH"
int text_signal(const char *name);         /* its number, or 0 */
const char *text_signal_name(int signal);  /* of one of them */

#endif
