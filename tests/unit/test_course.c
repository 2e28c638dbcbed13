/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "play.h"

#include <cmocka.h>

#include "analyzer/course.h"
#include "base/err.h"

/* That each number sums to that of the GIL is asserted by every play, for several widths. */

static size_t play_course(struct course **c, uint64_t width_ns, struct play *p, const char *events,
			  const struct bucket **buckets)
{
	assert_int_equal(course_new(c, width_ns), 0);
	p->extra = course_sink(*c);
	play(p, events);
	return course_buckets(*c, buckets);
}

/* From t1's ACQUIRE at 1100 to its end at 1700; t2 waits from 1250 on, and holds from 1520. */
static const char battle[] = "@1000\ncreate 100\n"
			     "@1090\nt1 100 0 ENTRY\n@1100\nt1 100 0 ACQUIRE\n"
			     "@1240\nt2 100 0 ENTRY\n@1250\nt2 90 0 BUSY\n"
			     "@1400\nt2 80 0 RETRY timeout\n"
			     "@1500\nt1 100 1 RELEASE request\n@1520\nt2 100 1 ACQUIRE\n"
			     "@1700\nt2 50 1 RELEASE\n";

static void test_stays_are_split_at_the_edges(void **state)
{
	cleanup(course_freep) struct course *c = NULL;
	const struct bucket *b;
	struct play p = { 0 };

	(void)state;
	assert_int_equal(play_course(&c, 200, &p, battle, &b), 4);
	assert_int_equal(b[0].from_ns, 1000);
	assert_int_equal(b[0].to_ns, 1200);
	assert_int_equal(b[0].held_ns, 100);
	assert_int_equal(b[0].wait_ns, 10);
	assert_int_equal(b[0].acquisitions, 1);
	assert_int_equal(b[0].waiters_max, 0);
	assert_true(isnan(b[0].badness)); /* no check in it */

	assert_int_equal(b[1].held_ns, 200);
	assert_int_equal(b[1].wait_ns, 160);
	assert_int_equal(b[1].waiting_ns, 150);
	assert_int_equal(b[1].wanted_ns, 150);
	assert_int_equal(b[1].busy, 1);
	assert_int_equal(b[1].waiters_max, 1);
	assert_true(fabs(b[1].utilisation - 1) < 1e-9);
	assert_true(fabs(b[1].contention - 0.75) < 1e-9);
	assert_true(fabs(b[1].demand - 1.8) < 1e-9);

	/* An event at an edge is in the bucket that begins there. */
	assert_int_equal(b[2].retries, 1);
	assert_int_equal(b[2].held_ns, 100 + 80);
	assert_int_equal(b[2].wanted_ns, 120);
	assert_int_equal(b[2].switches, 1);
	assert_int_equal(b[2].dead_ns, 20);
	assert_int_equal(b[2].acquisitions_contended, 1);
	assert_int_equal(b[2].checks, 1);
	assert_int_equal(b[2].releases_requested, 1);
	assert_true(fabs(b[2].badness - 1) < 1e-9);

	/* The last one is as long as the trace. */
	assert_int_equal(b[3].to_ns, 1700);
	assert_int_equal(b[3].held_ns, 100);
	assert_true(fabs(b[3].utilisation - 1) < 1e-9);
	play_done(&p);
}

static void test_an_event_at_the_last_edge_is_in_the_last_bucket(void **state)
{
	cleanup(course_freep) struct course *c = NULL;
	const struct bucket *b;
	struct play p = { 0 };

	(void)state;
	assert_int_equal(play_course(&c, 350, &p, battle, &b), 2);
	assert_int_equal(b[1].to_ns, 1700);
	assert_int_equal(b[1].releases, 2);
	play_done(&p);
}

