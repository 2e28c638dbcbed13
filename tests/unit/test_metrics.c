/* SPDX-License-Identifier: MIT */
#include <math.h>
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

/* ---- what a thread did to others ----------------------------------------------- */

/* In a_small_battle's way: who takes it back at once, who waited for it or not, who had it between. */
static void test_barging(void **state)
{
	static const struct {
		const char *events;
		uint64_t t1;
	} cases[] = {
		{ "t2 -1 0 ENTRY\nt2 -1 0 BUSY\nt1 -1 0 RELEASE\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n", 1 },
		/* Nobody slept at the RELEASE: not yet, or no more. */
		{ "t2 -1 0 ENTRY\nt1 -1 0 RELEASE\nt2 -1 0 BUSY\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n", 0 },
		{ "t2 -1 0 ENTRY\nt2 -1 0 BUSY\nt2 -1 0 LEAVE gone\nt1 -1 0 RELEASE\nt1 -1 0 ENTRY\n"
		  "t1 -1 0 ACQUIRE\n", 0 },
		/* Another had it between. */
		{ "t2 -1 0 ENTRY\nt2 -1 0 BUSY\nt3 -1 0 ENTRY\nt3 -1 0 BUSY\nt1 -1 0 RELEASE\nt2 -1 0 ACQUIRE\n"
		  "t1 -1 0 ENTRY\nt1 -1 0 BUSY\nt2 -1 0 RELEASE\nt1 -1 0 ACQUIRE\n", 0 },
		/* It slept in between, and won all the same. */
		{ "t2 -1 0 ENTRY\nt2 -1 0 BUSY\nt1 -1 0 RELEASE\nt1 -1 0 ENTRY\nt1 -1 0 BUSY\nt1 -1 0 ACQUIRE\n", 1 },
		/* A hole: the RELEASE is not known. */
		{ "t2 -1 0 ENTRY\nt2 -1 0 BUSY\nt1 -1 0 RELEASE\nlost 62 65 1\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct gil_metrics *gil;
		struct play p = { 0 };
		char events[512];

		snprintf(events, sizeof(events), "create 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n%s", cases[i].events);
		play(&p, events);
		assert_int_equal(play_thread(&p, "t1")->barging, cases[i].t1);
		metrics_gils(p.metrics, &gil);
		assert_int_equal(gil->barging, cases[i].t1);
		play_done(&p);
	}
}

/* What others slept beyond the interval of 1 us; who waits only at the end of a long hold lost little. */
static void test_overruns(void **state)
{
	const struct thread_metrics *t1;
	const struct gil_metrics *gil;
	struct play p = { 0 };

	(void)state;
	play(&p, "@1000\ncreate 1us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n"  /* from 1020 */
		 "@5000\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n@6010\nt1 -1 0 RELEASE\n" /* 1000 of 5010: none */
		 "@6100\nt2 -1 0 ACQUIRE\nt1 -1 0 ENTRY\nt1 -1 0 BUSY\nt3 -1 0 ENTRY\nt3 -1 0 BUSY\n"
		 "@8000\nt2 -1 0 RELEASE\n"                             /* 6120 to 8000: 880 more */
		 "@8100\nt1 -1 0 ACQUIRE\n@9900\nt1 -1 0 RELEASE\n"     /* 1800: 800 more */
		 "@9910\nt3 -1 0 ACQUIRE\nt1 -1 0 ENTRY\nt1 -1 0 BUSY\n@99000\nt1 -1 0 RETRY timeout\n");
	t1 = play_thread(&p, "t1");
	assert_int_equal(t1->overruns, 1);
	assert_int_equal(t1->overrun_ns, 800);
	assert_int_equal(t1->overrun.ns, 1800);
	assert_int_equal(t1->overrun.at_ns, 8100);
	assert_int_equal(t1->blocking.ns, 1800);
	assert_int_equal(t1->blocking.at_ns, 8100);
	assert_int_equal(play_thread(&p, "t2")->overrun_ns, 880);
	/* One that goes on at the trace's end has overrun, too. */
	assert_int_equal(play_thread(&p, "t3")->overruns, 1);
	assert_int_equal(play_thread(&p, "t3")->overrun_ns, 99000 - 9930 - 1000);
	metrics_gils(p.metrics, &gil);
	assert_int_equal(gil->overruns, 3);
	assert_int_equal(gil->waiters_max, 2);
	play_done(&p);
}

/* The hold for which others slept longest is not the longest one; what they slept before it is another's. */
static void test_blocking(void **state)
{
	static const char *const creations[] = { "create 100\n", "create 5000us\n" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct play p = { 0 };
		char events[512];

		snprintf(events, sizeof(events), "%s@1000\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\n" /* from 1010 */
			 "@9000\nt2 1 0 ENTRY\nt2 1 0 BUSY\nt3 1 0 ENTRY\nt3 1 0 BUSY\n"   /* from 9010 */
			 "@9500\nt1 1 0 RELEASE\n@9600\nt2 1 0 ACQUIRE\n@10100\nt2 1 0 RELEASE\n"
			 "@10200\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\n@11210\nt1 1 0 RELEASE\n"
			 "@11300\nt3 1 0 ACQUIRE\n@99000\nt3 1 0 RELEASE\n", creations[i]);
		play(&p, events);
		assert_int_equal(play_thread(&p, "t1")->blocking.ns, 1000);
		assert_int_equal(play_thread(&p, "t1")->blocking.at_ns, 10210);
		assert_int_equal(play_thread(&p, "t2")->blocking.ns, 500);
		assert_int_equal(play_thread(&p, "t2")->blocking.at_ns, 9600);
		assert_int_equal(play_thread(&p, "t3")->blocking.ns, 0);
		assert_int_equal(play_thread(&p, "t3")->blocking.at_ns, INT64_MIN);
		play_done(&p);
	}
}

static void test_ticks_have_no_overruns(void **state)
{
	static const char *const creations[] = { "create 100\n", "create 0us\n", "" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct gil_metrics *gil;
		struct play p = { 0 };
		char events[256];

		snprintf(events, sizeof(events), "%st1 1 0 ENTRY\nt1 1 0 ACQUIRE\nt2 1 0 ENTRY\nt2 1 0 BUSY\n"
			 "@900000000\nt1 1 0 RELEASE\nt2 1 0 ACQUIRE\n", creations[i]);
		play(&p, events);
		metrics_gils(p.metrics, &gil);
		assert_int_equal(gil->overruns, METRIC_UNKNOWN);
		assert_int_equal(gil->overrun_ns, METRIC_UNKNOWN);
		assert_int_equal(play_thread(&p, "t1")->overruns, METRIC_UNKNOWN);
		assert_int_equal(play_thread(&p, "t1")->overrun.ns, METRIC_UNKNOWN);
		assert_int_equal(play_thread(&p, "t2")->waits_long, METRIC_UNKNOWN);
		play_done(&p);
	}
}

/* Contended ones of more than ten intervals of 1 us, that got it. */
static void test_long_waits(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "@1000\ncreate 1us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n"
		 "@2000\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\nt3 -1 0 ENTRY\nt3 -1 0 BUSY\nt4 -1 0 ENTRY\nt4 -1 0 BUSY\n"
		 "@12000\nt1 -1 0 RELEASE\n@12001\nt2 -1 0 ACQUIRE\nt2 -1 0 RELEASE\n" /* 10,001 ns */
		 "@12020\nt3 -1 0 ACQUIRE\n@30000\nt3 -1 0 RELEASE\n"                  /* 10,000 ns: not more */
		 "t4 -1 0 LEAVE gone\nt5 -1 0 ENTRY\n@90000\nt5 -1 0 ACQUIRE\n");         /* found it free */
	assert_int_equal(play_thread(&p, "t2")->waits_long, 1);
	assert_int_equal(play_thread(&p, "t3")->waits_long, 0);
	assert_int_equal(play_thread(&p, "t4")->waits_long, 0);
	assert_int_equal(play_thread(&p, "t5")->waits_long, 0);
	/* The longest attempt need not have got it. */
	assert_int_equal(play_thread(&p, "t4")->attempt.ns, 30010 - 2040);
	assert_int_equal(play_thread(&p, "t4")->attempt.at_ns, 2040);
	play_done(&p);
}

