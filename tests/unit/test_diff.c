/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "played.h"
#include "viz/change.h"
#include "viz/diff.h"

#include <cmocka.h>

/* `n` holds of t1, each of about `hold_ns`, for each of which t2 waits; t1 and t2 may have names. */
static void rounds(char *events, int n, int hold_ns, const char *first, const char *second)
{
	char *at = events + sprintf(events, "@1000\ncreate 100\nt1 thread 1 %s\nt2 thread 2 %s\n", first, second);

	for (int i = 0; i < n; i++) {
		int ns = hold_ns + i % 7 * hold_ns / 100;

		at += sprintf(at, "@%d\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\nt2 100 0 ENTRY\nt2 100 0 BUSY\n"
			      "@%d\nt1 100 1 RELEASE\nt2 100 1 ACQUIRE\nt2 100 1 RELEASE\n",
			      10000 + i * 2 * hold_ns, 10000 + i * 2 * hold_ns + ns);
	}
}

static struct played a, b;
static char events[65536];

static void play_both(int n_a, int hold_a, int n_b, int hold_b, const char *other)
{
	rounds(events, n_a, hold_a, "one", "two");
	played(&a, events, 0);
	rounds(events, n_b, hold_b, "one", other);
	played(&b, events, 0);
}

static int done(void **state)
{
	(void)state;
	played_done(&a);
	played_done(&b);
	return 0;
}

static char *diff(unsigned width, const struct diff_options *options)
{
	struct page page = { .width = width, .utf8 = true };
	struct diff_options o;
	char *text;
	size_t size;

	diff_default(&o);
	page.out = open_memstream(&text, &size);
	assert_int_equal(diff_print(&a.results, &b.results, options ? options : &o, &page), 0);
	fclose(page.out);
	return text;
}

static struct change gil_change(const char *name)
{
	return change_of(column_find(table_find("gils"), name), (struct side){ &a.results, a.results.gils, &a.results.gils->info },
			 (struct side){ &b.results, b.results.gils, &b.results.gils->info });
}

static struct change thread_change(const char *name)
{
	return change_of(column_find(table_find("threads"), name),
			 (struct side){ &a.results, play_thread(&a.play, "two"), &a.results.gils->info },
			 (struct side){ &b.results, play_thread(&b.play, "two"), &b.results.gils->info });
}

static void test_the_same_twice_changes_nothing(void **state)
{
	cleanup(freep) char *text = NULL;

	(void)state;
	play_both(50, 10000, 50, 10000, "two");
	text = diff(0, NULL);
	assert_lacks(text, " *\n");
	assert_lacks(text, "Only in");
	assert_has(text, "(+0.0 %)");
	assert_has(text, "none lost");
}

static void test_what_doubled_is_marked(void **state)
{
	cleanup(freep) char *text = NULL;

	(void)state;
	play_both(50, 10000, 50, 20000, "two");
	assert_true(thread_change("wait_mean_ns").significant);
	assert_true(thread_change("wait_total_ns").significant);
	assert_true(thread_change("wait_p50_ns").significant);
	assert_false(thread_change("wait_max_ns").significant); /* one value says nothing */
	assert_false(thread_change("acquisitions").significant);
	assert_false(gil_change("contention").significant);
	text = diff(0, NULL);
	assert_has(text, "held_ns");
	assert_has(text, "+100");
	assert_has(text, " *");
}

/* 4 against 5 is 25 % more, and noise. */
static void test_noise_is_not_marked(void **state)
{
	(void)state;
	play_both(4, 10000, 5, 10000, "two");
	assert_false(thread_change("acquisitions").significant);
	assert_false(gil_change("failed_attempts").significant);
	done(state);
	play_both(40, 10000, 90, 10000, "two");
	assert_true(thread_change("acquisitions").significant);
	assert_true(gil_change("failed_attempts").significant);
}

/* Rounds, and then as long again, or `rests` times that, nothing. */
static void play_burst(struct played *p, int n, int rests)
{
	int end = 10000 + n * 20000;

	rounds(events, n, 10000, "one", "two");
	sprintf(events + strlen(events), "@%d\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\n@%d\nt1 100 1 RELEASE\n",
		end + rests * end, end + rests * end + 1000);
	played(p, events, (uint64_t)end / 8);
}

