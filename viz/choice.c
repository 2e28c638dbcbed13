/* SPDX-License-Identifier: MIT */
#include "viz/choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "viz/nearest.h"

const struct column *choice_column(const struct table_columns *table, const char *name)
{
	const struct column *exact = column_find(table, name);
	size_t length = strlen(name);

	for (size_t i = 0; !exact && i < table->n_columns; i++) {
		const char *full = table->columns[i].name;

		if (!strncmp(full, name, length) && !strcmp(full + length, "_ns"))
			exact = &table->columns[i];
	}
	return exact;
}

/* As choice_column(), with a sentence. */
static const struct column *find(const struct table_columns *table, const char *name)
{
	const struct column *c = choice_column(table, name);
	struct nearest near = { .wanted = name };
	char words[NEAREST_WORDS];

	if (c)
		return c;
	for (size_t i = 0; i < table->n_columns; i++)
		nearest_offer(&near, table->columns[i].name);
	err(-EINVAL, "the %s have no column '%s'%s (docs/metrics.md has all names)", table->name, name,
	    nearest_words(words, sizeof(words), &near));
	return NULL;
}

/* ---- which columns ----------------------------------------------------------------- */

void choice_default(struct choice *c, const struct table_columns *table, const char *const *names)
{
	c->n = 0;
	for (; *names && c->n < CHOICE_COLUMNS; names++) {
		c->columns[c->n] = column_find(table, *names);
		c->n += c->columns[c->n] != NULL;
	}
}

static void take_away(struct choice *c, const struct column *column)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->columns[i] != column)
			c->columns[kept++] = c->columns[i];
	c->n = kept;
}

int choice_parse(struct choice *c, const struct table_columns *table, const char *const *words,
		 size_t n)
{
	bool fresh = false;

	for (size_t i = 0; i < n; i++) {
		char sign = *words[i] == '+' || *words[i] == '-' ? *words[i] : '\0';
		const struct column *column = find(table, words[i] + (sign != '\0'));

		if (!column)
			return -EINVAL;
		if (!sign && !fresh)
			c->n = 0;
		fresh |= !sign;
		/* Said again, a column moves to the end. */
		take_away(c, column);
		if (sign == '-')
			continue;
		if (c->n == CHOICE_COLUMNS)
			return err(-EINVAL, "more than %d columns", CHOICE_COLUMNS);
		c->columns[c->n++] = column;
	}
	return 0;
}

/* ---- in which order ------------------------------------------------------------------ */

int order_parse(struct order *o, const struct table_columns *table, const char *const *words, size_t n)
{
	o->n = 0;
	for (size_t i = 0; i < n; i++) {
		char sign = *words[i] == '+' || *words[i] == '-' ? *words[i] : '\0';
		const struct column *column = find(table, words[i] + (sign != '\0'));

		if (!column)
			return -EINVAL;
		if (o->n == ORDER_KEYS)
			return err(-EINVAL, "more than %d columns to sort by", ORDER_KEYS);
		o->keys[o->n++] = (struct order_key){
			.column = column,
			.rising = sign == '+' || (!sign && column->type == COLUMN_TEXT),
		};
	}
	return 0;
}

static int compare_values(const struct column *c, struct value a, struct value b)
{
	switch (c->type) {
	case COLUMN_TEXT:
		return strcmp(a.text, b.text);
	case COLUMN_RATIO:
		return (a.ratio > b.ratio) - (a.ratio < b.ratio);
	case COLUMN_FLAG:
		return a.flag - b.flag;
	default:
		return (a.count > b.count) - (a.count < b.count);
	}
}

struct sorting {
	const struct order *order;
	const struct results *results;
	const struct table_columns *table;
};

static int compare_rows(const void *left, const void *right, void *data)
{
	const struct sorting *s = data;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;

	for (size_t i = 0; i < s->order->n; i++) {
		const struct order_key *key = &s->order->keys[i];
		struct value x = column_value(s->results, key->column, s->table->row(s->results, a));
		struct value y = column_value(s->results, key->column, s->table->row(s->results, b));
		int way = x.known && y.known ? compare_values(key->column, x, y) : 0;

		if (x.known != y.known)
			return x.known ? -1 : 1;
		if (way)
			return key->rising ? way : -way;
	}
	return (a > b) - (a < b);
}

void order_rows(const struct order *o, const struct results *r, const struct table_columns *table,
		size_t *rows, size_t n)
{
	struct sorting s = { o, r, table };

	qsort_r(rows, n, sizeof(*rows), compare_rows, &s);
}