/* Of its longest wait with a BUSY, t1 held most: t2's other waits were for t3. */
static void test_the_longest_attempt(void **state)
{
	const struct thread_metrics *threads, *t2;
	struct play p = { 0 };

	(void)state;
	play(&p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n"
		 "@2000\nt1 -1 0 RELEASE\nt3 -1 0 ENTRY\nt3 -1 0 ACQUIRE\nt2 -1 0 RETRY\n@2500\nt3 -1 0 RELEASE\n"
		 "t2 -1 0 ACQUIRE\nt2 -1 0 RELEASE\nt3 -1 0 ENTRY\nt3 -1 0 ACQUIRE\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n"
		 "t2 -1 0 RETRY\nt2 -1 0 RETRY\n@3000\nt3 -1 0 RELEASE\nt2 -1 0 ACQUIRE\n");
	metrics_threads(p.metrics, &threads);
	t2 = play_thread(&p, "t2");
	assert_int_equal(t2->attempt.ns, 2510 - 1030);
	assert_int_equal(t2->attempt.at_ns, 1030);
	assert_ptr_equal(&threads[t2->longest_holder], play_thread(&p, "t1"));
	assert_int_equal(t2->retries_max, 2);
	assert_int_equal(play_thread(&p, "t1")->longest_holder, PAIR_NOBODY);
	assert_int_equal(play_thread(&p, "t1")->blocked_others_ns, 2000 - 1030);
	assert_int_equal(play_pair(&p, "t2", "t3")->waits, 2);
	assert_int_equal(play_pair(&p, "t2", "t3")->first_ns, 1030);
	assert_int_equal(play_pair(&p, "t2", "t3")->last_ns, 3010);
	assert_int_equal(play_pair(&p, "t2", "t3")->max_ns, 480);
	assert_int_equal(play_pair(&p, "t2", "t3")->max_at_ns, 1030);
	play_done(&p);
}

