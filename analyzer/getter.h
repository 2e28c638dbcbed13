/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_GETTER_H
#define GILSCOPE_ANALYZER_GETTER_H

#include "analyzer/columns.h"

/* How the tables of columns are written: for the two files that have some, columns.c and stream.c. */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct value unknown = { .known = false };

static inline struct value text(const char *s)
{
	return (struct value){ .known = s != NULL, .text = s };
}

static inline struct value flag(bool yes)
{
	return (struct value){ .known = true, .flag = yes };
}

/* A function for a column's `get`: `expression` is a struct value, made of `row` and the results `r`. */
#define GETTER(name, row_type, expression)                                                       \
	static struct value name(const struct results *r, const struct column *c, const void *p) \
	{                                                                                        \
		const row_type *row = p;                                                         \
                                                                                                 \
		(void)r;                                                                         \
		(void)c;                                                                         \
		return expression;                                                               \
	}                                                                                        \
	struct name##_needs_semicolon

/* A column that such a function reads. */
#define GET(name, type, get) { name, NULL, NULL, type, 0, get, NULL }

#endif