/* Several wait across an edge at which nothing happens. */
static void test_waiters_are_carried_over(void **state)
{
	cleanup(course_freep) struct course *c = NULL;
	const struct bucket *b;
	struct play p = { 0 };

	(void)state;
	assert_int_equal(play_course(&c, 1000, &p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n"
				     "t2 -1 0 ENTRY\nt2 -1 0 BUSY\nt3 -1 0 ENTRY\nt3 -1 0 BUSY\n"
				     "@4500\nt1 -1 0 RELEASE\nt2 -1 0 ACQUIRE\n", &b), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(b[i].waiters_max, 2);
	assert_int_equal(b[1].wanted_ns, 1000);
	assert_int_equal(b[1].waiting_ns, 2000);
	assert_int_equal(b[2].acquisitions, 0);
	play_done(&p);
}

/* With a range of time it begins and ends with that. */
static void test_a_range(void **state)
{
	cleanup(course_freep) struct course *c = NULL;
	struct play p = { .options.time = "+300ns,+600ns" };
	const struct bucket *b;

	(void)state;
	assert_int_equal(play_course(&c, 100, &p, battle, &b), 3);
	assert_int_equal(b[0].from_ns, 1300);
	assert_int_equal(b[0].waiters_max, 1);
	assert_int_equal(b[0].wanted_ns, 100);
	assert_int_equal(b[2].to_ns, 1600);
	play_done(&p);
}

/* Every GIL has the same edges, whether it was there or not. */
static void test_two_gils(void **state)
{
	cleanup(course_freep) struct course *c = NULL;
	const struct bucket *b;
	struct play p = { 0 };

	(void)state;
	assert_int_equal(play_course(&c, 1000, &p, "@1000\ncreate 100\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\n"
				     "@2500\nt1 1 0 RELEASE\n"
				     "gil 99\ncreate 100\nt9 1 0 ENTRY\nt9 1 0 ACQUIRE\n@4000\nt9 1 0 RELEASE\n", &b), 6);
	assert_int_equal(b[2].gil, 0);
	assert_int_equal(b[2].held_ns, 0);
	assert_int_equal(b[3].gil, 1);
	assert_int_equal(b[3].from_ns, 1000);
	assert_int_equal(b[3].acquisitions, 0);
	assert_int_equal(b[5].held_ns, 1000);
	assert_int_equal(b[5].to_ns, 4000);
	play_done(&p);
}

/* 1, 2, 10, 20, 100, ... us: of the first one that is wide enough. */
static void test_the_width_is_chosen(void **state)
{
	static const struct {
		const char *end;
		uint64_t width_ns;
		size_t n;
	} cases[] = { { "@257000\n", 1000, 256 }, { "@257010\n", 2000, 129 }, { "@514000\n", 10000, 52 },
		      { "@60000001000\n", 1000000000, 60 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup(course_freep) struct course *c = NULL;
		const struct bucket *b;
		struct play p = { 0 };
		char events[256];

		snprintf(events, sizeof(events), "@1000\ncreate 100\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\n%st1 1 0 RELEASE\n",
			 cases[i].end);
		assert_int_equal(play_course(&c, 0, &p, events, &b), cases[i].n);
		assert_int_equal(b[0].to_ns - b[0].from_ns, cases[i].width_ns);
		play_done(&p);
	}
}

/* 59 s in buckets of 1 us: the memory stays small, and the sentence says what would do. */
static void test_too_many_buckets(void **state)
{
	cleanup(course_freep) struct course *c = NULL;
	const struct bucket *b;
	struct play p = { 0 };

	(void)state;
	assert_int_equal(play_course(&c, 1000, &p, "@1000\ncreate 100\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\n"
				     "@59000001000\nt1 1 0 RELEASE\n", &b), 0);
	assert_true(p.result < 0);
	assert_string_equal(err_innermost(), "buckets of 1.00 us are too many: 59,000,000, of at most 100,000; "
					"buckets of 1.00 ms would do");
	err_clear();
	play_done(&p);
}

/* Whatever happens, the sums are right: play() checks them. */
static void test_any_events(void **state)
{
	static const struct model_options options[] = {
		{ 0 }, { .thread = "t2" }, { .time = "+500ns,+3us" }, { .thread = "t1", .time = "20%-60%" },
		{ .thread = "n*" }, { .thread = "n1", .time = "10%-90%" },
	};
	char events[8192];

	(void)state;
	for (unsigned i = 0; i < 1200; i++) {
		struct play p = { .options = options[i % 6] };
		unsigned seed = i;

		p.options.end_ns = 6000;
		play_any_events(events, sizeof(events), &seed);
		play(&p, events);
		err_clear(); /* a range or thread that is not there */
		play_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stays_are_split_at_the_edges),
		cmocka_unit_test(test_an_event_at_the_last_edge_is_in_the_last_bucket),
		cmocka_unit_test(test_waiters_are_carried_over),
		cmocka_unit_test(test_a_range),
		cmocka_unit_test(test_two_gils),
		cmocka_unit_test(test_the_width_is_chosen),
		cmocka_unit_test(test_too_many_buckets),
		cmocka_unit_test(test_any_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
