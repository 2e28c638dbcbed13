/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "analyzer/filter.h"
#include "base/err.h"
#include "played.h"
#include "viz/report/report.h"

#include <cmocka.h>

/* t1 holds for 80 of 100 us, t2 waits for it most of its life. */
static const char fight[] =
	"@1000\ncreate 100\nt1 thread 1 t1\nt2 thread 2 t2\n"
	"@2000\nt1 100 0 ENTRY\n@2100\nt1 100 0 ACQUIRE\n"
	"@10000\nt2 100 0 ENTRY\n@10100\nt2 90 0 BUSY\n"
	"@50000\nt1 100 1 RELEASE\n@50100\nt1 100 1 ENTRY\n@50200\nt1 100 1 ACQUIRE\n"
	"@51000\nt2 99 1 RETRY\n"
	"@80000\nt1 100 2 RELEASE\n"
	"@80100\nt2 100 2 ACQUIRE\n@100000\nt2 50 2 RELEASE\n";

static const char peace[] = "create 100\nt1 thread 1 main\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\n"
			    "@100000\nt1 100 1 RELEASE\n";

static const struct finding battle = {
	.name = "battle", .from_ns = 10000, .to_ns = 80100, .cost_ns = 70100,
	.verdict = "GIL battle: t1 and t2 fight.", .evidence = "retries 1 of t2.",
	.advice = "Use processes.",
};

/* A report that a test asks for; all zero is a pipe in ASCII that shows the usual. */
struct ask {
	unsigned width;
	bool utf8;
	uint64_t by_ns, limit, lost_events;
	const char *damage;
	uint64_t left_out_events;
	bool by_gil, by_time, by_recording;
	const char *sort, *field;
	const struct finding *findings;
	size_t n_findings;
};

static char *report(const char *events, const struct ask *ask)
{
	struct page page = { .width = ask->width, .utf8 = ask->utf8 };
	struct report_options o;
	struct played p;
	char *text;
	size_t size;

	played(&p, events, ask->by_ns);
	p.quality.damage = ask->damage;
	p.quality.end.lost_events = ask->lost_events;
	p.results.findings = ask->findings;
	p.results.n_findings = ask->n_findings;
	report_default(&o);
	o.limit = ask->limit;
	o.by_gil = ask->by_gil;
	o.by_time = ask->by_time;
	o.by_recording = ask->by_recording;
	p.quality.end.left_out_events = ask->left_out_events;
	if (ask->sort)
		assert_int_equal(order_parse(&o.order, table_find("threads"), &ask->sort, 1), 0);
	if (ask->field)
		assert_int_equal(choice_parse(&o.fields, table_find("threads"), &ask->field, 1), 0);
	page.out = open_memstream(&text, &size);
	assert_int_equal(report_print(&p.results, &o, &page), 0);
	fclose(page.out);
	played_done(&p);
	return text;
}

#define ASK(...) (&(struct ask){ __VA_ARGS__ })

/* ---- the verdict ---------------------------------------------------------------- */

static void test_first_line_is_the_costliest_finding(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.findings = &battle, .n_findings = 1));

	(void)state;
	assert_begins(text, "GIL battle: t1 and t2 fight.\n\n");
	/* Who waited for whom is said where the pairs are. */
	assert_has(text, "Who waited for whom, when contended\n"
			 "t2 waited 70.1 us of 99.0 us (70.8 %) for the GIL, nearly all of it while t1 held it.\n");
	assert_has(text, "Findings, the costliest first\n  1. battle: ");
	/* How its columns are called wherever one can be named. */
	assert_has(text, "Their names: attempts: acquired = acquisitions, acquisitions_contended, failed = failed_attempts; of\n"
			 "its life: all waits = wait_ratio, holding = hold_ratio; waiting, when contended:\n"
			 "wait_contended_total, _p50, _p99, _max; holding: hold_total, _p50, _p99, _max\n\n");
}

static void test_without_findings_it_names_waiter_and_holder(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.width = 0));

	(void)state;
	assert_begins(text, "t2 waited 70.1 us of 99.0 us (70.8 %) for the GIL, nearly all of it while t1 held it.\n");
	assert_lacks(text, "Findings");
}

