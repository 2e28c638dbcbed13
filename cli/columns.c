/* SPDX-License-Identifier: MIT */
#include "cli/columns.h"

#include <string.h>

#include "lib/gilscope.h"

enum { COLUMN_WIDTH = 26, ACROSS = 3 };

bool columns_asked(const struct cli_words *words)
{
	return words->n == 1 && !strcmp(words->words[0], "help");
}

/* In the order of the table, down and then across, as `ls` does. */
int columns_print(void)
{
	size_t threads = (size_t)gilscope_find_table("threads"), n = gilscope_columns(threads);
	size_t rows = (n + ACROSS - 1) / ACROSS;

	for (size_t i = 0; i < rows; i++)
		for (size_t at = i; at < n; at += rows) {
			const char *name = gilscope_column_name(threads, at);

			if (at + rows < n)
				printf("%-*s ", COLUMN_WIDTH, name);
			else
				puts(name);
		}
	return EXIT_OK;
}
