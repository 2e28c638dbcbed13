/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_CHOICE_H
#define GILSCOPE_VIZ_CHOICE_H

#include "analyzer/columns.h"

/*
 * Which columns of a table are shown (--fields) and in which order its rows
 * (--sort). Columns are written by their names of docs/metrics.md; a trailing
 * "_ns" may be left off. "hold" or "hold_ns", a distribution, stands for its total, p50, p99 and max
 * (for an order: its total). Thread-safe.
 */

/* By name, with or without its "_ns". NULL: there is none. */
const struct column *choice_column(const struct table_columns *table, const char *name);

enum { CHOICE_COLUMNS = 48 };
struct choice {
	const struct column *columns[CHOICE_COLUMNS];
	size_t n;
};

/* What is shown when nobody chooses: of the table, by exact names; NULL ends. */
void choice_default(struct choice *c, const struct table_columns *table, const char *const *names);

/*
 * "+name" adds a column, "-name" takes one away; names without a sign make a
 * new list. @return 0, or -EINVAL with a sentence.
 */
int choice_parse(struct choice *c, const struct table_columns *table, const char *const *words,
		 size_t n);

enum { ORDER_KEYS = 8 };
struct order {
	struct order_key {
		const struct column *column;
		bool rising;
	} keys[ORDER_KEYS];
	size_t n;
};

/*
 * "name": the largest first (texts: from A on); "+name" rising, "-name"
 * falling. @return 0, or -EINVAL with a sentence.
 */
int order_parse(struct order *o, const struct table_columns *table, const char *const *words, size_t n);

/* Sorts row numbers of the table; what is not known comes last, equals stay as they are. */
void order_rows(const struct order *o, const struct results *r, const struct table_columns *table,
		size_t *rows, size_t n);

#endif
