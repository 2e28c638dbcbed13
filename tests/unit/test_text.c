/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "base/grid.h"
#include "base/text.h"

#include <cmocka.h>

static const struct page ascii = { .utf8 = false }, utf8 = { .utf8 = true };

static void test_counts(void **state)
{
	(void)state;
	assert_string_equal(COUNT(0), "0");
	assert_string_equal(COUNT(999), "999");
	assert_string_equal(COUNT(1000), "1,000");
	assert_string_equal(COUNT(UINT64_MAX), "18,446,744,073,709,551,615");
}

static void test_durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1.00 us" }, { 1234, "1.23 us" },
		{ 9996, "10.0 us" }, { 99960, "100 us" }, { 999499, "999 us" }, { 999500, "1.00 ms" },
		{ 4830000000, "4.83 s" }, { 1234567890123, "1,235 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(DURATION(cases[i].ns), cases[i].text);
}

static void test_percents(void **state)
{
	(void)state;
	assert_string_equal(PERCENT(491, 1000), "49.1 %");
	assert_string_equal(PERCENT(0, 0), "-");
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(NAME(&ascii, "Thread-1 (count)"), "Thread-1 (count)");
	assert_string_equal(NAME(&utf8, "Zürich"), "Zürich");
	assert_string_equal(NAME(&ascii, "Zürich"), "Z\\xc3\\xbcrich");
	assert_string_equal(NAME(&utf8, "a\nb\x7f"), "a\\x0ab\\x7f");
	/* Broken: cut short, overlong, surrogate. */
	assert_string_equal(NAME(&utf8, "a\xc3"), "a\\xc3");
	assert_string_equal(NAME(&utf8, "\xc0\xaf"), "\\xc0\\xaf");
	assert_string_equal(NAME(&utf8, "\xed\xa0\x80"), "\\xed\\xa0\\x80");
	/* Right-to-left override; C1 control. */
	assert_string_equal(NAME(&utf8, "\u202egpj"), "\\xe2\\x80\\xaegpj");
	assert_string_equal(NAME(&utf8, "\xc2\x9b" "31m"), "\\xc2\\x9b31m");
}

static void test_what_hides_in_a_name(void **state)
{
	static const char *const hidden[] = { "\u00ad", "\u061c", "\u200b", "\u200d", "\u200f", "\u2028", "\u2029", "\u202a",
					      "\u2060", "\u2069", "\ufeff", "\ufff9", "\U000e0001", "\U000e0100" };
	char name[16];

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		snprintf(name, sizeof(name), "a%sb", hidden[i]);
		assert_int_equal(strncmp(NAME(&utf8, name), "a\\x", 3), 0);
	}
}

static void test_utf8_for_machines(void **state)
{
	(void)state;
	assert_string_equal(UTF8("Zürich\n"), "Zürich\n");
	assert_string_equal(UTF8("a\xc3"), "a\xef\xbf\xbd");
}

static char *padded(const struct page *page, const char *s, unsigned columns, bool right)
{
	struct page p = *page;
	char *text;
	size_t size;

	p.out = open_memstream(&text, &size);
	text_pad(&p, s, columns, right);
	fclose(p.out);
	return text;
}

