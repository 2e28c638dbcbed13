/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "base/err.h"
#include "play.h"

#include <cmocka.h>

/* Plays `events` and expects `log`. */
static void expect(struct play *p, const char *events, const char *log)
{
	play(p, events);
	assert_int_equal(p->result, 0);
	assert_string_equal(p->log, log);
}

static uint64_t violations(const struct play *p)
{
	return metrics_end(p->metrics)->violations;
}

static const char facts[] = "create 100\nt1 thread 1 t1\nt2 thread 2 t2\n";

static char *with_facts(const char *events)
{
	static char all[16384];

	snprintf(all, sizeof(all), "%s%s", facts, events);
	return all;
}

/* "Inside the Python GIL", 2009. It begins in the middle, and that is no violation. */
static void test_the_slide(void **state)
{
	static const char slide[] =
		"t2 100 5392 ENTRY\n"
		"t2 100 5392 ACQUIRE\n"
		"t2 100 5393 RELEASE\n"
		"..... A thread switch\n"
		"t1 100 5393 ACQUIRE\n"
		"t2 100 5393 ENTRY\n"
		"t2 27 5393 BUSY\n"
		"t1 100 5394 RELEASE\n"
		"t1 100 5394 ENTRY\n"
		"t1 100 5394 ACQUIRE\n"
		"t2 74 5394 RETRY\n"
		"t1 100 5395 RELEASE\n"
		"t1 100 5395 ENTRY\n"
		"t1 100 5395 ACQUIRE\n"
		"t2 83 5395 RETRY\n"
		"t1 100 5396 RELEASE\n"
		"t1 100 5396 ENTRY\n"
		"t1 100 5396 ACQUIRE\n"
		"t2 80 5396 RETRY\n"
		"t1 100 5397 RELEASE\n"
		"t1 100 5397 ENTRY\n"
		"t1 100 5397 ACQUIRE\n"
		"t2 79 5397 RETRY\n";
	struct play p = { 0 };
	const struct trace_end *end;

	(void)state;
	expect(&p, with_facts(slide), slide);
	end = metrics_end(p.metrics);
	assert_int_equal(end->violations, 0);
	assert_int_equal(end->attempts_found, 1); /* t1's, before the slide begins */
	assert_int_equal(end->still_waiting, 1);
	assert_int_equal(end->still_holding, 1);
	/* Each hold that ended in a check executed 101 ticks. */
	assert_int_equal(play_thread(&p, "t1")->ticks, 4 * 101);
	assert_int_equal(play_thread(&p, "t1")->checks, 4);
	assert_int_equal(play_thread(&p, "t2")->busy, 1);
	assert_int_equal(play_thread(&p, "t2")->retries, 4);
	assert_int_equal(play_pair(&p, "t2", "t1")->failed, 5);
	play_done(&p);
}