static void test_no_contention(void **state)
{
	cleanup(freep) char *text = report(peace, ASK(.width = 0));

	(void)state;
	assert_begins(text, "No contention");
	assert_has(text, "MainThread");
	assert_has(text, "No attempt failed: whoever wanted it found it free.");
	assert_lacks(text, "another CPU");
	assert_lacks(text, "Who waited");
}

static void test_unused_gil_says_nothing_good(void **state)
{
	static const struct finding healthy = { .name = "no_contention", .verdict = "not your problem" };
	cleanup(freep) char *text = report("create 100\nt1 thread 1 main\n",
					   ASK(.findings = &healthy, .n_findings = 1));

	(void)state;
	assert_begins(text, "Nobody was seen to take this GIL");
	assert_has(text, "Process 77");
	assert_lacks(text, "utilisation"); /* numbers of nothing */
	assert_lacks(text, "not your problem");
}

static void test_starving_thread_is_named(void **state)
{
	cleanup(freep) char *text = report("@1000\ncreate 100\nt1 thread 1 t1\nt2 thread 2 t2\nt1 100 0 ENTRY\n"
					   "t1 100 0 ACQUIRE\nt2 100 0 ENTRY\nt2 100 0 BUSY\n"
					   "@900000\nt1 100 1 RELEASE\nt1 100 1 ENTRY\nt1 100 1 ACQUIRE\n",
					   ASK(.width = 0));

	(void)state;
	assert_begins(text, "t2 waited ");
	assert_has(text, "was waiting still when last seen");
}

/* Fifty threads in turn are in the way of one: naming two of them would explain nothing. */
static char *fifty_in_turn(void)
{
	static char events[16384];
	size_t n = (size_t)sprintf(events, "@1000\ncreate 100\nt100 thread 100 main\n"
				   "t0 1 0 ENTRY\nt0 1 0 ACQUIRE\nt100 1 0 ENTRY\nt100 1 0 BUSY\n");

	for (int i = 0; i < 50; i++)
		n += (size_t)sprintf(events + n, "@%d\nt%d 1 0 RELEASE\nt%d 1 0 ENTRY\nt%d 1 0 ACQUIRE\n",
				     2000 + 1000 * i, i, i + 1, i + 1);
	return events;
}

static void test_many_holders_are_counted(void **state)
{
	cleanup(freep) char *text = report(fifty_in_turn(), ASK(.width = 0));

	(void)state;
	assert_has(text, "for the GIL, while 50 other threads held it in turn");
}

/* Each waits little, but somebody always does: that is contention. */
static void test_many_short_waits_are_contention(void **state)
{
	static char events[65536];
	size_t n = (size_t)sprintf(events, "create 5000us\n");
	cleanup(freep) char *text = NULL;
	int at = 1000;

	(void)state;
	for (int i = 0; i < 300; i++, at += 1000) {
		int holder = i % 200, waiter = (i + 100) % 200;

		n += (size_t)sprintf(events + n, "@%d\nt%d 1 0 ENTRY\nt%d 1 0 ACQUIRE\nt%d 1 0 ENTRY\n"
				     "t%d 1 0 BUSY\n@%d\nt%d 1 0 RELEASE\nt%d 1 0 ACQUIRE\nt%d 1 0 RELEASE\n",
				     at, holder, holder, waiter, waiter, at + 900, holder, waiter, waiter);
	}
	text = report(events, ASK(.width = 0));
	assert_begins(text, "Many short waits");
}

/* ---- the summary ----------------------------------------------------------------- */

static void test_summary_has_five_lines(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.width = 1000));
	char *summary = strstr(text, "\n\n") + 2, *end = strstr(summary, "\n\n");
	size_t lines = 1;

	(void)state;
	assert_non_null(end);
	for (const char *s = summary; s < end; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 5);
	assert_has(text, "Process 77: test, GIL design 'cond', a check every 100 ticks.");
	/* Held from 2100 to 50000, 50200 to 80000, 80100 to 100000, of 1000 to 100000. */
	assert_has(text, "In 99.0 us somebody held it 98.6 % of the time (utilisation), and 70.7 % of the time "
			 "somebody was asleep waiting for it (contention). Held 100 % is fine if nobody waits.");
	assert_has(text, "3 acquisitions, 1 switch from thread to thread");
	assert_has(text, "A hand-over to a waiting thread took 100 ns (p50)");
	assert_has(text, "2 failed attempts: 1 found it taken (busy), 1 woke up in vain (retries: 0 timed out, 1 lost the "
			 "race); 2 on another CPU than the holder's, 0 on the same.");
	assert_has(text, "an upper bound, not a forecast");
}

