/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "play.h"

#include <cmocka.h>

#include "analyzer/findings.h"
#include "analyzer/findings/words.h"
#include "analyzer/results.h"

#define MS (INT64_C(1000) * 1000)
#define US INT64_C(1000)

/* ---- a scene: numbers as a pass would have found them, and what is said about them ------- */

enum { ROWS = 24, PAIRS = 64 };

struct scene {
	struct gil_info info;
	struct gil_metrics gil;
	struct thread_metrics threads[ROWS];
	struct pair_metrics pairs[PAIRS];
	struct quality quality;
	struct trace_info trace;
	struct results results;
	struct findings *findings;
};

/* A GIL that was seen for a second, with time slices of 5 ms; ticks: with this check interval. */
static void open_scene(struct scene *s, int64_t ticks)
{
	*s = (struct scene){ .info = { .interval = ticks ? ticks : 5000, .flags = ticks ? GIL_FLAG_TICKED | GIL_FLAG_CHECKS_EXACT : 0 } };
	s->gil = (struct gil_metrics){ .info = s->info, .wall_ns = 1000 * MS, .first_ns = 1, .last_ns = 1 + 1000 * MS,
				       .acquisitions = 100, .held_ns = 900 * MS };
	s->results = (struct results){ .trace = &s->trace, .quality = &s->quality, .gils = &s->gil, .n_gils = 1,
				       .threads = s->threads, .pairs = s->pairs };
}

static struct thread_metrics *add_thread(struct scene *s, const char *name)
{
	struct thread_metrics *t = &s->threads[s->results.n_threads++];

	assert_true(s->results.n_threads <= ROWS);
	*t = (struct thread_metrics){ .info = { .gil = &s->info, .selected = true }, .life_ns = 1000 * MS,
				      .blocking.at_ns = INT64_MIN,
				      .acquisitions = 100, .releases = 100, .longest_holder = PAIR_NOBODY };
	snprintf(t->info.name, sizeof(t->info.name), "%s", name);
	assert_int_equal(histogram_new(&t->wait_ns), 0);
	assert_int_equal(histogram_new(&t->wait_contended_ns), 0);
	assert_int_equal(histogram_new(&t->hold_ns), 0);
	return t;
}

static void hold(struct thread_metrics *t, unsigned n, int64_t ns)
{
	while (n--)
		assert_int_equal(histogram_add(t->hold_ns, (uint64_t)ns), 0);
}

/* Waits n times; all of it for one other. */
static struct pair_metrics *wait_for(struct scene *s, struct thread_metrics *t, const struct thread_metrics *holder,
				     unsigned n, int64_t ns)
{
	struct pair_metrics *p = &s->pairs[s->results.n_pairs++];

	assert_true(s->results.n_pairs <= PAIRS);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(histogram_add(t->wait_ns, (uint64_t)ns), 0);
		assert_int_equal(histogram_add(t->wait_contended_ns, (uint64_t)ns), 0);
	}
	*p = (struct pair_metrics){ .waiter = (uint32_t)(t - s->threads),
				    .holder = holder ? (uint32_t)(holder - s->threads) : PAIR_NOBODY,
				    .wait_ns = n * (uint64_t)ns, .max_ns = (uint64_t)ns, .waits = n, .failed = n,
				    .first_ns = 100 * MS, .last_ns = 900 * MS, .max_at_ns = 200 * MS };
	t->acquisitions_contended += n;
	if ((uint64_t)ns > t->attempt.ns) {
		t->attempt = (struct longest){ (uint64_t)ns, 200 * MS };
		t->longest_holder = p->holder;
	}
	s->gil.waiting_ns += p->wait_ns;
	s->gil.waiters_mean = (double)s->gil.waiting_ns / (double)s->gil.wall_ns;
	s->gil.wanted_ns = s->gil.waiting_ns < s->gil.wall_ns ? s->gil.waiting_ns : s->gil.wall_ns;
	s->gil.wait_ns += p->wait_ns;
	s->gil.failed += n;
	return p;
}

/* As one that computes lets go: at checks. */
static struct thread_metrics *add_computing(struct scene *s, const char *name)
{
	struct thread_metrics *t = add_thread(s, name);

	t->checks = t->releases;
	hold(t, 100, 5 * MS);
	return t;
}

/* What costs something is explained once: the costs sum to at most the waiting. */
static const struct finding *conclude(struct scene *s, size_t *n)
{
	const struct finding *list;
	uint64_t sum_ns = 0;

	assert_int_equal(findings_new(&s->findings, &s->results), 0);
	*n = findings_list(s->findings, &list);
	assert_true(*n >= 1);
	for (size_t i = 0; i < *n; i++) {
		assert_true(!i || list[i].cost_ns <= list[i - 1].cost_ns);
		assert_true(list[i].n_threads <= FINDING_THREADS);
		for (size_t t = 0; t < list[i].n_threads; t++)
			assert_true(list[i].threads[t] < s->results.n_threads);
		assert_true(list[i].from_ns <= list[i].to_ns);
		assert_true(*list[i].verdict && *list[i].evidence && *list[i].advice);
		assert_null(strstr(list[i].verdict, "nan"));
		assert_null(strstr(list[i].evidence, "nan"));
		sum_ns += list[i].cost_ns;
	}
	assert_true(sum_ns <= s->gil.wait_ns);
	return list;
}

static void close_scene(struct scene *s)
{
	findings_free(s->findings);
	for (size_t i = 0; i < s->results.n_threads; i++) {
		histogram_free(s->threads[i].wait_ns);
		histogram_free(s->threads[i].wait_contended_ns);
		histogram_free(s->threads[i].hold_ns);
	}
}