static void test_every_lawful_transition(void **state)
{
	struct play p = { .whole_log = true };

	(void)state;
	expect(&p,
	       "@100\n"
	       "t1 thread 1 t1\n"
	       "t1 -1 0 ENTRY\n"
	       "t1 -1 0 ACQUIRE\n"
	       "t2 thread 2 t2\n"
	       "t2 -1 0 ENTRY\n"
	       "t2 -1 0 BUSY\n"
	       "t2 -1 0 RETRY timeout\n"
	       "t1 -1 1 RELEASE request\n"
	       "t2 -1 1 ACQUIRE\n"
	       "t1 -1 1 ENTRY\n"
	       "t1 -1 1 LEAVE poke\n"
	       "t1 -1 1 ENTRY\n"
	       "t1 -1 1 BUSY\n"
	       "t1 -1 1 LEAVE gone\n"
	       "t2 -1 2 RELEASE\n"
	       "t1 0 0 LEAVE thread_end\n"
	       "t2 -1 2 ENTRY\n"
	       "t2 0 0 LEAVE thread_end\n",
	       "  t1 unknown 100..110 cut\n"
	       "t1 -1 0 ENTRY\n"
	       "  t1 entering 110..120\n"
	       "  t1 attempt 110..120 acquired 0+0(0) -:10\n"
	       "t1 -1 0 ACQUIRE\n"
	       "  t2 unknown 130..140 cut\n"
	       "t2 -1 0 ENTRY\n"
	       "  t2 entering 140..150\n"
	       "t2 -1 0 BUSY\n"
	       "t2 -1 0 RETRY\n"
	       "  t1 holding 120..170\n"
	       "t1 -1 1 RELEASE\n"
	       "  t2 waiting 150..180\n"
	       "  t2 attempt 140..180 acquired 1+1(1) t1:30 -:10\n"
	       "  t1 -> t2 dead 10\n"
	       "..... A thread switch\n"
	       "t2 -1 1 ACQUIRE\n"
	       "  t1 outside 170..190\n"
	       "t1 -1 1 ENTRY\n"
	       "t1 -1 1 LEAVE\n"
	       "  t1 outside 190..210\n"
	       "t1 -1 1 ENTRY\n"
	       "  t1 entering 210..220\n"
	       "t1 -1 1 BUSY\n"
	       "  t1 waiting 220..230\n"
	       "  t1 attempt 210..230 left 1+0(0) t2:20\n"
	       "t1 -1 1 LEAVE\n"
	       "  t2 holding 180..240\n"
	       "t2 -1 2 RELEASE\n"
	       "  t1 outside 230..250\n"
	       "t1 0 0 LEAVE\n"
	       "  t2 outside 240..260\n"
	       "t2 -1 2 ENTRY\n"
	       "  t2 entering 260..270\n"
	       "  t2 attempt 260..270 left 0+0(0) -:10\n"
	       "t2 0 0 LEAVE\n");
	assert_int_equal(violations(&p), 0);
	assert_int_equal(metrics_end(p.metrics)->pokes, 1);
	assert_int_equal(play_thread(&p, "t1")->entries, 2);
	assert_int_equal(play_thread(&p, "t1")->info.state, STATE_ENDED);
	play_done(&p);
}

/* Where the attempt happens outside the lock, it may fail while nobody holds the GIL. */
static void test_failing_on_a_free_gil_is_lawful(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, with_facts("t1 9 1 ENTRY\nt1 9 1 ACQUIRE\nt2 9 1 ENTRY\nt1 9 1 RELEASE\n"
			    "t2 9 1 BUSY\nt2 9 1 RETRY\nt2 9 1 ACQUIRE\n"));
	assert_int_equal(violations(&p), 0);
	assert_int_equal(play_pair(&p, "t2", "t1")->failed, 2);
	play_done(&p);
}