static void test_padding(void **state)
{
	static const struct {
		const char *s, *wanted;
		bool right;
	} cases[] = {
		{ "abc", "abc  ", false }, { "abc", "  abc", true }, { "abcdef", "abcd…", false },
		{ "äöü", "äöü  ", false }, { "日本", "日本 ", false }, { "日本語", "日本…", false },
		{ "日本語日", "日本…", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup(freep) char *text = padded(&utf8, cases[i].s, 5, cases[i].right);

		assert_string_equal(text, cases[i].wanted);
	}
}

static void test_cut_in_the_middle(void **state)
{
	static const struct {
		const char *s, *wanted;
	} cases[] = {
		{ "abc", "abc    " }, { "pool-worker-12", "po…r-12" }, { "日本語日本", "日…日本" },
		{ "a\\xe2\\x80", "a…\\x80 " }, { "\\xe2\\x80z", "…\\x80z " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup(freep) char *text = NULL;
		struct page page = { .utf8 = true };
		size_t size;

		page.out = open_memstream(&text, &size);
		text_pad_middle(&page, cases[i].s, 7);
		fclose(page.out);
		assert_string_equal(text, cases[i].wanted);
	}
}

static void test_paragraphs(void **state)
{
	struct page page = { .width = 14 };
	cleanup(freep) char *text = NULL;
	size_t size;

	(void)state;
	page.out = open_memstream(&text, &size);
	text_paragraph(&page, "# ", "one two three four indivisibilities");
	fclose(page.out);
	assert_string_equal(text, "# one two\n# three four\n# indivisibilities\n");
}

static void test_prose_in_a_pipe_is_broken(void **state)
{
	struct page page = { .width = 0 };
	cleanup(freep) char *text = NULL;
	char long_text[400] = "";
	size_t size;

	(void)state;
	for (int i = 0; i < 39; i++)
		strcat(long_text, "123456789 ");
	page.out = open_memstream(&text, &size);
	text_paragraph(&page, "", long_text);
	fclose(page.out);
	assert_int_equal(strcspn(text, "\n"), 99);
}

static void test_a_number_keeps_its_unit(void **state)
{
	struct page page = { .width = 12 };
	cleanup(freep) char *text = NULL;
	size_t size;

	(void)state;
	page.out = open_memstream(&text, &size);
	text_paragraph(&page, "", "waited 5.01 ms (49.1 %), 3 members");
	fclose(page.out);
	assert_string_equal(text, "waited\n5.01 ms\n(49.1 %), 3\nmembers\n");
}

static char *grid_on(unsigned width)
{
	cleanup(grid_freep) struct grid *grid = NULL;
	struct page page = { .width = width };
	char *text;
	size_t size;

	assert_int_equal(grid_new(&grid), 0);
	grid_column(grid, "", "who", GRID_WORDS);
	grid_column(grid, "one", "a", GRID_NUMBERS);
	grid_column(grid, "one", "b", GRID_NUMBERS);
	grid_column(grid, "two", "c", GRID_NUMBERS);
	for (int i = 1; i <= 2; i++) {
		grid_cell(grid, "thread-%d", i);
		for (int j = 0; j < 3; j++)
			grid_cell(grid, "%d", i * 1000 + j);
	}
	page.out = open_memstream(&text, &size);
	assert_int_equal(grid_print(grid, &page), 0);
	fclose(page.out);
	return text;
}

static void test_grids_break_between_groups(void **state)
{
	cleanup(freep) char *wide = grid_on(0), *narrow = grid_on(24);

	(void)state;
	assert_string_equal(wide, "          ------ one   two\n"
				  "who          a     b     c\n"
				  "thread-1  1000  1001  1002\n"
				  "thread-2  2000  2001  2002\n");
	assert_string_equal(narrow, "          ------ one\n"
				    "who          a     b\n"
				    "thread-1  1000  1001\n"
				    "thread-2  2000  2001\n"
				    "\n"
				    "           two\n"
				    "who          c\n"
				    "thread-1  1002\n"
				    "thread-2  2002\n");
}

static void test_grids_break_within_a_group_that_is_too_wide(void **state)
{
	cleanup(freep) char *text = grid_on(14);

	(void)state;
	assert_string_equal(text, "           one\nwho          a\nthread-1  1000\nthread-2  2000\n\n"
				  "           one\nwho          b\nthread-1  1001\nthread-2  2001\n\n"
				  "           two\nwho          c\nthread-1  1002\nthread-2  2002\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_percents),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_what_hides_in_a_name),
		cmocka_unit_test(test_utf8_for_machines),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_cut_in_the_middle),
		cmocka_unit_test(test_paragraphs),
		cmocka_unit_test(test_prose_in_a_pipe_is_broken),
		cmocka_unit_test(test_a_number_keeps_its_unit),
		cmocka_unit_test(test_grids_break_between_groups),
		cmocka_unit_test(test_grids_break_within_a_group_that_is_too_wide),
	};

	/* Widths of characters depend on it. */
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
