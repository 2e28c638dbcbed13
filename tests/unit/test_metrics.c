/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "play.h"

#include <cmocka.h>

static void test_a_small_battle(void **state)
{
	struct play p = { 0 };
	const struct thread_metrics *t1, *t2;
	const struct gil_metrics *gil;
	const struct pair_metrics *pairs;

	(void)state;
	play(&p, "@1000\ncreate 100\n"
		 "t1 thread 1\nt2 thread 2\n"
		 "@1100\nt1 100 0 ENTRY\n@1110\nt1 100 0 ACQUIRE\n"
		 "@1200\nt2 100 0 ENTRY\n@1210\nt2 90 0 BUSY\n"
		 "@1300\nt1 100 1 RELEASE request\n@1310\nt1 100 1 ENTRY\n@1320\nt1 100 1 ACQUIRE\n"
		 "@1330\nt2 99 1 RETRY timeout\n"
		 "@1500\nt1 100 2 RELEASE request\n"
		 "@1540\nt2 100 2 ACQUIRE\n@1600\nt2 50 2 RELEASE\n");
	t1 = play_thread(&p, "t1");
	t2 = play_thread(&p, "t2");
	assert_int_equal(t1->entries, 2);
	assert_int_equal(t1->acquisitions, 2);
	assert_int_equal(t1->acquisitions_contended, 0);
	assert_int_equal(t1->releases, 2);
	assert_int_equal(t1->releases_requested, 2);
	assert_int_equal(t1->checks, 2);
	assert_int_equal(t1->ticks, 202);
	assert_int_equal(histogram_total(t1->hold_ns), 190 + 180);
	assert_int_equal(t2->acquisitions_contended, 1);
	assert_int_equal(t2->busy, 1);
	assert_int_equal(t2->retries, 1);
	assert_int_equal(t2->retries_timed_out, 1);
	assert_int_equal(t2->failed, 2);
	assert_int_equal(t2->ticks, 50);
	assert_int_equal(t2->switches_in, 1);
	assert_int_equal(histogram_total(t2->wait_ns), 340);
	assert_int_equal(histogram_total(t2->wait_contended_ns), 340);

	assert_int_equal(play_pair(&p, "t2", "t1")->wait_ns, 100 + 180);
	assert_int_equal(play_pair(&p, "t2", "t1")->failed, 2);
	assert_int_equal(play_pair(&p, "t2", "-")->wait_ns, 20 + 40);
	assert_int_equal(metrics_pairs(p.metrics, &pairs), 2); /* t1 found it free: no pair */
	assert_true(pairs[0].wait_ns >= pairs[1].wait_ns);

	assert_int_equal(metrics_gils(p.metrics, &gil), 1);
	assert_int_equal(gil->acquisitions, 3);
	assert_int_equal(gil->failed, 2);
	assert_int_equal(gil->switches, 1);
	assert_int_equal(gil->held_ns, 190 + 180 + 60);
	assert_int_equal(gil->wanted_ns, 1540 - 1210);
	assert_int_equal(gil->dead_ns, 40);
	assert_string_equal(gil->info.design, "cond");
	play_done(&p);
}

/* A process that was killed waited and held until its last event, not until the other's. */
static void test_each_gil_has_its_own_end(void **state)
{
	const struct thread_metrics *t1, *t2;
	const struct gil_metrics *gils;
	struct play p = { 0 };

	(void)state;
	play(&p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n"
	     "@2000\nt2 -1 0 RETRY timeout\n"
	     "gil 99\ncreate 5000us\nt9 -1 0 ENTRY\nt9 -1 0 ACQUIRE\n@9000000\nt9 -1 0 RELEASE\n");
	t1 = play_thread(&p, "t1");
	t2 = play_thread(&p, "t2");
	assert_true(t1->still_holding && t2->still_waiting);
	assert_int_equal(t1->state_ns[STATE_HOLDING], 2000 - 1020);
	assert_int_equal(t2->state_ns[STATE_WAITING], 2000 - 1040);
	assert_int_equal(metrics_gils(p.metrics, &gils), 2);
	assert_int_equal(gils[0].held_ns, 2000 - 1020);
	assert_int_equal(gils[0].wanted_ns, 2000 - 1040);
	play_done(&p);
}

/* With --time the GIL is seen from end to end of the range, also where it has no event. */
static void test_a_range_in_the_middle_of_a_hold(void **state)
{
	const struct gil_metrics *gil;
	struct play p = { .options.time = "+1us,+2us" };

	(void)state;
	play(&p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt2 -1 0 ENTRY\n@1500\nt2 -1 0 BUSY\n"
	     "@2500\nt2 -1 0 RETRY timeout\n@9000\nt1 -1 0 RELEASE\n");
	assert_int_equal(metrics_gils(p.metrics, &gil), 1);
	assert_int_equal(gil->first_ns, 2000);
	assert_int_equal(gil->last_ns, 3000);
	assert_int_equal(gil->held_ns, 1000);
	assert_int_equal(gil->wanted_ns, 1000);
	play_done(&p);
}

