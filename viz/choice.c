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
	err(-EINVAL, "the %s have no column '%s'%s (--fields help lists all)", table->name,
	    name, nearest_words(words, sizeof(words), &near));
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

/* "hold" or "hold_ns" is a distribution, not a column: what is usually asked of one. */
static const char *const usual_members[] = { "total", "p50", "p99", "max" };
enum { USUAL_MEMBERS = sizeof(usual_members) / sizeof(usual_members[0]) };

static bool is_group(const struct column *c, const char *name)
{
	size_t length = strlen(name);

	return c->statistic && !strncmp(c->group, name, length) &&
	       (!c->group[length] || !strcmp(c->group + length, "_ns"));
}

/* Up to USUAL_MEMBERS of the distribution of that name. @return how many; 0: there is none */
static size_t find_group(const struct column *found[USUAL_MEMBERS], const struct table_columns *table,
			 const char *name)
{
	size_t n = 0;

	for (size_t m = 0; m < USUAL_MEMBERS; m++)
		for (size_t i = 0; i < table->n_columns; i++)
			if (is_group(&table->columns[i], name) &&
			    !strcmp(table->columns[i].member, usual_members[m]))
				found[n++] = &table->columns[i];
	return n;
}

/* A column, or those of a distribution. @return how many; 0 with a sentence. */
static size_t find_some(const struct column *found[USUAL_MEMBERS], const struct table_columns *table,
			const char *name)
{
	size_t n = choice_column(table, name) ? 0 : find_group(found, table, name);

	if (n)
		return n;
	found[0] = find(table, name);
	return found[0] != NULL;
}

static void take_away(struct choice *c, const struct column *column)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->columns[i] != column)
			c->columns[kept++] = c->columns[i];
	c->n = kept;
}

/* Said again, a column moves to the end. */
static int change(struct choice *c, char sign, const struct column *column)
{
	take_away(c, column);
	if (sign == '-')
		return 0;
	if (c->n == CHOICE_COLUMNS)
		return err(-EINVAL, "more than %d columns", CHOICE_COLUMNS);
	c->columns[c->n++] = column;
	return 0;
}

int choice_parse(struct choice *c, const struct table_columns *table, const char *const *words,
		 size_t n)
{
	bool fresh = false;
	int r = 0;

	for (size_t i = 0; i < n && !r; i++) {
		char sign = *words[i] == '+' || *words[i] == '-' ? *words[i] : '\0';
		const struct column *found[USUAL_MEMBERS];
		size_t n_found = find_some(found, table, words[i] + (sign != '\0'));

		if (!n_found)
			return -EINVAL;
		if (!sign && !fresh)
			c->n = 0;
		fresh |= !sign;
		for (size_t k = 0; k < n_found && !r; k++)
			r = change(c, sign, found[k]);
	}
	return r;
}

/* ---- in which order ------------------------------------------------------------------ */

int order_parse(struct order *o, const struct table_columns *table, const char *const *words, size_t n)
{
	o->n = 0;
	for (size_t i = 0; i < n; i++) {
		char sign = *words[i] == '+' || *words[i] == '-' ? *words[i] : '\0';
		const struct column *found[USUAL_MEMBERS], *column;

		if (!find_some(found, table, words[i] + (sign != '\0')))
			return -EINVAL;
		column = found[0];
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