static void test_any_first_event_tells_the_state(void **state)
{
	static const struct {
		const char *event;
		enum thread_state after;
	} first[] = {
		{ "ENTRY", STATE_ENTERING }, { "BUSY", STATE_WAITING }, { "RETRY", STATE_WAITING },
		{ "ACQUIRE", STATE_HOLDING }, { "RELEASE", STATE_OUTSIDE }, { "LEAVE poke", STATE_OUTSIDE },
		{ "LEAVE gone", STATE_OUTSIDE }, { "LEAVE thread_end", STATE_ENDED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		struct play p = { 0 };
		char line[64];

		snprintf(line, sizeof(line), "t1 1 1 %s\n", first[i].event);
		play(&p, with_facts(line));
		assert_int_equal(violations(&p), 0);
		assert_int_equal(play_thread(&p, "t1")->info.state, first[i].after);
		play_done(&p);
	}
}

/* state before, event, what is wrong with it */
static const struct {
	const char *before, *event, *violation;
} unlawful[] = {
	{ "t1 9 1 RELEASE\n", "t1 9 1 RELEASE", "RELEASE by a thread that does not hold it" },
	{ "t1 9 1 RELEASE\n", "t1 9 1 BUSY", "BUSY without ENTRY" },
	{ "t1 9 1 RELEASE\n", "t1 9 1 RETRY", "RETRY without BUSY" },
	{ "t1 9 1 RELEASE\n", "t1 9 1 ACQUIRE", "ACQUIRE without ENTRY" },
	{ "t1 9 1 RELEASE\n", "t1 9 1 LEAVE gone", "LEAVE without an attempt" },
	{ "t1 9 1 RELEASE\n", "t1 9 1 LEAVE poke", "LEAVE without an attempt" },
	{ "t1 9 1 ENTRY\n", "t1 9 1 ENTRY", "ENTRY in the middle of an attempt" },
	{ "t1 9 1 ENTRY\n", "t1 9 1 RETRY", "RETRY without BUSY" },
	{ "t1 9 1 ENTRY\n", "t1 9 1 RELEASE", "RELEASE by a thread that does not hold it" },
	{ "t1 9 1 BUSY\n", "t1 9 1 ENTRY", "ENTRY in the middle of an attempt" },
	{ "t1 9 1 BUSY\n", "t1 9 1 BUSY", "second BUSY of one attempt" },
	{ "t1 9 1 BUSY\n", "t1 9 1 RELEASE", "RELEASE by a thread that does not hold it" },
	{ "t1 9 1 BUSY\n", "t1 9 1 LEAVE poke", "poke in the middle of a wait" },
	{ "t1 9 1 ACQUIRE\n", "t1 9 1 ENTRY", "ENTRY by the thread that holds it" },
	{ "t1 9 1 ACQUIRE\n", "t1 9 1 BUSY", "BUSY without ENTRY" },
	{ "t1 9 1 ACQUIRE\n", "t1 9 1 RETRY", "RETRY without BUSY" },
	{ "t1 9 1 ACQUIRE\n", "t1 9 1 ACQUIRE", "ACQUIRE by the thread that holds it" },
	{ "t1 9 1 ACQUIRE\n", "t1 9 1 LEAVE gone", "LEAVE by the thread that holds it" },
	{ "t1 9 1 ACQUIRE\n", "t1 9 1 LEAVE thread_end", "LEAVE by the thread that holds it" },
	{ "t1 9 1 ACQUIRE\n", "t1 thread 3 new", "its thread vanished while it held it" },
	{ "t1 9 1 ACQUIRE\n", "t2 9 1 ACQUIRE", "ACQUIRE while another thread holds it" },
	{ "@500\nt1 9 1 ENTRY\n@400\n", "t1 9 1 ACQUIRE",
	  "its time is before that of the event before it" },
};

static void test_unlawful_events_are_counted_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unlawful) / sizeof(unlawful[0]); i++) {
		struct play p = { 0 };
		char events[512], want[128];

		/* The trace goes on lawfully afterwards: an attempt of another thread. */
		snprintf(events, sizeof(events), "%s%s\n@900\nt3 9 1 ENTRY\n", unlawful[i].before,
			 unlawful[i].event);
		snprintf(want, sizeof(want), "! %s\n", unlawful[i].violation);
		play(&p, with_facts(events));
		assert_int_equal(p.result, 0);
		if (violations(&p) != 1 || !strstr(p.log, want))
			fail_msg("%s after %s gave\n%s", unlawful[i].event, unlawful[i].before, p.log);
		play_done(&p);
	}
}

static void test_two_holders_do_not_cascade(void **state)
{
	struct play p = { .whole_log = true };

	(void)state;
	expect(&p, "@100\nt1 9 1 ACQUIRE\nt2 9 1 ACQUIRE\nt1 9 1 RELEASE\nt2 9 1 RELEASE\n"
		   "t1 9 1 ENTRY\nt1 9 1 ACQUIRE\n",
	       "t1 9 1 ACQUIRE\n"
	       "  t1 holding 100..110 cut\n"
	       "  t1 -> t2 dead 0\n"
	       "..... A thread switch\n"
	       "t2 9 1 ACQUIRE\n"
	       "! ACQUIRE while another thread holds it\n"
	       "  t1 unknown 110..120 cut\n"
	       "t1 9 1 RELEASE\n"
	       "  t2 holding 110..130\n"
	       "t2 9 1 RELEASE\n"
	       "  t1 outside 120..140\n"
	       "t1 9 1 ENTRY\n"
	       "  t1 entering 140..150\n"
	       "  t1 attempt 140..150 acquired 0+0(0) -:10\n"
	       "  t2 -> t1 dead 10\n"
	       "..... A thread switch\n"
	       "t1 9 1 ACQUIRE\n"
	       "  t1 holding 150..150 cut\n");
	assert_int_equal(violations(&p), 1);
	play_done(&p);
}