/* What --thread leaves out is in no number: neither is its waiting. */
static void test_only_selected_threads_count(void **state)
{
	const struct gil_metrics *gil;
	struct play p = { .options.thread = "t1" };

	(void)state;
	play(&p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n"
	     "@2000\nt1 -1 0 RELEASE\nt2 -1 0 ACQUIRE\nt1 -1 0 ENTRY\nt1 -1 0 BUSY\n"
	     "@3000\nt2 -1 0 RELEASE\nt1 -1 0 ACQUIRE\nt1 -1 0 RELEASE\n");
	assert_int_equal(metrics_gils(p.metrics, &gil), 1);
	assert_int_equal(gil->wanted_ns, 3010 - 2030);
	assert_int_equal(gil->held_ns, 2000 - 1020 + 10);
	play_done(&p);
}

/* Of the only GIL. */
static void assert_cpus(const struct play *p, uint64_t failed_same, uint64_t failed_other,
			uint64_t switches_same, uint64_t switches_other)
{
	const struct gil_metrics *gil;

	assert_int_equal(metrics_gils(p->metrics, &gil), 1);
	assert_int_equal(gil->failed_same_cpu, failed_same);
	assert_int_equal(gil->failed_other_cpu, failed_other);
	assert_int_equal(gil->switches_same_cpu, switches_same);
	assert_int_equal(gil->switches_other_cpu, switches_other);
}

/* t1 takes it on CPU 4 and lets it go on CPU 5: failures look at the one, switches at the other. */
static void test_a_holder_that_migrates(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "create 5000us\nt1 -1 0 ENTRY on 3\nt1 -1 0 ACQUIRE on 4\n"
	     "t2 -1 0 ENTRY on 6\nt2 -1 0 BUSY on 4\nt2 -1 0 RETRY timeout on 5\nt2 -1 0 RETRY on 6\n"
	     "t1 -1 0 RELEASE request on 5\nt2 -1 0 RETRY on 4\n" /* free: blames the last hold */
	     "t2 -1 0 ACQUIRE on 5\n"
	     "t3 -1 0 ENTRY on 5\nt3 -1 0 BUSY on 5\n"
	     "t2 -1 0 RELEASE on 5\nt3 -1 0 ACQUIRE on 6\n");
	assert_cpus(&p, 3, 2, 1, 1);
	assert_int_equal(play_thread(&p, "t2")->failed_same_cpu, 2);
	assert_int_equal(play_thread(&p, "t2")->failed_other_cpu, 2);
	assert_int_equal(play_thread(&p, "t3")->failed_same_cpu, 1);
	assert_int_equal(play_thread(&p, "t3")->failed_other_cpu, 0);
	play_done(&p);
}

/* A CPU that the tracer does not tell is neither the same nor another, whichever of the two it is. */
static void test_unknown_cpus_are_in_neither(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "create 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on -1\n"
	     "t2 -1 0 ENTRY\nt2 -1 0 BUSY on -1\nt2 -1 0 RETRY on 1\n"
	     "t1 -1 0 RELEASE on -1\nt2 -1 0 ACQUIRE on 2\n"
	     "t1 -1 0 ENTRY\nt1 -1 0 BUSY on -1\n"
	     "t2 -1 0 RELEASE on 2\nt1 -1 0 ACQUIRE on -1\n");
	assert_cpus(&p, 0, 0, 0, 0);
	play_done(&p);
}

/* Whose ACQUIRE or RELEASE was not seen has no CPU there, not that of a hold before. */
static void test_unseen_ends_of_a_hold_have_no_cpu(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "create 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on 4\nt1 -1 0 RELEASE on 4\n"
	     "t2 -1 0 RELEASE on 4\n"                       /* found: its ACQUIRE is not here */
	     "t3 -1 0 ENTRY on 4\nt3 -1 0 BUSY on 4\n"      /* neither */
	     "t3 -1 0 ACQUIRE on 5\n"                       /* but its RELEASE is: another */
	     "t2 -1 0 ENTRY on 5\nt2 -1 0 ACQUIRE on 4\n"   /* t3 still had it: neither */
	     "t3 -1 0 ENTRY on 4\nt3 -1 0 BUSY on 4\n");    /* the same */
	assert_cpus(&p, 1, 0, 0, 1);
	play_done(&p);
}

/* Nobody is blamed for what fails after one's own hold. */
static void test_nobody_blamed_is_on_no_cpu(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "create 5000us\nt2 -1 0 ENTRY on 4\nt2 -1 0 BUSY on 4\n"
	     "t2 -1 0 ACQUIRE on 4\nt2 -1 0 RELEASE on 4\nt2 -1 0 ENTRY on 4\nt2 -1 0 BUSY on 4\n");
	assert_cpus(&p, 0, 0, 0, 0);
	play_done(&p);
}