static void test_cpus_and_migrations(void **state)
{
	const struct thread_metrics *t1;
	struct play p = { 0 };

	(void)state;
	play(&p, "create 5000us\nt1 -1 0 ENTRY on 9\nt1 -1 0 ACQUIRE on 1\nt1 -1 0 RELEASE on 2\n"
		 "t1 -1 0 ENTRY on 2\nt1 -1 0 ACQUIRE on 1\nt1 -1 0 RELEASE on 1\n"   /* back: none */
		 "t1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on 3\nt1 -1 0 RELEASE\n"             /* one */
		 "t1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on -1\nt1 -1 0 RELEASE\n"            /* not known */
		 "t1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on 1\nt1 -1 0 RELEASE\n"             /* from where? */
		 "t1 -1 0 ENTRY\nt1 -1 0 ACQUIRE on 65\nt1 -1 0 RELEASE\n");          /* one */
	t1 = play_thread(&p, "t1");
	assert_int_equal(t1->migrations, 2);
	assert_int_equal(t1->cpus, 3);
	play_done(&p);
}

/* ---- what the GIL is like ----------------------------------------------------------- */

static void test_handovers(void **state)
{
	const struct gil_metrics *gil;
	struct play p = { 0 };

	(void)state;
	play(&p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt1 -1 0 RELEASE\n"
		 "@1500\nt2 -1 0 ENTRY\nt2 -1 0 ACQUIRE\nt1 -1 0 ENTRY\nt1 -1 0 BUSY\n" /* 1030 to 1510, wanted from 1500 */
		 "@2000\nt2 -1 0 RELEASE\n@2040\nt1 -1 0 ACQUIRE\nt1 -1 0 RELEASE\n"
		 "t1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n"                       /* to itself: none */
		 "t2 -1 0 ENTRY\nt2 -1 0 BUSY\nt2 -1 0 ACQUIRE\n");       /* unlawful: t1's RELEASE is not there */
	metrics_gils(p.metrics, &gil);
	assert_int_equal(gil->switches, 3);
	assert_int_equal(histogram_count(gil->handover_ns), 1);
	assert_int_equal(histogram_total(gil->handover_ns), 40);
	assert_int_equal(gil->dead_ns, 10 + 40);
	assert_int_equal(play_pair(&p, "t2", "t1")->handovers, 2);
	assert_int_equal(play_pair(&p, "t2", "t1")->handover_ns, 10);
	assert_int_equal(play_pair(&p, "t1", "t2")->handovers, 1);
	assert_int_equal(play_pair(&p, "t1", "t2")->handover_ns, 40);
	assert_int_equal(play_pair(&p, "t1", "t2")->wait_ns, 2000 - 1520);
	play_done(&p);
}