static void test_a_loss_makes_unknown_and_cuts(void **state)
{
	struct play p = { .whole_log = true };

	(void)state;
	expect(&p, "@100\nt1 9 1 ACQUIRE\nt2 9 1 ENTRY\nt2 9 1 BUSY\n"
		   "lost 150 200 3\n"
		   "@160\nt1 9 1 ENTRY\n" /* in the hole everything may be missing */
		   "t1 9 1 RELEASE\n"
		   "@300\nt2 9 4 RELEASE\nt1 9 4 ACQUIRE\n",
	       "t1 9 1 ACQUIRE\n"
	       "t2 9 1 ENTRY\n"
	       "  t2 entering 110..120\n"
	       "t2 9 1 BUSY\n"
	       "  t2 waiting 120..150 cut\n"
	       "  t2 attempt 110..150 lost cut 1+0(0) t1:40\n"
	       "  t1 holding 100..150 cut\n"
	       "lost 3 events\n"
	       "  t1 unknown 150..160 cut\n"
	       "t1 9 1 ENTRY\n"
	       "  t1 entering 160..170 cut\n"
	       "  t1 attempt 160..170 lost cut 0+0(0) -:10\n"
	       "t1 9 1 RELEASE\n"
	       "  t1 outside 170..200 cut\n"
	       "  t2 unknown 150..300 cut\n"
	       "t2 9 4 RELEASE\n"
	       "  t1 unknown 200..310 cut\n"
	       "  t2 -> t1 dead 0\n"
	       "..... A thread switch\n"
	       "t1 9 4 ACQUIRE\n"
	       "  t1 holding 310..310 cut\n");
	assert_int_equal(violations(&p), 0);
	assert_int_equal(metrics_end(p.metrics)->lost_events, 3);
	assert_int_equal(histogram_count(play_thread(&p, "t2")->wait_ns), 0);
	assert_int_equal(histogram_count(play_thread(&p, "t1")->hold_ns), 0);
	play_done(&p);
}

static void test_a_gil_that_appears_in_a_hole_has_it(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "@100\nt1 9 1 ENTRY\nlost 110 500 1\n@200\ngil 4294967298\nt5 9 1 ENTRY\nt5 9 1 RELEASE\n");
	assert_int_equal(violations(&p), 0);
	play_done(&p);
}

static void test_open_waits_and_holds_go_to_the_end(void **state)
{
	struct play p = { .whole_log = true };

	(void)state;
	expect(&p, "@100\nt1 9 1 ENTRY\nt1 9 1 ACQUIRE\nt2 9 1 ENTRY\nt2 9 1 BUSY\nt3 9 1 ENTRY\n"
		   "@1000\nt4 9 1 RETRY\n",
	       "t1 9 1 ENTRY\n"
	       "  t1 entering 100..110\n"
	       "  t1 attempt 100..110 acquired 0+0(0) -:10\n"
	       "t1 9 1 ACQUIRE\n"
	       "t2 9 1 ENTRY\n"
	       "  t2 entering 120..130\n"
	       "t2 9 1 BUSY\n"
	       "t3 9 1 ENTRY\n"
	       "t4 9 1 RETRY\n"
	       "  t4 waiting 1000..1000 cut\n"
	       "  t4 attempt 1000..1000 open cut 0+1(0)\n"
	       "  t3 entering 140..1000 cut\n"
	       "  t3 attempt 140..1000 open cut 0+0(0) t1:860\n"
	       "  t2 waiting 130..1000 cut\n"
	       "  t2 attempt 120..1000 open cut 1+0(0) t1:880\n"
	       "  t1 holding 110..1000 cut\n");
	assert_int_equal(metrics_end(p.metrics)->still_waiting, 3);
	assert_int_equal(metrics_end(p.metrics)->still_holding, 1);
	assert_int_equal(metrics_end(p.metrics)->cut_intervals, 4);
	assert_int_equal(play_thread(&p, "t2")->life_ns, 880);
	play_done(&p);
}