/* Says exactly these, with spaces between. */
static void assert_found(struct scene *s, const char *names)
{
	char all[256] = "";
	size_t n;
	const struct finding *list = conclude(s, &n);

	for (size_t i = 0; i < n; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? " " : "", list[i].name);
	assert_string_equal(all, names);
}

static const struct finding *first_of(const struct scene *s)
{
	const struct finding *list;

	assert_true(findings_list(s->findings, &list) >= 1);
	return &list[0];
}

/* ---- battle ------------------------------------------------------------------------------ */

/* Each waits so often for the other. */
static void let_fight(struct scene *s, unsigned n, int64_t ns)
{
	struct thread_metrics *t1 = add_computing(s, "t1"), *t2 = add_computing(s, "t2");

	wait_for(s, t1, t2, n, ns);
	wait_for(s, t2, t1, n, ns);
}

static void test_battle_of_time_slices(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	let_fight(&s, 100, 5 * MS);
	assert_found(&s, "battle");
	assert_string_equal(first_of(&s)->verdict, "GIL battle: t1 and t2 compute, and take turns at the GIL: they "
			    "waited 1.00 s of their 2.00 s (50.0 %), in 200 failed attempts.");
	assert_int_equal(first_of(&s)->cost_ns, 1000 * MS);
	assert_int_equal(first_of(&s)->from_ns, 100 * MS);
	assert_int_equal(first_of(&s)->to_ns, 900 * MS);
	assert_int_equal(first_of(&s)->n_threads, 2);
	close_scene(&s);
}

static void test_battle_of_ticks(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 100);
	s.gil.barging = 5000;
	s.gil.switches = 100;
	let_fight(&s, 1000, 400 * US);
	/* Until a woken thread runs nobody has it: that is the battle's, too. */
	wait_for(&s, &s.threads[0], NULL, 10, 1 * MS);
	assert_found(&s, "battle");
	assert_memory_equal(first_of(&s)->verdict, "GIL battle: t1 and t2 fight for the GIL: ", 40);
	assert_int_equal(first_of(&s)->cost_ns, 810 * MS);
	close_scene(&s);
}

/* Where checks cannot be counted, who always wants the GIL computes. */
static void test_battle_without_checks(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 100);
	s.info.flags = s.gil.info.flags = GIL_FLAG_TICKED | GIL_FLAG_NO_RETRIES;
	s.gil.badness = NAN;
	let_fight(&s, 1000, 400 * US);
	for (int i = 0; i < 2; i++) {
		s.threads[i].checks = 0;
		s.threads[i].hold_ratio = 0.5;
		s.threads[i].wait_ratio = 0.4;
	}
	assert_found(&s, "battle");
	assert_non_null(strstr(first_of(&s)->evidence, "retries - "));
	assert_non_null(strstr(first_of(&s)->evidence, "badness -,"));
	close_scene(&s);

	open_scene(&s, 100);
	s.info.flags = s.gil.info.flags = GIL_FLAG_TICKED;
	let_fight(&s, 1000, 400 * US);
	s.threads[0].wait_ratio = s.threads[1].wait_ratio = 0.89;
	assert_found(&s, "contention");
	close_scene(&s);
}

/* It takes two; and a fiftieth of the time. */
static void test_no_battle(void **state)
{
	struct scene s;
	struct thread_metrics *t1;

	(void)state;
	open_scene(&s, 0);
	t1 = add_computing(&s, "t1");
	wait_for(&s, t1, add_computing(&s, "t2"), 10, 5 * MS);
	assert_found(&s, "contention");
	close_scene(&s);

	open_scene(&s, 0);
	let_fight(&s, 2, 5 * MS);
	assert_found(&s, "battle");
	close_scene(&s);

	open_scene(&s, 0);
	let_fight(&s, 2, 5 * MS - 1 * US);
	assert_found(&s, "no_contention");
	assert_non_null(strstr(first_of(&s)->verdict, "No contention to speak of: all waits for the GIL sum to 20.0 ms"));
	close_scene(&s);
}

/* The same threads are no second finding. */
static void test_a_battle_of_many_is_no_oversubscription(void **state)
{
	struct thread_metrics *t[6];
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	for (int i = 0; i < 6; i++)
		t[i] = add_computing(&s, (const char[]){ 't', (char)('1' + i), 0 });
	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 6; j++)
			if (i != j)
				wait_for(&s, t[i], t[j], 30, 5 * MS);
	assert_found(&s, "battle");
	assert_non_null(strstr(first_of(&s)->verdict, ": t1, t2 and 4 more compute"));
	assert_int_equal(first_of(&s)->n_threads, FINDING_THREADS);
	assert_int_equal(first_of(&s)->n_concerned, 6);
	assert_string_equal(first_of(&s)->waiter_rows, "");
	close_scene(&s);
}

/* ---- convoy and priority inversion -------------------------------------------------------- */

/* A thread of short holds waits for one that computes. */
static void let_queue(struct scene *s, int64_t ticks, unsigned n, int64_t wait_ns)
{
	struct thread_metrics *io, *cpu;

	open_scene(s, ticks);
	io = add_thread(s, "io");
	hold(io, 100, 10 * US);
	cpu = add_computing(s, "cpu");
	wait_for(s, io, cpu, n, wait_ns);
}

static void test_convoy(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 0, 100, 5 * MS);
	assert_found(&s, "convoy");
	assert_string_equal(first_of(&s)->verdict,
			    "Convoy: io waits 5.00 ms per operation behind cpu, 100 times: 500 ms in 1.00 s.");
	assert_int_equal(first_of(&s)->threads[0], 0);
	assert_int_equal(first_of(&s)->threads[1], 1);
	assert_string_equal(first_of(&s)->waiter_rows, "0");
	close_scene(&s);

	/* Where there are ticks a wait has no usual length. */
	let_queue(&s, 100, 100, 200 * US);
	assert_found(&s, "convoy");
	close_scene(&s);
}

