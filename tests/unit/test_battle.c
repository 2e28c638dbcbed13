/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "play.h"
#include "viz/battle.h"

#include <cmocka.h>

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
	"t2 83 5395 RETRY\n";

static const char names[] = "create 100\nt2 thread 2 t2\nt1 thread 1 t1\n";

/* The battle of an event list; the caller frees it. */
static char *fight(const char *events, const char *more, struct battle_options options, bool utf8)
{
	cleanup(battle_freep) struct battle *battle = NULL;
	cleanup(freep) char *all = NULL;
	struct page page = { .utf8 = utf8 };
	struct play p = { 0 };
	char *text;
	size_t size;

	if (!options.fields)
		options.fields = BATTLE_FIELDS;
	page.out = open_memstream(&text, &size);
	assert_int_equal(battle_new(&battle, &page, &options), 0);
	p.extra = battle_sink(battle);
	assert_true(asprintf(&all, "%s%s", events, more) > 0);
	play(&p, all);
	play_done(&p);
	fclose(page.out);
	return text;
}

static void expect(const char *events, const char *more, struct battle_options options,
		   const char *wanted)
{
	cleanup(freep) char *text = fight(events, more, options, false);

	assert_string_equal(text, wanted);
}

/* CPython: a waiter that times out asks for the GIL only if the holder did not change meanwhile. */
static void test_who_asks_and_who_does_not(void **state)
{
	cleanup(freep) char *text = fight(
		"create 5000us\nt1 thread 1 t1\nt2 thread 2 t2\nt3 thread 3 t3\n",
		"t1 -1 0 ENTRY\nt1 -1 0 ACQUIRE\nt2 -1 0 ENTRY\nt3 -1 0 ENTRY\nt3 -1 0 BUSY\n"
		"t1 -1 0 RELEASE\nt2 -1 0 ACQUIRE\nt3 -1 0 RETRY timeout\nt3 -1 0 RETRY timeout\n",
		(struct battle_options){ .explain = true }, false);
	const char *first = strstr(text, "t3 has waited 5.00 ms; the GIL changed hands meanwhile, so it asks "
				   "nobody yet.");

	(void)state;
	assert_non_null(first);
	assert_non_null(strstr(first, "t3 has waited another 5.00 ms and asks t2 to let the GIL go."));
}

static void test_the_slide_byte_for_byte(void **state)
{
	(void)state;
	expect(names, slide, (struct battle_options){ 0 }, slide);
}

static void test_no_tick_on_time_slices(void **state)
{
	(void)state;
	expect("create 5000us\nt1 thread 1 worker\n",
	       "t1 -1 7 ENTRY\nt1 -1 7 ACQUIRE\nt1 -1 8 RELEASE request\nt1 -1 8 LEAVE thread_end\n",
	       (struct battle_options){ 0 },
	       "worker - 7 ENTRY\nworker - 7 ACQUIRE\nworker - 8 RELEASE\nworker - - LEAVE thread_end\n");
}

static void test_fields(void **state)
{
	unsigned fields = BATTLE_FIELDS;
	const char *bad;

	(void)state;
	assert_int_equal(battle_parse_fields("+time,+delta,+cpu,+tid,-checks", &fields, &bad), 0);
	expect("@1000\ncreate 100\nt1 thread 1 t1\n", "@2000001500\nt1 100 1 ENTRY\n@2000001625\nt1 100 1 ACQUIRE\n",
	       (struct battle_options){ .fields = fields },
	       "   2.000000500 +0.000000000 [001] 1 t1 100 ENTRY\n"
	       "   2.000000625 +0.000000125 [001] 1 t1 100 ACQUIRE\n");
	assert_int_equal(battle_parse_fields("event,thread", &fields, &bad), 0);
	assert_int_equal(fields, BATTLE_EVENT | BATTLE_THREAD);
	assert_int_equal(battle_parse_fields("+time,colour", &fields, &bad), BATTLE_E_FIELD);
	assert_string_equal(bad, "colour");
	assert_int_equal(fields, BATTLE_EVENT | BATTLE_THREAD);
	assert_int_equal(battle_parse_fields("+tim", &fields, &bad), BATTLE_E_FIELD);
}

static void test_limit(void **state)
{
	(void)state;
	expect(names, slide, (struct battle_options){ .limit = 4 },
	       "t2 100 5392 ENTRY\nt2 100 5392 ACQUIRE\nt2 100 5393 RELEASE\n..... A thread switch\n");
}

static void test_losses_and_violations_are_always_shown(void **state)
{
	(void)state;
	expect("@100\ncreate 100\nt1 thread 1 t1\n",
	       "@200\nt1 100 1 ENTRY\nt1 100 1 ACQUIRE\nlost 220 300 1234\n@310\nt1 9 5 RELEASE\n"
	       "t1 9 5 RELEASE\n",
	       (struct battle_options){ 0 },
	       "t1 100 1 ENTRY\nt1 100 1 ACQUIRE\n..... 1,234 events lost here\nt1 9 5 RELEASE\n"
	       "t1 9 5 RELEASE\n..... unlawful: RELEASE by a thread that does not hold it\n");
}