/* ---- the findings ------------------------------------------------------------------ */

static void test_findings_are_ranked_and_can_be_pasted(void **state)
{
	struct finding two[2] = { battle, battle };
	cleanup(freep) char *text = NULL;
	struct time_filter filter;
	char range[64];

	(void)state;
	two[1].name = "convoy";
	two[1].cost_ns = 1000;
	text = report(fight, ASK(.findings = two, .n_findings = 2));
	assert_order(text, "  1. battle: 70.1 us of waiting; --time +0.000009000s,+0.000079100s\n"
			   "     GIL battle: t1 and t2 fight.\n     retries 1 of t2.\n     Use processes.\n",
		     "  2. convoy: 1.00 us of waiting");
	assert_int_equal(sscanf(strstr(text, "--time "), "--time %63s", range), 1);
	assert_int_equal(time_filter_parse(&filter, range), 0);
	assert_int_equal(time_bound_resolve(&filter.from, 1000, 100000, 0), battle.from_ns);
	assert_int_equal(time_bound_resolve(&filter.to, 1000, 100000, 0), battle.to_ns);
	free(steal(&text));
	text = report(fight, ASK(.findings = two, .n_findings = 2, .limit = 1));
	assert_has(text, "... and 1 more: --limit 2 shows them");
	assert_lacks(text, "2. convoy");
}

static const char two_gils[] = "create 100\nt1 thread 1 t1\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\n"
			       "gil 99\ncreate 5000us\nt1 thread 1 t1\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n";

static void test_each_gil_has_its_section(void **state)
{
	struct finding found[2] = { battle, battle };
	cleanup(freep) char *text = NULL;

	(void)state;
	found[0].gil = 1;
	strcpy(found[0].verdict, "The second one is worse.");
	text = report(two_gils, ASK(.findings = found, .n_findings = 2));
	assert_begins(text, "The second one is worse.\n");
	assert_order(text, "=== GIL 0, process 77\nGIL battle", "=== GIL 1, process 77\nThe second one");
	assert_has(text, "a check every 100 ticks");
	assert_has(text, "switch interval 5.00 ms");
	assert_has(text, "--gil 1 --time ");
}

/* ---- the threads ---------------------------------------------------------------------- */

static void test_threads_are_sorted_chosen_and_limited(void **state)
{
	cleanup(freep) char *usual = report(fight, ASK(.width = 0));
	cleanup(freep) char *text = report(fight, ASK(.sort = "acquisitions", .field = "hold_max", .limit = 1));

	(void)state;
	assert_order(usual, "\nt2  ", "\nt1  "); /* who waited longest comes first */
	assert_has(text, "        holding\nthread      max\n"
			 "t1      47.9 us\n"
			 "... and 1 more thread: --limit 2 shows all");
	assert_lacks(text, "contended  busy");
}

static void test_a_thread_in_a_column_has_its_name(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.field = "attempt_max_holder"));
	cleanup(freep) char *name = report(fight, ASK(.field = "name"));

	(void)state;
	assert_has(text, "thread  attempt_max_holder\nt2      t1\n");
	assert_has(name, "thread\nt2\nt1\n\n");
}

static void test_wrong_columns_are_named(void **state)
{
	const char *wrong = "wait_p9", *many[] = { "+hold_max", "-tid", "acquisitions" };
	struct report_options o;

	(void)state;
	report_default(&o);
	assert_true(order_parse(&o.order, table_find("threads"), &wrong, 1) < 0);
	assert_has(err_innermost(), "'wait_p9'; near it: wait_p9");
	err_clear();
	assert_true(choice_parse(&o.fields, table_find("threads"), &wrong, 1) < 0);
	err_clear();
	report_default(&o);
	assert_int_equal(choice_parse(&o.fields, table_find("threads"), many, 2), 0);
	assert_string_equal(o.fields.columns[0]->name, "acquisitions"); /* tid is gone */
	assert_string_equal(o.fields.columns[o.fields.n - 1]->name, "hold_max_ns");
	assert_int_equal(choice_parse(&o.fields, table_find("threads"), many + 2, 1), 0);
	assert_int_equal(o.fields.n, 1);
}