/* Too few, too long, or the neighbour lets go by itself: other names. */
static void test_no_convoy(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 0, 19, 5 * MS);
	assert_found(&s, "priority_inversion");
	close_scene(&s);

	let_queue(&s, 0, 20, 15 * MS);
	assert_found(&s, "convoy");
	close_scene(&s);

	let_queue(&s, 0, 20, 15 * MS + 1 * US);
	assert_found(&s, "priority_inversion");
	close_scene(&s);

	let_queue(&s, 0, 100, 2 * MS);
	assert_found(&s, "priority_inversion");
	close_scene(&s);

	let_queue(&s, 0, 100, 5 * MS);
	s.threads[1].checks = 49;
	assert_found(&s, "contention");
	close_scene(&s);

	/* Holds that are not short: a tenth of the wait is the limit. */
	let_queue(&s, 0, 100, 5 * MS);
	hold(&s.threads[0], 900, 560 * US);
	assert_found(&s, "contention");
	close_scene(&s);
}

static void test_priority_inversion(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 0, 10, 30 * MS);
	assert_found(&s, "priority_inversion");
	assert_string_equal(first_of(&s)->verdict, "Priority inversion: io needs the GIL for 10.0 us at a time, but "
			    "waits 30.0 ms for it behind cpu: 300 ms in 1.00 s.");
	close_scene(&s);

	let_queue(&s, 0, 4, 30 * MS);
	assert_found(&s, "contention");
	close_scene(&s);
}

/* A convoy behind threads that fight each other: two findings, each with its own waits. */
static void test_convoy_and_battle_share_nothing(void **state)
{
	struct thread_metrics *io;
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	let_fight(&s, 80, 5 * MS);
	io = add_thread(&s, "io");
	hold(io, 100, 10 * US);
	wait_for(&s, io, &s.threads[0], 50, 5 * MS);
	assert_found(&s, "battle convoy");
	assert_int_equal(first_of(&s)->cost_ns, 800 * MS);
	assert_int_equal(first_of(&s)[1].cost_ns, 250 * MS);
	close_scene(&s);
}

/* ---- long hold ------------------------------------------------------------------------------ */

static void test_long_hold(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 0, 5, 100 * MS);
	s.threads[1].overruns = 5;
	s.threads[1].overrun_ns = 5 * 95 * MS;
	s.threads[1].blocking = (struct longest){ 100 * MS, 200 * MS };
	assert_found(&s, "long_hold");
	assert_string_equal(first_of(&s)->verdict, "Long hold: cpu holds on to the GIL without letting go, for up to "
			    "100 ms at a time, and io waited 500 ms in 1.00 s for that.");
	assert_int_equal(first_of(&s)->from_ns, 200 * MS);
	assert_int_equal(first_of(&s)->to_ns, 300 * MS);
	assert_int_equal(first_of(&s)->threads[0], 1);
	close_scene(&s);
}

/* Ten intervals are long, both of the hold and of the wait for it: a lone thread holds for as long as it likes. */
static void test_no_long_hold(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 0, 10, 50 * MS);
	s.threads[1].overruns = 10;
	s.threads[1].overrun_ns = 450 * MS;
	s.threads[1].blocking = (struct longest){ 50 * MS - 1, 200 * MS };
	assert_found(&s, "priority_inversion");
	close_scene(&s);

	let_queue(&s, 0, 100, 5 * MS);
	s.threads[1].overruns = 100;
	s.threads[1].overrun_ns = 1 * MS;
	s.threads[1].blocking = (struct longest){ 800 * MS, 100 * MS };
	assert_found(&s, "convoy");
	close_scene(&s);
}

/* One long call among many slices: its excess, and no more. */
static void test_one_long_hold_in_a_battle(void **state)
{
	struct pair_metrics *p;
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	let_fight(&s, 80, 5 * MS);
	p = &s.pairs[1];
	p->max_ns = 100 * MS;
	s.threads[0].overruns = 80;
	s.threads[0].overrun_ns = 96 * MS;
	s.threads[0].blocking = (struct longest){ 100 * MS, 300 * MS };
	assert_found(&s, "battle long_hold");
	assert_int_equal(first_of(&s)[1].cost_ns, 96 * MS);
	assert_int_equal(first_of(&s)->cost_ns, 800 * MS - 96 * MS);
	close_scene(&s);
}

/* Ticks do not pass in C: there the holds themselves tell. */
static void test_long_hold_among_ticks(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 100, 5, 100 * MS);
	s.threads[1].overruns = s.threads[1].overrun_ns = s.threads[1].waits_long = METRIC_UNKNOWN;
	s.threads[1].overrun = (struct longest){ METRIC_UNKNOWN, INT64_MIN };
	s.threads[1].blocking = (struct longest){ 60 * MS, 300 * MS };
	hold(&s.threads[1], 5, 100 * MS);
	assert_found(&s, "long_hold");
	assert_non_null(strstr(first_of(&s)->evidence, "overruns -, overrun_ns -."));
	assert_int_equal(first_of(&s)->from_ns, 300 * MS);
	assert_int_equal(first_of(&s)->to_ns, 360 * MS);
	close_scene(&s);
}

/* ---- signal storm ---------------------------------------------------------------------------- */

static void let_storm(struct scene *s, uint64_t checks, uint64_t ticks)
{
	struct thread_metrics *main, *cpu;

	open_scene(s, 100);
	main = add_thread(s, "MainThread");
	main->info.is_main = true;
	cpu = add_computing(s, "cpu");
	cpu->checks = cpu->releases = checks;
	cpu->ticks = ticks;
	cpu->state_ns[STATE_ENTERING] = 20 * MS;
	s->gil.wait_ns = 20 * MS;
}

