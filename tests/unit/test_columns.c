/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/stream.h"
#include "base/cleanup.h"

static const struct table_columns *const streams[] = { &stream_events, &stream_intervals, &stream_waits,
						       &stream_blames, &stream_handovers, &stream_losses };
enum { STREAMS = sizeof(streams) / sizeof(streams[0]) };

/* Of the results, or of what passes by. */
static const struct table_columns *find_table(const char *name)
{
	for (size_t i = 0; i < STREAMS; i++)
		if (!strcmp(streams[i]->name, name))
			return streams[i];
	return table_find(name);
}

/* The first names of its lines, "| `a`, `b` | what they mean |", by section; "table name\n" each. */
static char *names_of_the_document(void)
{
	cleanup(filep) FILE *in = fopen(METRICS_MD, "r"), *out = NULL;
	char line[1024], section[64] = "", name[64];
	size_t size;
	char *names;

	out = open_memstream(&names, &size);
	assert_non_null(in);
	assert_non_null(out);
	while (fgets(line, sizeof(line), in)) {
		const char *p = line + 2, *end = strstr(p, " |");
		int length;

		assert_non_null(strchr(line, '\n')); /* it fits */
		if (sscanf(line, "## %63s", section) == 1 || strncmp(line, "| `", 3) != 0 ||
		    !find_table(section))
			continue;
		for (; p < end && sscanf(p, "`%63[^`]`%n", name, &length) == 1; p += strspn(p, ", ")) {
			p += length;
			fprintf(out, "%s %s\n", section, name);
		}
		assert_true(p >= end);
	}
	fclose(steal(&out)); /* may move the text */
	return names;
}

static const char *name_in_the_document(const struct column *c)
{
	return c->group ? c->group : c->name;
}

static bool has(const struct table_columns *table, const char *name)
{
	for (size_t i = 0; table && i < table->n_columns; i++)
		if (!strcmp(name_in_the_document(&table->columns[i]), name))
			return true;
	return false;
}

static void assert_defined(const struct table_columns *t, const char *names)
{
	char entry[160];

	for (size_t i = 0; i < t->n_columns; i++) {
		snprintf(entry, sizeof(entry), "%s %s\n", t->name, name_in_the_document(&t->columns[i]));
		if (!strstr(names, entry))
			fail_msg("docs/metrics.md does not define: %s", entry);
	}
}

static void test_each_column_is_defined(void **state)
{
	cleanup(freep) char *names = names_of_the_document();

	(void)state;
	for (const struct table_columns *t = tables; t->name; t++)
		assert_defined(t, names);
	for (size_t i = 0; i < STREAMS; i++)
		assert_defined(streams[i], names);
}

static void test_each_definition_is_of_a_column(void **state)
{
	cleanup(freep) char *names = names_of_the_document();
	char section[64], name[64];
	int length, n = 0;

	(void)state;
	for (const char *p = names; sscanf(p, "%63s %63s\n%n", section, name, &length) == 2; p += length, n++)
		if (!has(find_table(section), name) && strcmp(name, "violation_texts") != 0)
			fail_msg("there is no column '%s' in '%s'", name, section);
	assert_true(n > 100);
}

/* Or one would hide the other in every output. */
static void test_names_are_unique(void **state)
{
	(void)state;
	for (const struct table_columns *t = tables; t->name; t++)
		for (size_t i = 0; i < t->n_columns; i++)
			assert_ptr_equal(column_find(t, t->columns[i].name), &t->columns[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_column_is_defined),
		cmocka_unit_test(test_each_definition_is_of_a_column),
		cmocka_unit_test(test_names_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