static void test_names(void **state)
{
	struct play p = { 0 };

	(void)state;
	expect(&p, "t9 thread 1 main\nt9 1 1 ENTRY\n"
		   "t8 thread 2\nt8 1 1 ENTRY\n"
		   "t7 thread 3 net\nt7 1 1 ENTRY\n"
		   "t6 1 1 ENTRY\n" /* before its facts */
		   "t8 thread 2 late\nt8 1 1 BUSY\n"
		   "t6 thread 4\nt6 1 1 BUSY\n"
		   "t8 thread 2\nt8 1 1 RETRY\n",
	       "MainThread 1 1 ENTRY\nt1 1 1 ENTRY\nnet 1 1 ENTRY\nt3 1 1 ENTRY\n"
	       "late 1 1 BUSY\nt3 1 1 BUSY\nlate 1 1 RETRY\n");
	assert_true(play_thread(&p, "MainThread")->info.is_main);
	assert_false(play_thread(&p, "MainThread")->info.named);
	assert_true(play_thread(&p, "net")->info.named);
	assert_int_equal(violations(&p), 0);
	play_done(&p);
}

static void test_a_reused_tid_is_another_thread(void **state)
{
	struct play p = { 0 };
	const struct thread_metrics *threads;

	(void)state;
	play(&p, "t1 thread 1 a\nt1 1 1 ENTRY\nt1 0 0 LEAVE thread_end\n"
		 "t1 thread 2 b\nt1 1 1 ENTRY\n"
		 "t1 thread 2 b\n"            /* said again */
		 "t1 thread 3 c\nt1 1 1 ENTRY\n" /* nobody said that b ended */
		 "t1 0 0 LEAVE thread_end\nt1 1 1 ENTRY\n"); /* and nobody said who this is */
	assert_int_equal(metrics_threads(p.metrics, &threads), 4);
	assert_int_equal(violations(&p), 0);
	assert_int_equal(play_thread(&p, "a")->info.state, STATE_ENDED);
	assert_int_equal(play_thread(&p, "b")->info.state, STATE_ENDED);
	assert_int_equal(play_thread(&p, "c")->info.state, STATE_ENDED);
	assert_int_equal(play_thread(&p, "t4")->info.state, STATE_ENTERING);
	play_done(&p);
}

static void test_ticks_of_a_hold(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "create 100\n"
		 "t1 100 7 ACQUIRE\nt1 100 8 RELEASE\n" /* a check: 101 decrements */
		 "t1 100 8 ENTRY\nt1 100 8 ACQUIRE\nt1 40 8 RELEASE\n" /* blocked after 60 */
		 "t1 40 8 ENTRY\nt1 40 8 ACQUIRE\nt1 100 9 RELEASE\n"  /* the rest: 41 */
		 "t1 10 9 ENTRY\nt1 10 9 ACQUIRE\nt1 90 9 RELEASE\n"); /* the ticker was set: unknown */
	assert_int_equal(play_thread(&p, "t1")->ticks, 101 + 60 + 41);
	assert_int_equal(play_thread(&p, "t1")->checks, 2);
	play_done(&p);

	p = (struct play){ 0 };
	play(&p, "create 5000us\nt1 -1 7 ACQUIRE\nt1 -1 8 RELEASE\n");
	assert_int_equal(play_thread(&p, "t1")->ticks, 0);
	assert_int_equal(play_thread(&p, "t1")->checks, 1);
	play_done(&p);
}