/* What was before the time asked for tells where the holder is, as it tells who it is. */
static void test_cpus_of_a_clipped_hold(void **state)
{
	struct play p = { .options.time = "+1us," };

	(void)state;
	play(&p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on 4\nt2 -1 0 ENTRY\nt2 -1 0 BUSY on 4\n"
	     "@2500\nt2 -1 0 RETRY timeout on 4\nt1 -1 0 RELEASE on 3\nt2 -1 0 ACQUIRE on 4\n");
	assert_cpus(&p, 1, 0, 0, 1);
	play_done(&p);
}

/* --thread: the holder's CPU is known though its events are not shown. */
static void test_cpus_of_a_holder_not_selected(void **state)
{
	struct play p = { .options.thread = "t2" };

	(void)state;
	play(&p, "create 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on 4\nt2 -1 0 ENTRY\nt2 -1 0 BUSY on 4\n"
	     "t1 -1 0 RELEASE on 4\nt2 -1 0 ACQUIRE on 3\n"
	     "t1 -1 0 ENTRY\nt1 -1 0 BUSY on 3\nt2 -1 0 RELEASE on 3\nt1 -1 0 ACQUIRE on 3\n");
	assert_cpus(&p, 1, 0, 0, 1);
	play_done(&p);
}

static void test_violations_as_text(void **state)
{
	struct play p = { 0 };
	const char *const *texts;

	(void)state;
	play(&p, "@1000000000\nt2 1 1 RELEASE\n@2234567890\nt2 1 1 RELEASE\n");
	assert_int_equal(metrics_violations(p.metrics, &texts), 1);
	assert_string_equal(texts[0],
			    "t1: RELEASE by a thread that does not hold it, at +1.234567890 s");
	play_done(&p);
}

/* Memory is bounded: ended threads beyond the limit become one row, and no count is lost. */
static void test_many_threads_fold(void **state)
{
	enum { THREADS = 20000 };
	static char events[THREADS * 168];
	const struct thread_metrics *threads;
	const struct pair_metrics *pairs;
	struct play p = { 0 };
	uint64_t acquisitions = 0, hold_ns = 0, holds = 0, waits = 0, busy = 0, failed = 0, same = 0, other = 0;
	size_t n = 0, rows, n_pairs;
	bool folded = false;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		n += (size_t)sprintf(events + n,
				     "t%d 1 1 ENTRY\nt%d 1 1 ACQUIRE\nt%d 1 1 ENTRY\nt%d 1 1 BUSY on %d\n"
				     "t%d 1 1 RELEASE\nt%d 0 0 LEAVE thread_end\n"
				     "t%d 0 0 LEAVE thread_end\n",
				     i, i, i + 100000, i + 100000, i + i % 2, i, i, i + 100000);
	play(&p, events);
	assert_int_equal(p.result, 0);
	rows = metrics_threads(p.metrics, &threads);
	assert_true(rows <= 4097);
	for (size_t i = 0; i < rows; i++) {
		acquisitions += threads[i].acquisitions;
		busy += threads[i].busy;
		same += threads[i].failed_same_cpu;
		other += threads[i].failed_other_cpu;
		hold_ns += histogram_total(threads[i].hold_ns);
		holds += histogram_count(threads[i].hold_ns);
		folded |= threads[i].folded && !strcmp(threads[i].info.name, "others");
	}
	assert_true(folded);
	assert_int_equal(acquisitions, THREADS);
	assert_int_equal(busy, THREADS);
	assert_int_equal(same, THREADS / 2);
	assert_int_equal(other, THREADS / 2);
	assert_int_equal(holds, THREADS);
	assert_int_equal(hold_ns, THREADS * 30);
	n_pairs = metrics_pairs(p.metrics, &pairs);
	for (size_t i = 0; i < n_pairs; i++) {
		assert_true(pairs[i].waiter < rows);
		assert_true(pairs[i].holder >= PAIR_OTHERS || pairs[i].holder < rows);
		waits += pairs[i].wait_ns;
		failed += pairs[i].failed;
	}
	assert_int_equal(failed, THREADS);
	assert_int_equal(waits, (uint64_t)THREADS * 40);
	play_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_small_battle),
		cmocka_unit_test(test_each_gil_has_its_own_end),
		cmocka_unit_test(test_a_range_in_the_middle_of_a_hold),
		cmocka_unit_test(test_only_selected_threads_count),
		cmocka_unit_test(test_a_holder_that_migrates),
		cmocka_unit_test(test_unknown_cpus_are_in_neither),
		cmocka_unit_test(test_unseen_ends_of_a_hold_have_no_cpu),
		cmocka_unit_test(test_nobody_blamed_is_on_no_cpu),
		cmocka_unit_test(test_cpus_of_a_clipped_hold),
		cmocka_unit_test(test_cpus_of_a_holder_not_selected),
		cmocka_unit_test(test_violations_as_text),
		cmocka_unit_test(test_many_threads_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