/* What two runs of one program do: a third more, and more of what comes in bursts. */
static void test_what_scheduling_does_is_not_marked(void **state)
{
	(void)state;
	play_both(100, 10000, 140, 10000, "two");
	assert_false(gil_change("failed_attempts").significant);
	assert_false(gil_change("waiting_ns").significant);
	assert_false(gil_change("wall_ns").significant);
	done(state);
	play_burst(&a, 100, 0);
	play_burst(&b, 200, 0);
	assert_true(gil_change("failed_attempts").significant);
	assert_true(gil_change("waiting_ns").significant);
	assert_true(thread_change("failed_attempts").significant);
	assert_true(thread_change("wait_contended_total_ns").significant);
	done(state);
	play_burst(&a, 100, 7);
	play_burst(&b, 200, 7);
	assert_false(gil_change("failed_attempts").significant);
	assert_false(gil_change("waiting_ns").significant);
	assert_false(thread_change("failed_attempts").significant);
	assert_false(thread_change("wait_contended_total_ns").significant);
}

static struct change change_between(const char *name, const struct gil_metrics *x, const struct gil_metrics *y)
{
	return change_of(column_find(table_find("gils"), name), (struct side){ &a.results, x, &x->info },
			 (struct side){ &b.results, y, &y->info });
}

/* A ratio is as noisy as the count or the time of which it is made. */
static void test_ratios_have_noise_too(void **state)
{
	struct gil_metrics x, y;

	(void)state;
	play_both(10, 10000, 10, 10000, "two");
	x = y = a.results.gils[0];
	x.waiters_mean = x.demand = 0.0000012;
	y.waiters_mean = y.demand = 0.0041;
	assert_false(change_between("waiters_mean", &x, &y).significant);
	assert_false(change_between("demand", &x, &y).significant);
	y.waiters_mean = y.demand = 0.2;
	assert_true(change_between("waiters_mean", &x, &y).significant);
	assert_true(change_between("demand", &x, &y).significant);

	x.failed = 2, x.checks = y.checks = 1000, x.badness = 0.002;
	y.failed = 6, y.badness = 0.006;
	assert_false(change_between("badness", &x, &y).significant);
	x.failed = 0, x.badness = 0;
	assert_false(change_between("badness", &x, &y).significant);
	x.failed = 200, x.badness = 0.2;
	y.failed = 600, y.badness = 0.6;
	assert_true(change_between("badness", &x, &y).significant);
	assert_true(change_between("badness", &y, &x).significant);
}

/* Means a fifth apart, but the values are spread over two decades. */
static void test_spread_counts_against_a_difference(void **state)
{
	(void)state;
	rounds(events, 3, 10000, "one", "two");
	played(&a, events, 0);
	sprintf(events, "@1000\ncreate 100\nt1 thread 1 one\nt2 thread 2 two\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\n"
			"t2 100 0 ENTRY\nt2 100 0 BUSY\n@2000\nt1 100 1 RELEASE\nt2 100 1 ACQUIRE\nt2 100 1 RELEASE\n"
			"@100000\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\nt2 100 0 ENTRY\nt2 100 0 BUSY\n@130000\n"
			"t1 100 1 RELEASE\nt2 100 1 ACQUIRE\nt2 100 1 RELEASE\n");
	played(&b, events, 0);
	assert_true(thread_change("wait_mean_ns").difference > 1000);
	assert_false(thread_change("wait_mean_ns").significant);
}

static void test_threads_are_matched_by_name_then_by_order(void **state)
{
	cleanup(freep) char *text = NULL;

	(void)state;
	play_both(10, 10000, 10, 10000, "deux");
	text = diff(0, NULL);
	assert_has(text, "\none  ");
	assert_has(text, "\ntwo / deux  ");
	assert_lacks(text, "Only in");
}

/* The thread after "(others)" is paired, also where A has no such row; or one elsewhere. */
static void test_a_folded_row_goes_with_a_folded_row(void **state)
{
	struct thread_metrics *of_a, *of_b;
	cleanup(freep) char *text = NULL;

	(void)state;
	play_both(10, 10000, 10, 10000, "deux");
	of_a = (struct thread_metrics *)(uintptr_t)a.results.threads;
	of_b = (struct thread_metrics *)(uintptr_t)b.results.threads;
	of_b[0].folded = true;
	strcpy(of_b[0].info.name, "others");
	text = diff(0, NULL);
	assert_has(text, "\none / deux  ");
	assert_has(text, "Only in A: two\n");
	assert_has(text, "Only in B: (others)\n");
	free(steal(&text));
	of_a[1].folded = true;
	text = diff(0, NULL);
	assert_has(text, "\none / deux  ");
	assert_has(text, "\n(others)  ");
	assert_lacks(text, "Only in");
}