static void test_two_gils_of_one_process(void **state)
{
	(void)state;
	expect("create 100\nt1 thread 1 t1\nt1 100 1 ENTRY\n", "gil 99\ncreate 100\nt1 thread 1 t1\nt1 100 4 ENTRY\n",
	       (struct battle_options){ 0 },
	       "t1 100 1 ENTRY\n[pid 77 gil 1] t1 100 4 ENTRY\n");
}

static void test_names_cannot_harm_the_terminal(void **state)
{
	(void)state;
	expect("create 100\nt1 thread 1 a\033[31mb\n", "t1 100 1 ENTRY\n", (struct battle_options){ 0 },
	       "a\\x1b[31mb 100 1 ENTRY\n");
}

/* Every event of the slide stands in the told one, in the same order. */
static void assert_told(const char *told, const char *events)
{
	cleanup(freep) char *copy = strdup(events);

	for (char *save, *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		told = strstr(told, line);
		assert_non_null(told);
		told += strlen(line);
	}
}

static void test_explain_tells_the_slide(void **state)
{
	cleanup(freep) char *text = fight(names, slide, (struct battle_options){ .explain = true }, false);

	(void)state;
	assert_told(text, slide);
	assert_non_null(strstr(text, "# t2 tries to keep running, but has to block: t1 holds the GIL.\n"));
	assert_non_null(strstr(text, "signal ( t1 100 5394 RELEASE\n"
				     "       (   # t1 lets the GIL go and signals t2.\n"
				     "       ( t1 100 5394 ENTRY\n"
				     "       ( t1 100 5394 ACQUIRE\n"
				     "       (   # Here, the GIL battle begins: t1 takes the GIL back"));
	assert_non_null(strstr(text, "       ( t2 74 5394 RETRY\n"
				     "           # t2 woke up 30 ns after t1's signal, found the GIL in "
				     "use by t1, and blocks again.\n"));
	/* The second round needs no words. */
	assert_non_null(strstr(text, "signal ( t1 100 5395 RELEASE\n"
				     "       ( t1 100 5395 ENTRY\n"
				     "       ( t1 100 5395 ACQUIRE\n"
				     "       ( t2 83 5395 RETRY\n"));
}

static void test_explain_tells_the_end_of_a_battle(void **state)
{
	cleanup(freep) char *text = NULL, *events = NULL;

	(void)state;
	assert_true(asprintf(&events, "%s%s", names, slide) > 0);
	text = fight(events, "t1 100 5396 RELEASE\nt2 100 5396 ACQUIRE\n",
		     (struct battle_options){ .explain = true }, false);
	/* What was signalled and answered by an ACQUIRE has no bracket. */
	assert_non_null(strstr(text, "         t1 100 5396 RELEASE\n"
				     "         ..... A thread switch\n"
				     "         t2 100 5396 ACQUIRE\n"
				     "           # The battle ends: t2 has the GIL after 100 ns and 3 failed "
				     "attempts, while t1 took it back 2 times.\n"));
}

static void test_explain_draws_brackets_in_utf8(void **state)
{
	cleanup(freep) char *text = fight(names, slide, (struct battle_options){ .explain = true }, true);

	(void)state;
	assert_non_null(strstr(text, "signal ╭ t1 100 5395 RELEASE\n"
				     "       │ t1 100 5395 ENTRY\n"
				     "       │ t1 100 5395 ACQUIRE\n"
				     "       ╰ t2 83 5395 RETRY\n"));
}

static void test_explain_drops_a_bracket_that_is_too_long(void **state)
{
	cleanup(freep) char *text = NULL;
	char events[32768];
	int n = 0;

	(void)state;
	n += snprintf(events, sizeof(events), "t1 100 1 ENTRY\nt1 100 1 ACQUIRE\nt2 50 1 ENTRY\nt2 50 1 BUSY\n");
	for (int i = 0; i < 340; i++)
		n += snprintf(events + n, sizeof(events) - (size_t)n,
			      "t1 100 %d RELEASE\nt1 100 %d ENTRY\nt1 100 %d ACQUIRE\n", i + 2, i + 2, i + 2);
	snprintf(events + n, sizeof(events) - (size_t)n, "t2 3 341 RETRY\n");
	text = fight(names, events, (struct battle_options){ .explain = true }, false);
	assert_told(text, events);
	assert_null(strstr(text, "signal ("));
	assert_non_null(strstr(text, "# t2 woke up 10.2 us after t1's signal"));
}