/* What is typed from the headings of the page. */
static void test_headings_lead_to_columns(void **state)
{
	static const char *const headings[][2] = {
		{ "failed", "near it: failed_attempts, failed_" }, { "acquired", "near it: acquisitions" },
		{ "contended", "near it: acquisitions_contended, wait_contended_" }, { "p99", "near it: wait_p99_ns, " },
	};
	const char *group = "hold_ns", *added = "+wait_contended";
	struct report_options o;

	(void)state;
	report_default(&o);
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		assert_true(choice_parse(&o.fields, table_find("threads"), &headings[i][0], 1) < 0);
		assert_has(err_innermost(), headings[i][1]);
		err_clear();
	}
	assert_int_equal(choice_parse(&o.fields, table_find("threads"), &group, 1), 0);
	assert_int_equal(o.fields.n, 4);
	assert_string_equal(o.fields.columns[0]->name, "hold_total_ns");
	assert_string_equal(o.fields.columns[3]->name, "hold_max_ns");
	assert_int_equal(choice_parse(&o.fields, table_find("threads"), &added, 1), 0);
	assert_int_equal(o.fields.n, 8);
	assert_int_equal(order_parse(&o.order, table_find("threads"), &group, 1), 0);
	assert_string_equal(o.order.keys[0].column->name, "hold_total_ns");
}

/* ---- who waited for whom ----------------------------------------------------------------- */

static void test_matrix_and_list(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.width = 0));

	(void)state;
	assert_has(text, "held by");
	assert_has(text, "who waited       t1  (free)   in all\n"
			 "t2          69.8 us  300 ns  70.1 us\n");
	assert_has(text, "t2          t1        69.8 us       99.6 %  69.8 us      1       2\n");
}

static void test_matrix_gives_way_on_a_narrow_page(void **state)
{
	cleanup(freep) char *wide = report(fifty_in_turn(), ASK(.width = 160));
	cleanup(freep) char *narrow = report(fifty_in_turn(), ASK(.width = 70));

	(void)state;
	assert_has(wide, "held by");
	assert_has(wide, "others");
	assert_lacks(narrow, "held by");
	assert_has(narrow, "for whom");
	assert_has(narrow, "... and ");
}

/* ---- histograms and the course ------------------------------------------------------------- */

static void test_histograms_in_both_alphabets(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.utf8 = true));
	cleanup(freep) char *ascii = report(fight, ASK(.by_ns = 10000));

	(void)state;
	assert_has(text, "1 wait, when contended: p50 70.1 us");
	assert_has(text, "3 holds: ");
	assert_has(text, "██");
	assert_has(text, "└66 us");
	assert_has(ascii, "+66 us");
	for (const char *s = ascii; *s; s++)
		assert_true((unsigned char)*s < 0x80);
}

static void test_course_over_time(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.by_ns = 50000, .utf8 = true));

	(void)state;
	assert_has(text, "The course over time");
	/* From 1000 to 51000: held but for 1.3 us, wanted from 10100 on. */
	assert_has(text, "+0.00000 s  ███████░  97.4 %  81.8 %        1         2       1         0");
	assert_has(text, "+0.00005 s");
}

/* ---- bad data, odd names, many threads -------------------------------------------------------- */

static void test_bad_data_are_told(void **state)
{
	cleanup(freep) char *text = report(fight, ASK(.damage = "'x/stream' ends early", .lost_events = 1234));

	(void)state;
	assert_has(text, "1,234 lost, a file is damaged");
	assert_has(text, "held it. But the data are incomplete: it may have been worse.\n");
	assert_has(text, "'x/stream' ends early");
	assert_has(text, "(free or unknown)");
	assert_lacks(text, "none lost");
}