/* Nobody else waits, and yet it is a finding: the thread lets go and takes it again, for nothing. */
static void test_signal_storm(void **state)
{
	struct scene s;

	(void)state;
	let_storm(&s, 100000, 120000);
	assert_found(&s, "signal_storm");
	assert_string_equal(first_of(&s)->verdict, "Signal storm: cpu offers the GIL after every 1.2 ticks instead of "
			    "101, 98,812 times too often, because a signal waits for MainThread, which does not run.");
	assert_true(first_of(&s)->cost_ns > 19 * MS && first_of(&s)->cost_ns <= 20 * MS);
	close_scene(&s);
}

static void test_no_signal_storm(void **state)
{
	struct scene s;

	(void)state;
	let_storm(&s, 4008, 101 * 1001);
	assert_found(&s, "signal_storm");
	close_scene(&s);

	let_storm(&s, 4007, 101 * 1001);
	assert_found(&s, "no_contention");
	close_scene(&s);

	/* Few, at the end of a program. */
	let_storm(&s, 999, 1000);
	assert_found(&s, "no_contention");
	close_scene(&s);

	/* The program made the interval longer: its checks before were no storm. */
	let_storm(&s, 10000, 1010000);
	s.gil.info.interval = 10000;
	assert_found(&s, "no_contention");
	close_scene(&s);

	let_storm(&s, 10000, 20000);
	s.gil.info.interval = 1;
	assert_found(&s, "no_contention");
	close_scene(&s);

	/* The main thread would run the handler. */
	let_storm(&s, 100000, 120000);
	s.threads[1].info.is_main = true;
	assert_found(&s, "no_contention");
	close_scene(&s);
}

/* ---- starvation ------------------------------------------------------------------------------- */

static void let_starve(struct scene *s, int64_t wait_ns)
{
	struct thread_metrics *poor, *rich;

	open_scene(s, 0);
	poor = add_thread(s, "poor");
	hold(poor, 2, 50 * MS);
	rich = add_thread(s, "rich");
	hold(rich, 500, 1 * MS);
	wait_for(s, poor, rich, 2, wait_ns);
	wait_for(s, rich, poor, 1, 2 * MS);
}

static void test_starvation(void **state)
{
	struct scene s;

	(void)state;
	let_starve(&s, 250 * MS);
	assert_found(&s, "starvation");
	assert_string_equal(first_of(&s)->verdict, "Starvation: poor starves for the GIL, up to 250 ms at a time, while "
			    "rich takes it again and again: 500 ms in 1.00 s.");
	assert_int_equal(first_of(&s)->from_ns, 200 * MS);
	assert_int_equal(first_of(&s)->to_ns, 450 * MS);
	close_scene(&s);
}

/* The longest attempt is one thing, who waited most another; each number is that of who is named beside it. */
static void test_starvation_of_two(void **state)
{
	struct thread_metrics *rich2, *poor2;
	struct scene s;

	(void)state;
	let_starve(&s, 250 * MS);
	poor2 = add_thread(&s, "poor2");
	hold(poor2, 2, 50 * MS);
	rich2 = add_thread(&s, "rich2");
	hold(rich2, 900, 1 * MS);
	wait_for(&s, poor2, rich2, 1, 400 * MS);
	poor2->attempt.at_ns = 500 * MS;
	assert_found(&s, "starvation");
	assert_string_equal(first_of(&s)->verdict, "Starvation: poor and poor2 starve for the GIL, up to 400 ms at a time, "
			    "while rich and rich2 take it again and again: 900 ms in 1.00 s.");
	assert_int_equal(first_of(&s)->from_ns, 500 * MS);
	assert_int_equal(first_of(&s)->to_ns, 900 * MS);
	assert_memory_equal(first_of(&s)->evidence, "poor2: attempt_max_ns 400 ms,", 29);
	assert_non_null(strstr(first_of(&s)->evidence, " rich: acquisitions 100, "));
	close_scene(&s);
}

static void test_no_starvation(void **state)
{
	struct scene s;

	(void)state;
	let_starve(&s, 250 * MS - 1 * US);
	assert_found(&s, "contention");
	close_scene(&s);

	/* Both wait for long: that is nobody's privilege. */
	let_starve(&s, 250 * MS);
	wait_for(&s, &s.threads[1], &s.threads[0], 1, 26 * MS);
	assert_found(&s, "contention");
	close_scene(&s);

	/* It had it a few times only. */
	let_starve(&s, 250 * MS);
	hold(&s.threads[1], 500, 60 * MS);
	assert_found(&s, "contention");
	close_scene(&s);
}

/* ---- the general ones --------------------------------------------------------------------------- */

/* Threads that let go by themselves wait for each other. */
static void let_crowd(struct scene *s, unsigned n, int64_t ns)
{
	open_scene(s, 0);
	for (unsigned i = 0; i < n; i++)
		hold(add_thread(s, (const char[]){ 'w', (char)('1' + i), 0 }), 100, 1 * MS);
	for (unsigned i = 0; i < n; i++)
		wait_for(s, &s->threads[i], &s->threads[(i + 1) % n], 100, ns);
}

static void test_oversubscription(void **state)
{
	struct scene s;

	(void)state;
	let_crowd(&s, 4, 5 * MS);
	s.gil.waiters_max = 4;
	assert_found(&s, "oversubscription");
	assert_string_equal(first_of(&s)->verdict, "Oversubscription: on average 2.0 threads queue for the GIL (4 of "
			    "them, up to 4 at a time): they waited 2.00 s in 1.00 s, 0.0 % of it "
			    "while nobody was seen to hold it.");
	close_scene(&s);

	let_crowd(&s, 4, 5 * MS - 1 * US);
	assert_found(&s, "contention");
	close_scene(&s);
}