static void assert_near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-9);
}

/* Of 10 us, t1 holds from 2 to 6, t2 waits from 4 on and holds from 6 to 7; t3 never asks. */
static void test_ratios(void **state)
{
	const struct thread_metrics *t2;
	const struct gil_metrics *gil;
	struct play p = { 0 };

	(void)state;
	play(&p, "@100000\ncreate 100\n@102000\nt1 100 0 ENTRY\n@102000\nt1 100 0 ACQUIRE\n@104000\nt2 1 0 ENTRY\n@104000\nt2 1 0 BUSY\n"
		 "@105000\nt2 1 0 RETRY\n@106000\nt1 10 2 RELEASE\n@106000\nt2 10 2 ACQUIRE\n@107000\nt2 5 2 RELEASE\n"
		 "@110000\nt3 thread 3\n");
	t2 = play_thread(&p, "t2");
	assert_int_equal(metrics_gils(p.metrics, &gil), 1);
	assert_int_equal(gil->wall_ns, 10000);
	assert_int_equal(gil->threads, 3);
	assert_int_equal(gil->active_ns, 5000);
	assert_int_equal(gil->waiting_ns, 2000);
	assert_near(gil->utilisation, 0.5);
	assert_near(gil->contention, 0.2);
	assert_near(gil->waiters_mean, 0.2);
	assert_near(gil->demand, 0.7);
	assert_near(gil->badness, 1);
	assert_near(gil->dead_ratio, 0);
	assert_near(gil->switches_per_s, 100000);
	assert_near(gil->hold_share_max, 0.8);
	assert_near(gil->fairness_hold, 5000. * 5000 / (2 * (16000000. + 1000000)));
	assert_near(gil->fairness_progress, (4. / 3) * (4. / 3) / (2 * (1 + 1. / 9)));
	assert_near(gil->parallelism_bound, 7000. / 5000);
	assert_near(t2->hold_share, 0.2);
	assert_near(t2->hold_ratio, 1. / 3);
	assert_near(t2->wait_ratio, 2. / 3);
	assert_near(t2->progress_ratio, 1. / 3);
	assert_near(t2->retries_per_acquisition, 1);
	assert_near(play_thread(&p, "t1")->ticks_per_check, (101 + 101) / 2.);
	play_done(&p);
}

/* Nothing divided by nothing is not 0. */
static void test_ratios_of_nothing(void **state)
{
	const struct gil_metrics *gil;
	const struct thread_metrics *t1;
	struct play p = { 0 };

	(void)state;
	play(&p, "create 5000us\nt1 thread 1\n");
	metrics_gils(p.metrics, &gil);
	t1 = play_thread(&p, "t1");
	assert_true(isnan(gil->badness) && isnan(gil->fairness_hold) && isnan(gil->fairness_progress));
	assert_true(isnan(gil->hold_share_max) && isnan(gil->parallelism_bound));
	assert_true(isnan(t1->hold_ratio) && isnan(t1->wait_ratio) && isnan(t1->hold_share));
	assert_true(isnan(t1->progress_ratio) && isnan(t1->retries_per_acquisition) && isnan(t1->ticks_per_check));
	assert_int_equal(t1->attempt.at_ns, INT64_MIN);
	assert_int_equal(t1->longest_holder, PAIR_NOBODY);
	play_done(&p);
}