/* A wait that outlives thousands of switches keeps its blames. */
static void test_a_starving_wait(void **state)
{
	static char events[2000000];
	struct play p = { 0 };
	size_t n = 0;

	(void)state;
	n += (size_t)sprintf(events + n, "%s%s", facts, "t3 thread 3 t3\nt1 1 1 ACQUIRE\n"
			     "t3 1 1 ENTRY\nt3 1 1 BUSY\nt1 1 1 RELEASE\n");
	for (int i = 0; i < 10000; i++) {
		int t = i % 2 ? 1 : 2;
		n += (size_t)sprintf(events + n, "t%d 1 1 ENTRY\nt%d 1 1 ACQUIRE\nt%d 1 1 RELEASE\n",
				     t, t, t);
	}
	sprintf(events + n, "t3 1 1 ACQUIRE\n");
	play(&p, events);
	assert_int_equal(play_pair(&p, "t3", "t1")->wait_ns, 20 + 5000 * 10);
	assert_int_equal(play_pair(&p, "t3", "t2")->wait_ns, 5000 * 10);
	assert_int_equal(play_pair(&p, "t3", "t1")->waits, 1);
	play_done(&p);
}

static void test_legal_prefers_what_can_be(void **state)
{
	cleanup(model_freep) struct model *m = NULL;
	const struct trace_info trace = { .path = "x" };
	struct model_options options = { .trace = &trace };
	struct gil_event acquire1 = { .kind = GIL_ACQUIRE, .gil = 1, .tid = 1 };
	struct gil_event release1 = { .kind = GIL_RELEASE, .gil = 1, .tid = 1 };
	struct gil_event acquire2 = { .kind = GIL_ACQUIRE, .gil = 1, .tid = 2 };

	(void)state;
	assert_int_equal(model_new(&m, &options, NULL, 0), 0);
	assert_true(model_legal(m, &acquire2));
	assert_int_equal(model_feed(m, &acquire1), 0);
	assert_false(model_legal(m, &acquire2));
	assert_true(model_legal(m, &release1));
	assert_int_equal(model_feed(m, &release1), 0);
	assert_true(model_legal(m, &acquire2));
	assert_false(model_legal(m, &release1));
}

/* ---- filters ---------------------------------------------------------------------- */

static void test_recording(void **state)
{
	struct play p = { .options = { .recording = "mine" } };

	(void)state;
	expect(&p, "t1 1 1 ENTRY\n"                          /* not introduced */
		   "gil 9\ncreate 100\nt1 1 1 ENTRY\n"       /* another recording */
		   "gil 10\ncreate 100 mine\nt1 1 1 ACQUIRE\n",
	       "t1 1 1 ACQUIRE\n");
	assert_int_equal(metrics_end(p.metrics)->left_out_events, 3);
	assert_int_equal(metrics_end(p.metrics)->events, 2);
	play_done(&p);
}

static void test_gil_filter(void **state)
{
	struct play p = { .options = { .gil = "1" } };

	(void)state;
	expect(&p, "t1 1 1 ENTRY\ngil 9\nt1 1 1 ACQUIRE\n", "t1 1 1 ACQUIRE\n");
	assert_int_equal(metrics_end(p.metrics)->left_out_events, 1);
	play_done(&p);

	p = (struct play){ .options = { .gil = "5" } };
	play(&p, "t1 1 1 ENTRY\n");
	assert_int_equal(p.result, -ENODATA);
	assert_string_equal(err_innermost(), "'a.trace' has no GIL '5': it has 0 (pid 0)");
	err_clear();
	play_done(&p);
}

static void test_thread_filter(void **state)
{
	struct play p = { .options = { .thread = "t2" }, .whole_log = true };

	(void)state;
	expect(&p, "@100\nt1 1 1 ACQUIRE\nt2 1 1 ENTRY\nt2 1 1 BUSY\nt1 1 1 RELEASE\nt2 1 1 ACQUIRE\n",
	       "t2 1 1 ENTRY\n"
	       "  t2 entering 110..120\n"
	       "t2 1 1 BUSY\n"
	       "  t2 waiting 120..140\n"
	       "  t2 attempt 110..140 acquired 1+0(0) t1:20 -:10\n"
	       "  t1 -> t2 dead 10\n"
	       "..... A thread switch\n"
	       "t2 1 1 ACQUIRE\n"
	       "  t2 holding 140..140 cut\n");
	assert_false(play_thread(&p, "t1")->info.selected);
	play_done(&p);

	p = (struct play){ .options = { .thread = "nobody" } };
	play(&p, "t9 thread 1 main\nt1 1 1 ENTRY\n");
	assert_int_equal(p.result, -ENODATA);
	assert_string_equal(err_innermost(), "'a.trace' has no thread 'nobody': it has MainThread, t1");
	err_clear();
	play_done(&p);
}

