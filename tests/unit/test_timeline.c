/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "play.h"
#include "viz/lane.h"
#include "viz/timeline.h"

#include <cmocka.h>

/* t1 holds 101 ticks in the first tenth, then t2 holds 101 in the rest while t1 waits, in vain for a while. */
static const char fight[] =
	"@1000000\ncreate 100\n@1000000\nt1 thread 1 t1\n@1000000\nt2 thread 2 t2\n"
	"@1000000\nt1 100 0 ENTRY\n@1000000\nt1 100 0 ACQUIRE\n"
	"@1100000\nt1 100 1 RELEASE\n@1100000\nt2 100 1 ENTRY\n@1100000\nt2 100 1 ACQUIRE\n"
	"@1100000\nt1 100 1 ENTRY\n@1120000\nt1 95 1 BUSY\n"
	"@1915000\nt1 20 1 RETRY\n"
	"@2000000\nt2 100 2 RELEASE\n@2000000\nt1 100 2 ACQUIRE\n@2000000\nt1 100 2 RELEASE\n";

static char *draw_part(const char *events, const char *time, enum timeline_axis axis, uint64_t limit,
		       bool utf8)
{
	cleanup(timeline_freep) struct timeline *timeline = NULL;
	struct timeline_options options = { axis, limit };
	/* Lanes of 20 columns. */
	struct page page = { .width = 54, .utf8 = utf8 };
	struct quality quality = { .damage = NULL };
	struct play p = { .options.time = time };
	char *text;
	size_t size;

	assert_int_equal(timeline_new(&timeline, &options), 0);
	p.extra = timeline_sink(timeline);
	play(&p, events);
	quality.end = *metrics_end(p.metrics);
	play_done(&p);
	page.out = open_memstream(&text, &size);
	assert_int_equal(timeline_print(timeline, &quality, &page), 0);
	fclose(page.out);
	return text;
}