/* Three rounds become a line; what does not end as they did is shown. The bracket reaches over the line. */
static void test_rounds_that_repeat_are_folded(void **state)
{
	cleanup(freep) char *text = fight(names,
		"t1 100 1 ENTRY\nt1 100 1 ACQUIRE\nt2 50 1 ENTRY\nt2 50 1 BUSY\n"
		"t1 100 2 RELEASE\nt1 100 2 ENTRY\nt1 100 2 ACQUIRE\n"
		"t1 100 3 RELEASE\nt1 100 3 ENTRY\nt1 100 3 ACQUIRE\n"
		"t1 100 4 RELEASE\nt1 100 4 ENTRY\nt1 100 4 ACQUIRE\n"
		"t1 100 5 RELEASE\nt1 100 5 ENTRY\nt1 100 5 ACQUIRE\n"
		"t1 100 6 RELEASE\nt2 7 6 RETRY\n",
		(struct battle_options){ .brackets = true, .fold = true }, false);

	(void)state;
	assert_non_null(strstr(text, "signal ( t1 100 2 RELEASE\n"
				     "       ( t1 100 2 ENTRY\n"
				     "       ( t1 100 2 ACQUIRE\n"
				     "       ( ..... 3 more rounds like this, 90 ns\n"
				     "       ( t1 100 6 RELEASE\n"
				     "       ( t2 7 6 RETRY\n"));
}

static void test_explain_says_who_got_another_name(void **state)
{
	cleanup(freep) char *text = fight("create 100\nt1 thread 1 t1\nt1 100 0 ENTRY\n",
					  "t1 thread 1 cpu-0\nt1 100 0 ACQUIRE\n",
					  (struct battle_options){ .explain = true }, false);

	(void)state;
	assert_non_null(strstr(text, "         t1 100 0 ENTRY\n"
				     "           # t1 is from now on called cpu-0 (thread 1 of process 77).\n"
				     "         cpu-0 100 0 ACQUIRE\n"));
}

static void test_brackets_without_sentences(void **state)
{
	cleanup(freep) char *text = fight(names, slide, (struct battle_options){ .brackets = true }, false);

	(void)state;
	assert_told(text, slide);
	assert_null(strchr(text, '#'));
	assert_non_null(strstr(text, "signal ( t1 100 5394 RELEASE\n       ( t1 100 5394 ENTRY\n"
				     "       ( t1 100 5394 ACQUIRE\n       ( t2 74 5394 RETRY\n"
				     "signal ( t1 100 5395 RELEASE\n"));
}

static const char timed[] = "@1000\ncreate 100\nt1 thread 1 t1\nt2 thread 2 t2\n";
static const char waits[] =
	"@2000\nt1 100 1 ENTRY\n@3000\nt1 100 1 ACQUIRE\n@4000\nt2 50 1 ENTRY\n@5000\nt2 40 1 BUSY\n"
	"@6000\nt1 100 2 RELEASE\n@7000\nt2 100 2 ACQUIRE\n@8000\nt2 100 3 RELEASE\n";

static void test_around_a_time(void **state)
{
	struct battle_options options = { .context = 2, .around = { .kind = BOUND_RELATIVE, .ns = 4500 } };

	(void)state;
	expect(timed, waits, options,
	       "t2 50 1 ENTRY\nt2 40 1 BUSY\n..... Here it is +0.000004500s\n"
	       "t1 100 2 RELEASE\n..... A thread switch\n");
	options.around.ns = 99000;
	expect(timed, waits, options,
	       "t2 100 2 ACQUIRE\nt2 100 3 RELEASE\n..... No event follows until +0.000099000s\n");
}

static void test_min_wait(void **state)
{
	struct battle_options options = { .min_wait_ns = 2000 };

	(void)state;
	expect(timed, waits, options,
	       "..... t2 waited 3.00 us, from +0.000003000s on, and failed 1 time\n"
	       "t2 50 1 ENTRY\nt2 40 1 BUSY\nt1 100 2 RELEASE\n..... A thread switch\nt2 100 2 ACQUIRE\n"
	       "..... 1 of 2 attempts waited at least 2.00 us; the others are left out\n");
	options.context = 2;
	expect(timed, waits, options,
	       "..... t2 waited 3.00 us, from +0.000003000s on, and failed 1 time\n"
	       "..... The wait's first 3 lines are left out: --context shows more\n"
	       "..... A thread switch\nt2 100 2 ACQUIRE\n"
	       "..... 1 of 2 attempts waited at least 2.00 us; the others are left out\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_slide_byte_for_byte),
		cmocka_unit_test(test_who_asks_and_who_does_not),
		cmocka_unit_test(test_no_tick_on_time_slices),
		cmocka_unit_test(test_explain_says_who_got_another_name),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_losses_and_violations_are_always_shown),
		cmocka_unit_test(test_two_gils_of_one_process),
		cmocka_unit_test(test_names_cannot_harm_the_terminal),
		cmocka_unit_test(test_brackets_without_sentences),
		cmocka_unit_test(test_rounds_that_repeat_are_folded),
		cmocka_unit_test(test_around_a_time),
		cmocka_unit_test(test_min_wait),
		cmocka_unit_test(test_explain_tells_the_slide),
		cmocka_unit_test(test_explain_tells_the_end_of_a_battle),
		cmocka_unit_test(test_explain_draws_brackets_in_utf8),
		cmocka_unit_test(test_explain_drops_a_bracket_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