static void test_time_filter(void **state)
{
	struct play p = { .options = { .time = "+15ns,+45ns" }, .whole_log = true };

	(void)state;
	expect(&p, "@100\nt1 1 1 ACQUIRE\nt2 1 1 ENTRY\nt2 1 1 BUSY\nt1 1 1 RELEASE\nt2 1 1 ACQUIRE\n"
		   "t2 1 1 RELEASE\n",
	       "  t2 entering 115..120 cut\n"
	       "t2 1 1 BUSY\n"
	       "  t1 holding 115..130 cut\n"
	       "t1 1 1 RELEASE\n"
	       "  t2 waiting 120..140\n"
	       "  t2 attempt 115..140 acquired cut 1+0(0) t1:15 -:10\n"
	       "  t1 -> t2 dead 10\n"
	       "..... A thread switch\n"
	       "t2 1 1 ACQUIRE\n"
	       "  t2 holding 140..145 cut\n");
	assert_int_equal(metrics_end(p.metrics)->begin_ns, 115);
	assert_int_equal(metrics_end(p.metrics)->end_ns, 145);
	assert_int_equal(violations(&p), 0);
	play_done(&p);
}

static void test_nothing(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "");
	assert_int_equal(p.result, -ENODATA);
	err_clear();
	play_done(&p);
}

static void test_a_newer_schema_is_refused(void **state)
{
	cleanup(model_freep) struct model *m = NULL;
	const struct trace_info trace = { .path = "x" };
	struct model_options options = { .trace = &trace };
	struct gil_event create = { .kind = GIL_CREATE, .gil = 1,
				    .create = { .schema = GIL_SCHEMA + 1, .recording = "",
						.design = "", .version = "" } };

	(void)state;
	assert_int_equal(model_new(&m, &options, NULL, 0), 0);
	assert_int_equal(model_feed(m, &create), -EPROTO);
	err_clear();
}

struct listener {
	int limit, events, ends;
};

static int listen_event(void *data, const struct gil_event *ev, const struct step *step)
{
	struct listener *l = data;

	(void)ev;
	(void)step;
	return ++l->events == l->limit ? SINK_E_ENOUGH : 0;
}

static int listen_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

static int listen_end(void *data, const struct trace_end *end)
{
	struct listener *l = data;

	(void)end;
	l->ends++;
	return 0;
}

static void test_sinks_that_have_enough(void **state)
{
	cleanup(model_freep) struct model *m = NULL;
	const struct trace_info trace = { .path = "x" };
	struct model_options options = { .trace = &trace };
	struct gil_event entry = { .kind = GIL_ENTRY, .gil = 1 };
	struct listener one = { .limit = 1 }, three = { .limit = 3 };
	struct sink a = { .data = &one, .event = listen_event, .lost = listen_lost, .end = listen_end };
	struct sink b = { .data = &three, .event = listen_event, .lost = listen_lost,
			  .end = listen_end };
	struct sink *sinks[] = { &a, &b };

	(void)state;
	assert_int_equal(model_new(&m, &options, sinks, 2), 0);
	for (entry.tid = 1; entry.tid <= 3; entry.tid++)
		assert_int_equal(model_feed(m, &entry), entry.tid < 3 ? 0 : MODEL_E_ENOUGH);
	assert_int_equal(model_end(m, 0, false), 0);
	assert_int_equal(one.events, 1);
	assert_int_equal(three.events, 3);
	assert_int_equal(one.ends + three.ends, 2);
}

