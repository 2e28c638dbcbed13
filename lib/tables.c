/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "analyzer/columns.h"
#include "lib/handle.h"

_Static_assert((int)GILSCOPE_COUNT == (int)COLUMN_COUNT && (int)GILSCOPE_TEXT == (int)COLUMN_TEXT,
	       "the public types of columns are in the order of ours");

static const struct gilscope_value nothing = { .known = false };

static const struct table_columns *table_at(size_t table)
{
	return table < gilscope_tables() ? &tables[table] : NULL;
}

static const struct column *column_at(const struct table_columns *t, size_t column)
{
	return t && column < t->n_columns ? &t->columns[column] : NULL;
}

size_t gilscope_tables(void)
{
	size_t n = 0;

	while (tables[n].name)
		n++;
	return n;
}

const char *gilscope_table_name(size_t table)
{
	const struct table_columns *t = table_at(table);

	return t ? t->name : NULL;
}

size_t gilscope_columns(size_t table)
{
	const struct table_columns *t = table_at(table);

	return t ? t->n_columns : 0;
}

const char *gilscope_column_name(size_t table, size_t column)
{
	const struct column *c = column_at(table_at(table), column);

	return c ? c->name : NULL;
}

int gilscope_find_table(const char *name)
{
	const struct table_columns *t = table_find(name);

	return t ? (int)(t - tables) : -1;
}

int gilscope_find_column(size_t table, const char *name)
{
	const struct table_columns *t = table_at(table);
	const struct column *c = t ? column_find(t, name) : NULL;

	return c ? (int)(c - t->columns) : -1;
}

static size_t rows_of(const struct results *r, const struct table_columns *t)
{
	return r && t ? t->rows(r) : 0;
}

size_t gilscope_rows(const struct gilscope *g, const char *table)
{
	return rows_of(handle_results(g), table_find(table));
}

static struct gilscope_value value_of(const struct gilscope *g, const struct table_columns *t, size_t row,
				      const struct column *c)
{
	const struct results *r = handle_results(g);
	struct gilscope_value out = nothing;
	struct value v;

	if (!c || row >= rows_of(r, t))
		return nothing;
	v = column_value(r, c, t->row(r, row));
	out.type = (enum gilscope_type)c->type;
	out.known = v.known;
	if (!v.known)
		return out;
	if (c->type == COLUMN_TEXT)
		out.text = v.text;
	else if (c->type == COLUMN_RATIO)
		out.ratio = v.ratio;
	else if (c->type == COLUMN_FLAG)
		out.flag = v.flag;
	else
		out.count = v.count;
	return out;
}

struct gilscope_value gilscope_value(const struct gilscope *g, size_t table, size_t row, size_t column)
{
	const struct table_columns *t = table_at(table);

	return value_of(g, t, row, column_at(t, column));
}

struct gilscope_value gilscope_get(const struct gilscope *g, const char *table, size_t row,
				   const char *column)
{
	const struct table_columns *t = table_find(table);

	return value_of(g, t, row, t ? column_find(t, column) : NULL);
}

const char *gilscope_text(char *buffer, size_t size, struct gilscope_value value)
{
	const struct column column = { .type = (enum column_type)value.type };
	struct value v = { .known = value.known };
	char number[COLUMN_TEXT_SIZE];

	if (value.type == GILSCOPE_TEXT) {
		snprintf(buffer, size, "%s", value.known ? value.text : "");
		return buffer;
	}
	if (value.type == GILSCOPE_RATIO)
		v.ratio = value.ratio;
	else if (value.type == GILSCOPE_FLAG)
		v.flag = value.flag;
	else
		v.count = value.count;
	snprintf(buffer, size, "%s", column_number(number, &column, v));
	return buffer;
}
