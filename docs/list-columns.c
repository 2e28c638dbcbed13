/* SPDX-License-Identifier: MIT */
/* Prints the columns of the report for make-schema: table, one row or many, name, group, member, type. */
#include "analyzer/columns.h"

#include <stdio.h>

static const char *const types[] = {
	[COLUMN_COUNT] = "count", [COLUMN_NS] = "ns",       [COLUMN_ROW] = "row",   [COLUMN_ID] = "id",
	[COLUMN_EPOCH] = "epoch", [COLUMN_RATIO] = "ratio", [COLUMN_FLAG] = "flag", [COLUMN_TEXT] = "text",
};

static void put_column(const struct table_columns *t, const struct column *c)
{
	printf("%s\t%s\t%s\t%s\t%s\t%s\n", t->name, table_is_single(t) ? "one" : "many", c->name,
	       c->group ? c->group : "", c->group ? c->member : "", types[c->type]);
}

int main(void)
{
	for (const struct table_columns *t = tables; t->name; t++)
		for (size_t i = 0; i < t->n_columns; i++)
			put_column(t, &t->columns[i]);
	return ferror(stdout) || fflush(stdout);
}