/* Threads that are woken all at once, and find it free one after the other, are no queue that stands. */
static void test_bursts_are_no_oversubscription(void **state)
{
	struct scene s;

	(void)state;
	let_crowd(&s, 4, 4 * MS);
	for (size_t i = 0; i < 4; i++)
		wait_for(&s, &s.threads[i], NULL, 100, 4 * MS);
	s.gil.waiters_mean = 3.2;
	s.gil.wanted_ns = 500 * MS;
	assert_found(&s, "oversubscription");
	assert_non_null(strstr(first_of(&s)->verdict, "on average 3.2 threads queue"));
	assert_non_null(strstr(first_of(&s)->verdict, "they waited 3.20 s in 1.00 s, 50.0 % of it while nobody was"));
	close_scene(&s);

	let_crowd(&s, 4, 4 * MS);
	for (size_t i = 0; i < 4; i++)
		wait_for(&s, &s.threads[i], NULL, 100, 4 * MS);
	s.gil.wanted_ns = 500 * MS - 1;
	assert_found(&s, "contention");
	assert_int_equal(first_of(&s)->cost_ns, 1600 * MS);
	close_scene(&s);

	/* The waits count from ENTRY, the queue from BUSY. */
	let_crowd(&s, 4, 5 * MS);
	s.gil.waiting_ns = 2000 * MS - 1;
	assert_found(&s, "contention");
	close_scene(&s);
}

/* Who is "most of it": the largest sum over all who wait, which is more than half; not the largest pair. */
static void test_contention_names_who_held(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	for (unsigned i = 0; i < 5; i++)
		hold(add_thread(&s, (const char[]){ 'w', (char)('1' + i), 0 }), 100, 1 * MS);
	wait_for(&s, &s.threads[0], &s.threads[1], 1, 40 * MS);
	for (unsigned i = 1; i < 4; i++)
		wait_for(&s, &s.threads[i], &s.threads[4], 10, 2 * MS);
	assert_found(&s, "contention");
	assert_string_equal(first_of(&s)->verdict, "Contention: w1, w2 and 2 more waited 100 ms for the GIL in 1.00 s, "
			    "most of it while w5 held it.");
	assert_non_null(strstr(first_of(&s)->evidence, "The largest pair: w1 behind w2, wait_ns 40.0 ms in 1 wait,"));
	assert_int_equal(first_of(&s)->threads[1], 4);
	close_scene(&s);

	/* The first of the waiters is not the pair's. */
	open_scene(&s, 0);
	for (unsigned i = 0; i < 4; i++)
		hold(add_thread(&s, (const char[]){ 'w', (char)('1' + i), 0 }), 100, 1 * MS);
	wait_for(&s, &s.threads[0], &s.threads[1], 1, 40 * MS);
	for (unsigned i = 0; i < 3; i++)
		if (i != 2)
			wait_for(&s, &s.threads[3], &s.threads[i], 10, 3 * MS);
	assert_found(&s, "contention");
	assert_string_equal(first_of(&s)->verdict, "Contention: w4 and w1 waited 100 ms for the GIL in 1.00 s, most of "
			    "it while w2 held it.");
	assert_non_null(strstr(first_of(&s)->evidence, "The largest pair: w1 behind w2, wait_ns 40.0 ms in 1 wait,"));
	close_scene(&s);

	/* Behind many, of whom some are summed up. */
	let_crowd(&s, 3, 1 * MS);
	s.pairs[0].holder = PAIR_OTHERS;
	assert_found(&s, "contention");
	assert_non_null(strstr(first_of(&s)->verdict, "300 ms for the GIL in 1.00 s, spread over many holders."));
	close_scene(&s);
	let_crowd(&s, 3, 1 * MS);
	s.pairs[0].holder = s.pairs[2].holder = 2;
	s.threads[2].folded = true;
	assert_found(&s, "contention");
	assert_non_null(strstr(first_of(&s)->verdict, "spread over many holders."));
	close_scene(&s);
}

/* Many threads that wait a little each: the sum is large, and nobody's problem. */
static void test_what_matters(void **state)
{
	struct scene s;

	(void)state;
	let_crowd(&s, 6, 40 * US);
	s.gil.wanted_ns = 20 * MS - 1;
	assert_found(&s, "no_contention");
	close_scene(&s);

	let_crowd(&s, 6, 40 * US);
	s.gil.wanted_ns = 20 * MS;
	assert_found(&s, "contention");
	close_scene(&s);

	/* One of them lives for a fifth of a second only, of which 4 ms are a fiftieth. */
	let_crowd(&s, 6, 40 * US);
	s.gil.wanted_ns = 8 * MS;
	s.threads[3].life_ns = 200 * MS;
	assert_found(&s, "contention");
	close_scene(&s);

	/* An hour's service, with a second of waits: of all threads, of one, of one that lived for a minute. */
	let_crowd(&s, 6, 2 * MS);
	s.gil.wall_ns = 3600 * 1000 * (uint64_t)MS;
	for (size_t i = 0; i < 6; i++)
		s.threads[i].life_ns = s.gil.wall_ns;
	assert_found(&s, "no_contention");
	close_scene(&s);
	let_crowd(&s, 2, 10 * MS);
	s.gil.wall_ns = s.threads[0].life_ns = s.threads[1].life_ns = 3600 * 1000 * (uint64_t)MS;
	assert_found(&s, "no_contention");
	close_scene(&s);
	let_crowd(&s, 2, 10 * MS);
	s.gil.wall_ns = s.threads[0].life_ns = 3600 * 1000 * (uint64_t)MS;
	s.threads[1].life_ns = 50 * 1000 * (uint64_t)MS;
	assert_found(&s, "contention");
	close_scene(&s);
	let_crowd(&s, 2, 10 * MS - 1 * US);
	s.gil.wall_ns = s.threads[0].life_ns = 3600 * 1000 * (uint64_t)MS;
	s.threads[1].life_ns = 49 * 1000 * (uint64_t)MS;
	assert_found(&s, "no_contention");
	close_scene(&s);
}

