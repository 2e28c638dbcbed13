/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "play.h"
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

static char *report(const char *events, unsigned width, const struct quality *more)
{
	struct quality quality = { .damage = more ? more->damage : NULL };
	struct page page = { .width = width };
	struct play p = { 0 };
	char *text;
	size_t size;

	play(&p, events);
	quality.end = *metrics_end(p.metrics);
	if (more)
		quality.end.lost_events = more->end.lost_events;
	page.out = open_memstream(&text, &size);
	assert_int_equal(report_print(p.metrics, &quality, &page), 0);
	fclose(page.out);
	play_done(&p);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_verdict_names_waiter_and_holder(void **state)
{
	cleanup(freep) char *text = report(fight, 0, NULL);
	static const char verdict[] =
		"t2 waited 70.1 us of 99.0 us (70.8 %) for the GIL, nearly all of it while t1 held it.\n";

	(void)state;
	assert_memory_equal(text, verdict, strlen(verdict));
	assert_has(text, "2 failed attempts: 1 found it taken (busy), 1 woke up in vain (retries: 0 timed out, 1 lost the race).");
	assert_has(text, "Of these, 2 failed on another CPU than the one where the holder took it, 0 on the same.");
	assert_has(text, "all lawful");
	assert_has(text, "none lost");
}

static void test_no_contention(void **state)
{
	cleanup(freep) char *text = report("create 100\nt1 thread 1 main\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\n"
					   "@100000\nt1 100 1 RELEASE\n", 0, NULL);

	(void)state;
	assert_memory_equal(text, "No contention", strlen("No contention"));
	assert_has(text, "MainThread");
	assert_null(strstr(text, "another CPU"));
}

static void test_starving_thread_is_named(void **state)
{
	cleanup(freep) char *text = report("@1000\ncreate 100\nt1 thread 1 t1\nt2 thread 2 t2\nt1 100 0 ENTRY\n"
					   "t1 100 0 ACQUIRE\nt2 100 0 ENTRY\nt2 100 0 BUSY\n"
					   "@900000\nt1 100 1 RELEASE\nt1 100 1 ENTRY\nt1 100 1 ACQUIRE\n", 0, NULL);

	(void)state;
	assert_memory_equal(text, "t2 waited ", strlen("t2 waited "));
	assert_has(text, "was waiting still when last seen");
}

/* Fifty threads in turn are in the way of one: naming two of them would explain nothing. */
static void test_many_holders_are_counted(void **state)
{
	static char events[16384];
	size_t n = (size_t)sprintf(events, "@1000\ncreate 100\nt100 thread 100 main\n"
				   "t0 1 0 ENTRY\nt0 1 0 ACQUIRE\nt100 1 0 ENTRY\nt100 1 0 BUSY\n");
	cleanup(freep) char *text = NULL;

	(void)state;
	for (int i = 0; i < 50; i++)
		n += (size_t)sprintf(events + n, "@%d\nt%d 1 0 RELEASE\nt%d 1 0 ENTRY\nt%d 1 0 ACQUIRE\n",
				     2000 + 1000 * i, i, i + 1, i + 1);
	text = report(events, 0, NULL);
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
	text = report(events, 0, NULL);
	assert_memory_equal(text, "Many short waits", strlen("Many short waits"));
}

static void test_no_line_is_wider_than_the_page(void **state)
{
	cleanup(freep) char *text = report(fight, 80, NULL);

	(void)state;
	for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strlen(line) > 80)
			fail_msg("%zu columns: %s", strlen(line), line);
}

static void test_bad_data_are_told(void **state)
{
	struct quality bad = { .damage = "'x/stream' ends early", .end = { .lost_events = 1234 } };
	cleanup(freep) char *text = report(fight, 0, &bad);

	(void)state;
	assert_has(text, "1,234 lost, a file is damaged");
	assert_has(text, "held it. But the data are incomplete: it may have been worse.\n");
	assert_has(text, "'x/stream' ends early");
	assert_null(strstr(text, "none lost"));
}

static void test_each_gil_has_its_section(void **state)
{
	cleanup(freep) char *text = report("create 100\nt1 thread 1 t1\nt1 100 0 ENTRY\nt1 100 0 ACQUIRE\n"
					   "gil 99\ncreate 5000us\nt1 thread 1 t1\nt1 -1 0 ENTRY\n"
					   "t1 -1 0 ACQUIRE\n", 0, NULL);

	(void)state;
	assert_has(text, "=== GIL 0, process 77");
	assert_has(text, "a check every 100 ticks");
	assert_has(text, "=== GIL 1, process 77");
	assert_has(text, "switch interval 5.00 ms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_names_waiter_and_holder),
		cmocka_unit_test(test_no_contention),
		cmocka_unit_test(test_starving_thread_is_named),
		cmocka_unit_test(test_many_holders_are_counted),
		cmocka_unit_test(test_many_short_waits_are_contention),
		cmocka_unit_test(test_no_line_is_wider_than_the_page),
		cmocka_unit_test(test_bad_data_are_told),
		cmocka_unit_test(test_each_gil_has_its_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