/* --thread: the sums are t2's; that it made t1 wait is t1's. */
static void test_selected_sums(void **state)
{
	const struct gil_metrics *gil;
	struct play p = { .options.thread = "t2" };

	(void)state;
	play(&p, "@1000\ncreate 1us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n"
		 "t3 -1 0 ENTRY\nt3 -1 0 BUSY\n"
		 "@5000\nt1 -1 0 RELEASE\nt2 -1 0 ACQUIRE\nt1 -1 0 ENTRY\nt1 -1 0 BUSY\n@9000\nt2 -1 0 RELEASE\n"
		 "t1 -1 0 ACQUIRE\n@10000\nt1 -1 0 RELEASE\n");
	metrics_gils(p.metrics, &gil);
	assert_int_equal(gil->threads, 1);
	assert_int_equal(gil->waiters_max, 1);
	assert_int_equal(gil->active_ns, 9000 - 1030);
	assert_int_equal(gil->wait_ns, 5010 - 1030);
	assert_int_equal(gil->held_ns, 9000 - 5010);
	assert_int_equal(gil->overruns, 1);
	assert_near(gil->fairness_hold, 1);
	assert_near(gil->hold_share_max, 1);
	assert_int_equal(play_thread(&p, "t1")->blocked_others_ns, 0);
	assert_int_equal(play_pair(&p, "t2", "t1")->wait_ns, 5000 - 1030);
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
/* CPython names a thread after its first ACQUIRE: asked for by that name, it begins there. */
static void test_thread_that_is_named_late(void **state)
{
	struct play p = { .options.thread = "worker" };
	const struct thread_metrics *worker;

	(void)state;
	play(&p, "@1000\ncreate 5000us\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n@1100\nt1 thread 7 worker\n"
		 "@1200\nt1 -1 0 RELEASE\n@1300\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n@1350\nt1 -1 0 RELEASE\n");
	worker = play_thread(&p, "worker");
	assert_int_equal(worker->acquisitions, 1);
	assert_int_equal(worker->life_ns, 250);
	assert_int_equal(worker->state_ns[STATE_HOLDING], 100 + 40);
	assert_int_equal(histogram_count(worker->hold_ns), 1); /* the first was cut */
	play_done(&p);
}

/* The others of whom nobody was asked for show no numbers. */
static void test_others_that_were_not_asked_for(void **state)
{
	enum { THREADS = 5000 };
	static char events[THREADS * 160];
	const struct thread_metrics *threads;
	struct play p = { .options.thread = "7" };
	uint64_t acquisitions = 0;
	size_t n = 0, rows;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		n += (size_t)sprintf(events + n, "t%d 1 1 ENTRY\nt%d 1 1 ACQUIRE\nt%d 1 1 RELEASE\n"
						 "t%d 0 0 LEAVE thread_end\n"
						 "t7 1 1 ENTRY\nt7 1 1 ACQUIRE\nt7 1 1 RELEASE\n",
				     i + 10, i + 10, i + 10, i + 10);
	play(&p, events);
	rows = metrics_threads(p.metrics, &threads);
	for (size_t i = 0; i < rows; i++) {
		assert_int_equal(threads[i].info.selected, threads[i].info.tid == 7);
		acquisitions += threads[i].acquisitions;
	}
	assert_int_equal(acquisitions, THREADS);
	play_done(&p);
}

static void test_many_threads_fold(void **state)
{
	enum { THREADS = 20000 };
	const struct gil_metrics *gil;
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
	/* Each one counts for itself. */
	metrics_gils(p.metrics, &gil);
	assert_int_equal(gil->threads, 2 * THREADS);
	assert_near(gil->fairness_hold, 1);
	assert_near(gil->fairness_progress, THREADS / (2. * THREADS));
	assert_near(gil->hold_share_max, 1. / THREADS);
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
		cmocka_unit_test(test_barging),
		cmocka_unit_test(test_overruns),
		cmocka_unit_test(test_blocking),
		cmocka_unit_test(test_ticks_have_no_overruns),
		cmocka_unit_test(test_long_waits),
		cmocka_unit_test(test_the_longest_attempt),
		cmocka_unit_test(test_cpus_and_migrations),
		cmocka_unit_test(test_handovers),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_ratios_of_nothing),
		cmocka_unit_test(test_selected_sums),
		cmocka_unit_test(test_violations_as_text),
		cmocka_unit_test(test_thread_that_is_named_late),
		cmocka_unit_test(test_others_that_were_not_asked_for),
		cmocka_unit_test(test_many_threads_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