static void test_contention(void **state)
{
	struct scene s;

	(void)state;
	let_crowd(&s, 2, 1 * MS);
	assert_found(&s, "contention");
	assert_string_equal(first_of(&s)->verdict, "Contention: w1 and w2 waited 200 ms for the GIL in 1.00 s, "
			    "spread over 2 holders.");
	close_scene(&s);

	/* Nobody was seen to hold it. */
	open_scene(&s, 0);
	wait_for(&s, add_thread(&s, "t"), NULL, 10, 10 * MS);
	assert_found(&s, "contention");
	assert_string_equal(first_of(&s)->verdict, "Contention: threads waited 100 ms for the GIL in 1.00 s, most of it "
			    "while nobody was seen to hold it.");
	assert_int_equal(first_of(&s)->cost_ns, 100 * MS);
	close_scene(&s);

	/* Woken threads come late everywhere. */
	open_scene(&s, 0);
	wait_for(&s, add_thread(&s, "t"), NULL, 10, 10 * MS - 1 * US);
	assert_found(&s, "no_contention");
	close_scene(&s);

	/* It was seen who held it; nobody waited for long. */
	let_crowd(&s, 10, 100 * US);
	s.gil.wanted_ns = 19 * MS;
	assert_found(&s, "no_contention");
	close_scene(&s);
}

static void test_no_contention(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	add_thread(&s, "t");
	assert_found(&s, "no_contention");
	assert_string_equal(first_of(&s)->verdict,
			    "No contention: nobody ever waited for the GIL. The GIL is not your problem.");
	assert_int_equal(first_of(&s)->cost_ns, 0);
	close_scene(&s);

	let_crowd(&s, 2, 10 * US);
	assert_found(&s, "no_contention");
	assert_string_equal(first_of(&s)->verdict, "No contention to speak of: all waits for the GIL sum to 2.00 ms in "
			    "1.00 s (0.2 %), the longest took 10.0 us. The GIL is not your problem.");
	close_scene(&s);
}

/* What was not seen is not said. */
static void test_doubts(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	s.gil.acquisitions = s.gil.held_ns = s.gil.wall_ns = 0;
	s.gil.utilisation = s.gil.contention = NAN;
	assert_found(&s, "no_contention");
	assert_string_equal(first_of(&s)->verdict, "Nothing to tell: nobody was seen to take the GIL.");
	close_scene(&s);

	open_scene(&s, 0);
	s.quality.end.lost_events = 5;
	add_thread(&s, "t");
	assert_found(&s, "no_contention");
	assert_string_equal(first_of(&s)->verdict, "No contention: nobody ever waited for the GIL. The GIL is not your "
			    "problem. But events were lost: there may have been more.");
	close_scene(&s);

	open_scene(&s, 0);
	add_thread(&s, "t");
	add_thread(&s, "u")->info.selected = false;
	assert_found(&s, "no_contention");
	assert_string_equal(first_of(&s)->verdict, "No contention: none of the selected threads ever waited for the GIL. "
			    "The GIL is not your problem.");
	close_scene(&s);
}

/* Of those that --thread leaves out only the names are known. */
static void test_only_selected_threads_are_accused(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 0, 100, 5 * MS);
	s.threads[1].info.selected = false;
	assert_found(&s, "contention");
	assert_non_null(strstr(first_of(&s)->verdict, "most of it while cpu held it."));
	close_scene(&s);
}

/* Sums of many threads are no thread; their waits are waits. */
static void test_others_are_no_thread(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	let_fight(&s, 100, 5 * MS);
	s.threads[0].folded = s.threads[1].folded = true;
	s.pairs[1].holder = PAIR_OTHERS;
	assert_found(&s, "contention");
	assert_int_equal(first_of(&s)->cost_ns, 1000 * MS);
	close_scene(&s);
}

/* ---- words ------------------------------------------------------------------------------------------ */

/* Names are copied as they are; outputs escape. */
static void test_hostile_names(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 0);
	let_fight(&s, 100, 5 * MS);
	strcpy(s.threads[0].info.name, "<script>\033[31m\"%s%n\n");
	strcpy(s.threads[1].info.name, "\xff\xfe,'");
	assert_found(&s, "battle");
	assert_memory_equal(first_of(&s)->verdict, "GIL battle: <script>\033[31m\"%s%n\n and \xff\xfe,' compute", 46);
	close_scene(&s);
}