/* The attempt fails outside the lock, before the winner's ACQUIRE is seen. */
static void test_nobody_is_in_their_own_way(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "t1 1 1 ENTRY\nt1 1 1 ACQUIRE\nt2 1 1 ENTRY\nt1 1 1 RELEASE\nt1 1 1 ENTRY\nt1 1 1 BUSY\n"
	     "t2 1 1 ACQUIRE\nt2 1 1 RELEASE\nt1 1 1 ACQUIRE\n");
	assert_int_equal(play_pair(&p, "t1", "-")->failed, 1);
	assert_int_equal(play_pair(&p, "t1", "t2")->wait_ns, 10);
	play_done(&p);
}

/* It is a new thread, and what it holds at the end is counted. */
static void test_an_unlawful_event_after_the_end_of_a_thread(void **state)
{
	struct play p = { 0 };

	(void)state;
	play(&p, "create 100\nt2 1 0 LEAVE thread_end\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\n"
		 "t2 1 0 ACQUIRE\nt2 1 0 ENTRY\nt2 1 0 ACQUIRE\n");
	assert_int_equal(metrics_end(p.metrics)->still_holding, 1);
	assert_int_equal(metrics_end(p.metrics)->violations, 2);
	play_done(&p);
}

/* t1 ended before the time asked for, in which it is blamed. */
static void test_no_life_before_the_range(void **state)
{
	struct play p = { .options.time = "+1us," };

	(void)state;
	play(&p, "@1000\ncreate 100\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\nt1 1 0 RELEASE\nt1 0 0 LEAVE thread_end\n"
		 "@3000\nt2 1 0 ENTRY\nt2 1 0 BUSY\n");
	assert_int_equal(play_thread(&p, "t1")->life_ns, 0);
	assert_int_equal(play_pair(&p, "t2", "t1")->failed, 1);
	play_done(&p);
}

/* Seconds since 1970, where "+" was forgotten: not even the first event is in it. */
static void test_a_range_before_the_trace(void **state)
{
	struct play p = { .options.time = "0.1us,0.5us" };

	(void)state;
	play(&p, "@1000\ncreate 100\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\nt1 1 0 RELEASE\n");
	assert_true(p.result < 0);
	assert_non_null(strstr(err_innermost(), "'+1s' counts from its begin"));
	err_clear();
	play_done(&p);
}

/* A hole that begins after the last event: the trace goes on to there, as its holds do. */
static void test_a_hole_at_the_end(void **state)
{
	const struct gil_metrics *gil;
	struct play p = { 0 };

	(void)state;
	play(&p, "@1000\ncreate 100\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\nlost 5000 6000 1\n");
	metrics_gils(p.metrics, &gil);
	assert_int_equal(gil->held_ns, 5000 - 1020);
	assert_int_equal(metrics_end(p.metrics)->end_ns, 5000);
	play_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_range_before_the_trace),
		cmocka_unit_test(test_nobody_is_in_their_own_way),
		cmocka_unit_test(test_the_slide),
		cmocka_unit_test(test_every_lawful_transition),
		cmocka_unit_test(test_failing_on_a_free_gil_is_lawful),
		cmocka_unit_test(test_any_first_event_tells_the_state),
		cmocka_unit_test(test_unlawful_events_are_counted_once),
		cmocka_unit_test(test_two_holders_do_not_cascade),
		cmocka_unit_test(test_a_loss_makes_unknown_and_cuts),
		cmocka_unit_test(test_a_gil_that_appears_in_a_hole_has_it),
		cmocka_unit_test(test_open_waits_and_holds_go_to_the_end),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_a_reused_tid_is_another_thread),
		cmocka_unit_test(test_ticks_of_a_hold),
		cmocka_unit_test(test_a_starving_wait),
		cmocka_unit_test(test_legal_prefers_what_can_be),
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_gil_filter),
		cmocka_unit_test(test_thread_filter),
		cmocka_unit_test(test_time_filter),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_a_newer_schema_is_refused),
		cmocka_unit_test(test_an_unlawful_event_after_the_end_of_a_thread),
		cmocka_unit_test(test_no_life_before_the_range),
		cmocka_unit_test(test_a_hole_at_the_end),
		cmocka_unit_test(test_sinks_that_have_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
