/* SPDX-License-Identifier: MIT */
/* Prints all columns for make-schema and the tests: table, how many rows, name, group, member, type. */
#include "analyzer/stream.h"

#include <stdio.h>

static const char *const types[] = {
	[COLUMN_COUNT] = "count", [COLUMN_NS] = "ns",       [COLUMN_ROW] = "row",   [COLUMN_ID] = "id",
	[COLUMN_EPOCH] = "epoch", [COLUMN_RATIO] = "ratio", [COLUMN_FLAG] = "flag", [COLUMN_TEXT] = "text",
};

static void put_table(const struct table_columns *t, const char *rows)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];

		printf("%s\t%s\t%s\t%s\t%s\t%s\n", t->name, rows, c->name, c->group ? c->group : "",
		       c->group ? c->member : "", types[c->type]);
	}
}

int main(void)
{
	const struct table_columns *streams[] = { &stream_intervals, &stream_waits, &stream_blames,
						  &stream_events, &stream_handovers, &stream_losses };

	for (const struct table_columns *t = tables; t->name; t++)
		put_table(t, table_is_single(t) ? "one" : "many");
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		put_table(streams[i], "stream");
	return ferror(stdout) || fflush(stdout);
}