/* A long name is cut between two characters, and leaves room for the numbers. */
static void test_long_names(void **state)
{
	struct scene s;

	(void)state;
	let_queue(&s, 0, 100, 5 * MS);
	strcpy(s.threads[0].info.name, "x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
	strcpy(s.threads[1].info.name, "123456789-123456789-123\xf0\x9f\x98\x80");
	assert_found(&s, "convoy");
	assert_string_equal(first_of(&s)->verdict,
			    "Convoy: x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9... waits 5.00 ms per operation "
			    "behind 123456789-123456789-123..., 100 times: 500 ms in 1.00 s.");
	close_scene(&s);
}

static void test_cutting(void **state)
{
	char buffer[6];

	(void)state;
	SAY(buffer, "%s", "abcd\xc3\xa9");
	assert_string_equal(buffer, "abcd");
	SAY(buffer, "%s", "abc\xc3\xa9" "f");
	assert_string_equal(buffer, "abc\xc3\xa9");
	SAY(buffer, "%s", "abc\xf0\x9f\x98\x80");
	assert_string_equal(buffer, "abc");
	SAY(buffer, "%s", "\x80\x80\x80\x80\x80\x80\x80");
	assert_int_equal(strlen(buffer), 5);
	SAY(buffer, "%s", "abcde");
	assert_string_equal(buffer, "abcde");
}

/* ---- from events -------------------------------------------------------------------------------------- */

/* Plays an event list, and says what is found in it. @return the first finding */
static struct finding assert_played(const char *events, const char *name, const char *verdict)
{
	struct finding first;

	cleanup(findings_freep) struct findings *findings = NULL;
	struct quality quality = { .damage = NULL };
	const struct finding *list;
	struct results r = { .quality = &quality };
	struct play p = { 0 };

	play(&p, events);
	r.trace = metrics_trace(p.metrics);
	r.n_gils = metrics_gils(p.metrics, &r.gils);
	r.n_threads = metrics_threads(p.metrics, &r.threads);
	r.n_pairs = metrics_pairs(p.metrics, &r.pairs);
	assert_int_equal(findings_new(&findings, &r), 0);
	assert_true(findings_list(findings, &list) >= 1);
	assert_string_equal(list[0].name, name);
	assert_string_equal(list[0].verdict, verdict);
	first = list[0];
	play_done(&p);
	return first;
}

enum { EVENTS_BYTES = 16384 };

/* Adds to an event list. */
static void put(char events[EVENTS_BYTES], const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void put(char events[EVENTS_BYTES], const char *fmt, ...)
{
	size_t length = strlen(events);
	va_list ap;

	va_start(ap, fmt);
	assert_true(vsnprintf(events + length, EVENTS_BYTES - length, fmt, ap) < EVENTS_BYTES - (int)length);
	va_end(ap);
}

/* Holds for so long, while t3 wants it all the time. */
static int64_t put_hold(char events[EVENTS_BYTES], int64_t at_ns, int thread, int64_t ns)
{
	put(events, "@%" PRId64 "\nt%d 1 1 ENTRY\nt%d 1 1 ACQUIRE\nt3 1 1 ENTRY\nt3 1 1 BUSY\n", at_ns, thread, thread);
	put(events, "@%" PRId64 "\nt%d 1 1 RELEASE request\nt3 1 1 ACQUIRE\nt3 1 1 RELEASE\n", at_ns + ns, thread);
	return at_ns + ns + 1 * MS;
}

/* One that holds once for long, another for less and often: each number is of the longest hold, wherever it is. */
static void test_a_played_mix_of_long_holds(void **state)
{
	static const char *const creations[] = { "create 5000us\n", "create 100\n" };
	struct finding found;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char events[EVENTS_BYTES] = "";
		int64_t at_ns = 1000 * MS, long_ns;

		put(events, "@%" PRId64 "\n%st1 thread 1 once\nt2 thread 2 often\nt3 thread 3 reader\n", at_ns, creations[i]);
		at_ns += 1000; /* each fact takes its time */
		for (int n = 0; n < 10; n++)
			at_ns = put_hold(events, at_ns, 2, 60 * MS);
		long_ns = at_ns + 30;
		at_ns = put_hold(events, at_ns, 1, 600 * MS);
		for (int n = 0; n < 10; n++)
			at_ns = put_hold(events, at_ns, 2, 60 * MS);
		found = assert_played(events, "long_hold",
				      "Long hold: often and once hold on to the GIL without letting go, for up to 600 ms at "
				      "a time, and reader waited 1.80 s in 1.82 s for that.");
		assert_int_equal(found.from_ns, long_ns);
		assert_int_equal(found.to_ns, long_ns - 30 + 600 * MS);
		assert_memory_equal(found.evidence, "once: blocking_max_ns 600 ms; 1 holds,", 38);
	}
}

/* A reader that does not get it between the holds of another waits for each of them: they are no longer for that. */
static void test_played_long_holds_in_one_wait(void **state)
{
	char events[EVENTS_BYTES] = "@1000000000\ncreate 100\nt1 thread 1 worker\nt2 thread 2 reader\n"
				    "t1 50 1 ENTRY\nt1 50 1 ACQUIRE\nt2 50 1 ENTRY\nt2 50 1 BUSY\n";
	struct finding found;

	(void)state;
	for (int64_t i = 1; i <= 40; i++) {
		put(events, "@%" PRId64 "\nt1 50 1 RELEASE\nt1 50 1 ENTRY\nt1 50 1 ACQUIRE\n",
		    1000 * MS + i * 60 * MS + (i == 7 ? 5 * MS : 0));
	}
	put(events, "@3460000000\nt1 50 1 RELEASE\nt2 50 1 ACQUIRE\nt2 50 1 RELEASE\n");
	found = assert_played(events, "long_hold",
			      "Long hold: worker holds on to the GIL without letting go, for up to 65.0 ms at a time, and "
			      "reader waited 2.46 s in 2.46 s for that.");
	assert_int_equal(found.from_ns, 1000 * MS + 6 * 60 * MS + 20);
	assert_int_equal(found.to_ns, 1000 * MS + 7 * 60 * MS + 5 * MS);
}

/* Many short ones are none, also next to a long one for which nobody waited long. */
static void test_played_short_holds_in_one_wait(void **state)
{
	char events[EVENTS_BYTES] = "@1000000000\ncreate 100\nt1 thread 1 worker\nt2 thread 2 reader\n"
				    "t1 50 1 ENTRY\nt1 50 1 ACQUIRE\n@1400000000\nt2 50 1 ENTRY\nt2 50 1 BUSY\n";

	(void)state;
	for (int64_t i = 0; i < 10; i++)
		put(events, "@%" PRId64 "\nt1 50 1 RELEASE\nt1 50 1 ENTRY\nt1 50 1 ACQUIRE\n", 1410 * MS + i * 40 * MS);
	put(events, "@1810000000\nt1 50 1 RELEASE\nt2 50 1 ACQUIRE\nt2 50 1 RELEASE\n");
	assert_played(events, "contention",
		      "Contention: reader waited 410 ms for the GIL in 810 ms, most of it while worker held it.");
}

/* Each GIL has its own findings, of its own threads, in whatever order they come. */
static void test_played_gils(void **state)
{
	static const int order[] = { 1, 3, 2 };
	char events[EVENTS_BYTES] = "";
	struct finding found;

	(void)state;
	for (int gil = 1; gil <= 3; gil++)
		put(events, "@%d\ngil %d\ncreate 5000us\n", 1000 + gil, gil);
	for (int gil = 3; gil >= 1; gil--)
		put(events, "@%" PRId64 "\ngil %d\nt%d1 thread 1 cpu%d\nt%d2 thread 2 io%d\nt%d1 -1 0 ENTRY\nt%d1 -1 0 ACQUIRE\n"
		    "t%d2 -1 0 ENTRY\nt%d2 -1 0 BUSY\n", 10 * MS * (4 - gil), gil, gil, gil, gil, gil, gil, gil, gil, gil);
	for (int i = 0; i < 3; i++)
		put(events, "@%" PRId64 "\ngil %d\nt%d1 -1 0 RELEASE request\nt%d2 -1 0 ACQUIRE\nt%d2 -1 0 RELEASE\n",
		    200 * MS + i * 100 * MS, order[i], order[i], order[i], order[i]);
	found = assert_played(events, "long_hold",
			      "Long hold: cpu2 holds on to the GIL without letting go, for up to 380 ms at a time, and io2 "
			      "waited 380 ms in 400 ms for that.");
	assert_int_equal(found.gil, 1);
}

static void test_a_played_long_hold(void **state)
{
	(void)state;
	assert_played("@1000000000\ncreate 5000us\n"
		      "t1 thread 1 worker\nt2 thread 2 ui\n"
		      "@1001000000\nt1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\n"
		      "@1010000000\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n"
		      "@1015000000\nt2 -1 0 RETRY timeout\n@1020000000\nt2 -1 0 RETRY timeout\n"
		      "@1110000000\nt1 -1 1 RELEASE request\nt2 -1 1 ACQUIRE\n@1111000000\nt2 -1 1 RELEASE\n",
		      "long_hold",
		      "Long hold: worker holds on to the GIL without letting go, for up to 100 ms at a time, and ui waited "
		      "100 ms in 111 ms for that.");
}

static void test_played_turns(void **state)
{
	(void)state;
	assert_played("@1000000000\ncreate 5000us\n"
		      "t1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt2 -1 0 ENTRY\nt2 -1 0 BUSY\n"
		      "@1005000000\nt2 -1 0 RETRY timeout\nt1 -1 1 RELEASE request\nt2 -1 1 ACQUIRE\nt1 -1 1 ENTRY\nt1 -1 1 BUSY\n"
		      "@1010000000\nt1 -1 1 RETRY timeout\nt2 -1 2 RELEASE request\nt1 -1 2 ACQUIRE\nt2 -1 2 ENTRY\nt2 -1 2 BUSY\n"
		      "@1015000000\nt2 -1 2 RETRY timeout\nt1 -1 3 RELEASE request\nt2 -1 3 ACQUIRE\n"
		      "@1016000000\nt2 -1 3 RELEASE\n",
		      "battle",
		      "GIL battle: t2 and t1 compute, and take turns at the GIL: they waited 15.0 ms of their 31.0 ms "
		      "(48.4 %), in 6 failed attempts.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_battle_of_time_slices),
		cmocka_unit_test(test_battle_of_ticks),
		cmocka_unit_test(test_battle_without_checks),
		cmocka_unit_test(test_no_battle),
		cmocka_unit_test(test_a_battle_of_many_is_no_oversubscription),
		cmocka_unit_test(test_convoy),
		cmocka_unit_test(test_no_convoy),
		cmocka_unit_test(test_priority_inversion),
		cmocka_unit_test(test_convoy_and_battle_share_nothing),
		cmocka_unit_test(test_long_hold),
		cmocka_unit_test(test_no_long_hold),
		cmocka_unit_test(test_one_long_hold_in_a_battle),
		cmocka_unit_test(test_long_hold_among_ticks),
		cmocka_unit_test(test_signal_storm),
		cmocka_unit_test(test_no_signal_storm),
		cmocka_unit_test(test_starvation),
		cmocka_unit_test(test_starvation_of_two),
		cmocka_unit_test(test_no_starvation),
		cmocka_unit_test(test_oversubscription),
		cmocka_unit_test(test_bursts_are_no_oversubscription),
		cmocka_unit_test(test_contention),
		cmocka_unit_test(test_contention_names_who_held),
		cmocka_unit_test(test_what_matters),
		cmocka_unit_test(test_no_contention),
		cmocka_unit_test(test_doubts),
		cmocka_unit_test(test_only_selected_threads_are_accused),
		cmocka_unit_test(test_others_are_no_thread),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_cutting),
		cmocka_unit_test(test_a_played_long_hold),
		cmocka_unit_test(test_a_played_mix_of_long_holds),
		cmocka_unit_test(test_played_long_holds_in_one_wait),
		cmocka_unit_test(test_played_short_holds_in_one_wait),
		cmocka_unit_test(test_played_gils),
		cmocka_unit_test(test_played_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