static void test_who_has_no_partner_is_listed(void **state)
{
	cleanup(freep) char *text = NULL;

	(void)state;
	rounds(events, 5, 10000, "one", "two");
	played(&a, events, 0);
	played(&b, "create 100\nt1 thread 1 one\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\n@100000\nt1 100 1 RELEASE\n"
		   "gil 5\ncreate 100\nt9 thread 9 nine\n", 0);
	text = diff(0, NULL);
	assert_has(text, "Only in A: two\n");
	assert_has(text, "Only in B: GIL 1, process 77\n");
}

static void test_findings_that_came_and_went(void **state)
{
	static const struct finding before = { .name = "battle", .verdict = "GIL battle: \033[2J." },
				    after = { .name = "no_contention", .verdict = "No contention." };
	cleanup(freep) char *text = NULL;

	(void)state;
	play_both(5, 10000, 5, 10000, "two");
	a.results.findings = &before;
	b.results.findings = &after;
	a.results.n_findings = b.results.n_findings = 1;
	text = diff(0, NULL);
	assert_has(text, "  A: a.trace\n     GIL battle: \\x1b[2J.\n");
	assert_has(text, "  No longer found in B: battle\n  New in B: no_contention\n");
	assert_null(strchr(text, '\033'));
}

/* A 0 that only means "cannot be seen" is not compared. */
static void test_what_a_gil_does_not_show_is_not_compared(void **state)
{
	struct gil_info blind;
	struct change c;
	char text[TEXT_NUMBER];

	(void)state;
	play_both(10, 10000, 20, 10000, "two");
	blind = a.results.gils[0].info;
	blind.flags |= GIL_FLAG_NO_RETRIES;
	c = change_of(column_find(table_find("gils"), "retries"),
		      (struct side){ &a.results, a.results.gils, &blind },
		      (struct side){ &b.results, b.results.gils, &b.results.gils->info });
	assert_false(c.a.known);
	assert_true(c.b.known);
	assert_string_equal(change_difference(text, sizeof(text), &c), "-");
	assert_string_equal(change_percent(text, sizeof(text), &c), "");
}

static void test_order_fields_and_limit(void **state)
{
	const char *field = "acquisitions", *key = "+hold_total";
	struct diff_options o;
	cleanup(freep) char *text = NULL;

	(void)state;
	play_both(10, 10000, 20, 10000, "two");
	diff_default(&o);
	o.limit = 1;
	assert_int_equal(choice_parse(&o.fields, table_find("threads"), &field, 1), 0);
	assert_int_equal(order_parse(&o.order, table_find("threads"), &key, 1), 0);
	text = diff(0, &o);
	/* t2 holds for 10 ns at a time: it changed least. */
	assert_has(text, "\ntwo     10  20     +10  +100.0 %  \n... and 1 more thread: --limit 2 shows all");
	assert_lacks(text, "hold_total_ns");
}

static void test_no_line_is_wider_than_the_page(void **state)
{
	cleanup(freep) char *text = NULL;

	(void)state;
	play_both(10, 10000, 400, 100, "two");
	text = diff(80, NULL);
	for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (text_columns(line) > 80)
			fail_msg("%u columns: %s", text_columns(line), line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_the_same_twice_changes_nothing, done),
		cmocka_unit_test_teardown(test_what_doubled_is_marked, done),
		cmocka_unit_test_teardown(test_noise_is_not_marked, done),
		cmocka_unit_test_teardown(test_what_scheduling_does_is_not_marked, done),
		cmocka_unit_test_teardown(test_ratios_have_noise_too, done),
		cmocka_unit_test_teardown(test_spread_counts_against_a_difference, done),
		cmocka_unit_test_teardown(test_threads_are_matched_by_name_then_by_order, done),
		cmocka_unit_test_teardown(test_a_folded_row_goes_with_a_folded_row, done),
		cmocka_unit_test_teardown(test_who_has_no_partner_is_listed, done),
		cmocka_unit_test_teardown(test_findings_that_came_and_went, done),
		cmocka_unit_test_teardown(test_what_a_gil_does_not_show_is_not_compared, done),
		cmocka_unit_test_teardown(test_order_fields_and_limit, done),
		cmocka_unit_test_teardown(test_no_line_is_wider_than_the_page, done),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