static void test_what_was_left_out(void **state)
{
	cleanup(freep) char *plain = report(fight, ASK(.left_out_events = 574, .by_recording = true));
	cleanup(freep) char *asked = report(fight, ASK(.left_out_events = 1, .by_gil = true, .by_time = true));

	(void)state;
	assert_has(plain, "\n  574 events of other recordings left out\n");
	assert_has(asked, "\n  1 event of other GILs than asked for or other times than asked for left out\n");
}

static void test_no_finding_is_not_listed(void **state)
{
	static const struct finding healthy = { .name = "no_contention", .verdict = "No contention.",
						.evidence = "acquisitions 1.", .advice = "Look elsewhere." };
	cleanup(freep) char *text = report(fight, ASK(.findings = &healthy, .n_findings = 1));

	(void)state;
	assert_has(text, "\nFindings: none (no_contention)\n  acquisitions 1.\n  Look elsewhere.\n\n");
	assert_lacks(text, "1. ");
}

static void test_names_cannot_move_the_cursor(void **state)
{
	struct finding hostile = battle;
	cleanup(freep) char *text = NULL;

	(void)state;
	strcpy(hostile.verdict, "\033[2Jt\xc3\xa9 fights.");
	text = report("create 100\nt1 thread 1 a\033[31m\nt2 thread 2 \xe2\x80\xae" "b\n"
		      "t1 100 0 ENTRY\nt1 100 0 ACQUIRE\nt2 100 0 ENTRY\nt2 90 0 BUSY\n"
		      "@90000\nt1 100 1 RELEASE\nt2 90 1 ACQUIRE\n@100000\nt2 90 1 RELEASE\n",
		      ASK(.utf8 = true, .findings = &hostile, .n_findings = 1));
	assert_begins(text, "\\x1b[2Jt\xc3\xa9 fights.\n");
	assert_has(text, "a\\x1b[31m");
	assert_has(text, "\\xe2\\x80\\xae" "b");
	assert_null(strchr(text, '\033'));
}

static void check_width(const char *events, const struct ask *ask)
{
	cleanup(freep) char *text = report(events, ask);

	for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (text_columns(line) > ask->width || line[strlen(line) - 1] == ' ')
			fail_msg("%u columns: '%s'", text_columns(line), line);
}

static void test_no_line_is_wider_than_the_page(void **state)
{
	(void)state;
	for (unsigned width = 80; width <= 160; width += 40) {
		check_width(fight, ASK(.width = width, .findings = &battle, .n_findings = 1));
		check_width(fight, ASK(.width = width, .utf8 = true, .by_ns = 1000));
		check_width(fifty_in_turn(), ASK(.width = width, .utf8 = true, .limit = 60));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_line_is_the_costliest_finding),
		cmocka_unit_test(test_without_findings_it_names_waiter_and_holder),
		cmocka_unit_test(test_no_contention),
		cmocka_unit_test(test_unused_gil_says_nothing_good),
		cmocka_unit_test(test_starving_thread_is_named),
		cmocka_unit_test(test_many_holders_are_counted),
		cmocka_unit_test(test_many_short_waits_are_contention),
		cmocka_unit_test(test_summary_has_five_lines),
		cmocka_unit_test(test_findings_are_ranked_and_can_be_pasted),
		cmocka_unit_test(test_each_gil_has_its_section),
		cmocka_unit_test(test_threads_are_sorted_chosen_and_limited),
		cmocka_unit_test(test_a_thread_in_a_column_has_its_name),
		cmocka_unit_test(test_wrong_columns_are_named),
		cmocka_unit_test(test_headings_lead_to_columns),
		cmocka_unit_test(test_matrix_and_list),
		cmocka_unit_test(test_matrix_gives_way_on_a_narrow_page),
		cmocka_unit_test(test_histograms_in_both_alphabets),
		cmocka_unit_test(test_course_over_time),
		cmocka_unit_test(test_bad_data_are_told),
		cmocka_unit_test(test_what_was_left_out),
		cmocka_unit_test(test_no_finding_is_not_listed),
		cmocka_unit_test(test_names_cannot_move_the_cursor),
		cmocka_unit_test(test_no_line_is_wider_than_the_page),
	};

	/* How wide a character is depends on the locale. */
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