static char *draw(const char *events, enum timeline_axis axis, uint64_t limit, bool utf8)
{
	return draw_part(events, NULL, axis, limit, utf8);
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_lanes_in_time(void **state)
{
	cleanup(freep) char *text = draw(fight, TIMELINE_TIME, 20, false);

	(void)state;
	assert_has(text, "\nt1      ##!===============!=  10.0 %  90.0 %         2\n"
			 "t2        ##################  90.0 %   0.0 %         0\n"
			 "waiters   588888888888888888  up to 1.00         0.880\n"
			 "failed    8               8   up to 1                2\n");
}

/* --time from within t1's hold to within t2's: the axis is the time asked for, event or not. */
static void test_lanes_of_a_time_range(void **state)
{
	cleanup(freep) char *text = draw_part(fight, "+50us,+150us", TIMELINE_TIME, 20, false);

	(void)state;
	assert_has(text, "time    |50 us   |100 us       holds   waits    failed\n");
	assert_has(text, "\nt1      ##########===!======  50.0 %  50.0 %         1\n"
			 "t2                ##########  50.0 %   0.0 %         0\n"
			 "waiters              1888888  up to 1.00         0.300\n");
}

/* Nothing happens there, but t1 holds on. */
static void test_lanes_between_two_events(void **state)
{
	cleanup(freep) char *text = draw_part(fight, "+30us,+60us", TIMELINE_TIME, 20, false);

	(void)state;
	assert_has(text, "\nt1      #################### 100.0 %   0.0 %         0\n");
	assert_has(text, "Data: 0 events, none lost, all lawful.");
}

/* One hold, of 9,000,000,000 seconds. */
static const char long_hold[] =
	"@1000000\ncreate 100\n@1000000\nt1 thread 1 t1\n@1000000\nt1 100 0 ENTRY\n@1000000\nt1 100 0 ACQUIRE\n"
	"@9000000000001000000\nt1 100 1 RELEASE\n";

/* Far from the begin, labels are longer than what a step has room for. */
static void test_ruler_far_from_the_begin(void **state)
{
	cleanup(freep) char *text = draw_part(long_hold, "+99999.999s,+100000.001s", TIMELINE_TIME, 20, false);

	(void)state;
	assert_has(text, "\ntime    |99,999,999 ms         holds   waits    failed\n");
	assert_has(text, "\nt1      #################### 100.0 %");
}

/* Its steps are beyond what a double counts one by one. */
static void test_ruler_of_centuries(void **state)
{
	cleanup(freep) char *text = draw(long_hold, TIMELINE_TIME, 20, false);

	(void)state;
	assert_has(text, "\ntime    |0 s ");
}

static void test_lanes_in_ticks(void **state)
{
	cleanup(freep) char *text = draw(fight, TIMELINE_TICKS, 20, false);

	(void)state;
	/* Both executed 101 ticks. t1's BUSY came after 5 of t2's, its RETRY after 80. */
	assert_has(text, "\nticks   |0                     holds   waits    failed\ntime    |0 us\n");
	assert_has(text, "\nt1      ##########!======!==  50.0 %  47.5 %         2\n"
			 "t2                ##########  50.0 %   0.0 %         0\n"
			 "waiters           5888888888  up to 1.00         0.475\n");
	assert_has(text, "\nt1               0    100.000    101       1      1\n");
	assert_has(text, "\nt2             101    900.000    101       1      1\n");
}

static void test_glyphs_in_utf8(void **state)
{
	cleanup(freep) char *text = draw(fight, TIMELINE_TIME, 20, true);

	(void)state;
	assert_has(text, "t1      ██!▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒!▒");
}

/* Both of t1's failures fall into t2's hold, whose one check comes at its end. */
static void test_badness_is_failures_per_check(void **state)
{
	cleanup(freep) char *text = draw(
		"@1000000\ncreate 100\n@1000000\nt1 thread 1 t1\n@1000000\nt2 thread 2 t2\n"
		"@1000000\nt2 100 0 ENTRY\n@1000000\nt2 100 0 ACQUIRE\n@1000000\nt1 100 0 ENTRY\n"
		"@1955000\nt1 95 0 BUSY\n@1956000\nt1 20 0 RETRY\n@1957000\nt1 20 0 RETRY\n"
		"@1990000\nt2 100 2 RELEASE\n@2000000\nt1 100 2 ACQUIRE\n@2000000\nt1 100 2 RELEASE\n",
		TIMELINE_TIME, 20, false);

	(void)state;
	assert_has(text, "\nfailed                     8  up to 3                3\n"
			 "badness                    8  up to 1.50          1.50\n");
	assert_has(text, "\nticks   |0\nt1");
}

static void test_lost_events_are_shown(void **state)
{
	cleanup(freep) char *text = draw(
		"@1000000\ncreate 100\n@1000000\nt1 thread 1 t1\n"
		"@1000000\nt1 100 0 ENTRY\n@1000000\nt1 100 0 ACQUIRE\nlost 1500000 1700000 12\n"
		"@2000000\nt1 100 1 RELEASE\n", TIMELINE_TIME, 20, false);

	(void)state;
	assert_has(text, "? unknown: events lost");
	assert_has(text, "\nt1      ##########??????????  50.0 %");
	assert_has(text, "\nlost              xxxx        events\n");
}

static void test_runs(void **state)
{
	cleanup(freep) char *text = draw(fight, TIMELINE_TIME, 20, false);
	cleanup(freep) char *one = draw(fight, TIMELINE_TIME, 1, false);

	(void)state;
	/* The page is too narrow for all columns. */
	assert_has(text, "run of   start us  length us  ticks  checks  holds\n"
			 "t1          0.000    100.000    101       1      1\n"
			 "t1      1,000.000      0.000      0       0      1\n"
			 "\n"
			 "run of  others failed\n"
			 "t1                  0\n"
			 "t1                  0\n");
	assert_has(text, "t2       100.000    900.000    101       1      1\n");
	assert_has(text, "run of  others failed\n"
			 "t2                  2\n");
	assert_null(strstr(text, "more run"));
	assert_has(one, "... and 1 more run (--limit 0 shows all)");
}

static void test_time_slices_have_no_ticks(void **state)
{
	cleanup(freep) char *text = draw("create 5000us\nt1 thread 1 t1\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n"
					 "@5000000\nt1 -1 1 RELEASE\n", TIMELINE_TICKS, 20, false);

	(void)state;
	assert_has(text, "the axis is time");
	assert_has(text, "\nt1         0.030  4,999.960      -       1      1\n");
}

/* Lanes are for those asked for, also when a thousand others came before. */
static void test_a_late_thread_has_its_lane(void **state)
{
	enum { THREADS = 1100 };
	static char events[THREADS * 100];
	cleanup(timeline_freep) struct timeline *timeline = NULL;
	struct timeline_options options = { TIMELINE_TIME, 1 };
	struct page page = { .width = 60 };
	struct quality quality = { .damage = NULL };
	struct play p = { .options.thread = "t1099" };
	cleanup(freep) char *text = NULL;
	size_t n = 0, size;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		n += (size_t)sprintf(events + n, "t%d thread %d t%d\nt%d -1 0 ENTRY\nt%d -1 0 ACQUIRE\n"
				     "t%d -1 0 RELEASE\n", i, i + 1, i, i, i, i);
	assert_int_equal(timeline_new(&timeline, &options), 0);
	p.extra = timeline_sink(timeline);
	play(&p, events);
	quality.end = *metrics_end(p.metrics);
	play_done(&p);
	page.out = open_memstream(&text, &size);
	assert_int_equal(timeline_print(timeline, &quality, &page), 0);
	fclose(page.out);
	assert_has(text, "\nt1099 ");
	assert_null(strstr(text, "without a lane"));
}

/* A lane of many holds keeps its sums, however often its buckets doubled. */
static void test_lanes_keep_their_sums(void **state)
{
	struct lane lane = { 0 };
	struct lane_cell cell = { 0 };
	uint64_t width = 1, held = 0;

	(void)state;
	for (uint64_t at = 7; at < 100000; at += 37) {
		while ((at + 10) / width >= LANE_BUCKETS) {
			lane_double(&lane);
			width *= 2;
		}
		assert_int_equal(lane_add(&lane, width, LANE_HELD, at, at + 10), 0);
		assert_int_equal(lane_add(&lane, width, LANE_WAITED, at + 10, at + 13), 0);
		assert_int_equal(lane_fail(&lane, width, at), 0);
		held += 10;
	}
	assert_true(lane.first + lane.n <= LANE_BUCKETS);
	assert_int_equal(lane.held, held);
	for (int i = 0; i < 100; i++) {
		struct lane_cell c = lane_cell(&lane, width, 100000, i * 1000.0, (i + 1) * 1000.0);

		cell.held += c.held;
		cell.waited += c.waited;
		cell.failed += c.failed;
	}
	assert_true(cell.held > (double)held - 0.01 && cell.held < (double)held + 0.01);
	assert_true(cell.waited > 0.3 * (double)held - 10 && cell.waited < 0.3 * (double)held + 0.01);
	assert_int_equal(cell.failed, held / 10);
	lane_deinit(&lane);
}

static void test_lanes_grow_back(void **state)
{
	struct lane lane = { 0 };

	(void)state;
	assert_int_equal(lane_add(&lane, 10, LANE_HELD, 405, 410), 0);
	assert_int_equal(lane_add(&lane, 10, LANE_HELD, 100, 120), 0);
	assert_int_equal(lane.first, 10);
	assert_int_equal(lane.n, 31);
	assert_int_equal(lane.buckets[0].held, 10);
	assert_int_equal(lane.buckets[15].held, 0);
	assert_int_equal(lane.buckets[30].held, 5);
	lane_deinit(&lane);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lanes_in_time),
		cmocka_unit_test(test_lanes_of_a_time_range),
		cmocka_unit_test(test_lanes_between_two_events),
		cmocka_unit_test(test_ruler_far_from_the_begin),
		cmocka_unit_test(test_ruler_of_centuries),
		cmocka_unit_test(test_lanes_in_ticks),
		cmocka_unit_test(test_glyphs_in_utf8),
		cmocka_unit_test(test_badness_is_failures_per_check),
		cmocka_unit_test(test_lost_events_are_shown),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_time_slices_have_no_ticks),
		cmocka_unit_test(test_a_late_thread_has_its_lane),
		cmocka_unit_test(test_lanes_keep_their_sums),
		cmocka_unit_test(test_lanes_grow_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
