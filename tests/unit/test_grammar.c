/* SPDX-License-Identifier: MIT */
/*
 * Plays call sequences, written as in runtime/cpython/grammar.h, and compares
 * what is said. A word is THREAD[GIL]:CALL, for example "a:Lm" or "b1:TAKE";
 * the GIL is 0 unless named. What is said has the same form: "a:ENTRY".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/cpython/grammar.h"

enum { THREADS = 4, GILS = 2 };

static struct gil gils[GILS];
static struct gil_thread threads[THREADS];
static int speaker;
static char said[4096];

/* ---- instead of tracepoints/emit.c ---------------------------------------- */

static const volatile int on = 1;
_Atomic(const volatile int *) emit_on[GIL_KINDS] = {
	&on, &on, &on, &on, &on, &on, &on, &on, &on, &on,
};

static void say(const struct emit_gil *e, const char *what)
{
	char gil[2] = "";
	size_t used = strlen(said);

	if (e != &gils[0].emit)
		gil[0] = '1';
	snprintf(said + used, sizeof(said) - used, "%s%c%s:%s", used ? " " : "", 'a' + speaker, gil,
		 what);
}

void emit_entry_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)checks;
	assert_int_equal(tick, GIL_NO_TICK);
	say(e, "ENTRY");
}

void emit_busy_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)tick, (void)checks;
	say(e, "BUSY");
}

void emit_retry_slow(const struct emit_gil *e, int32_t tick, uint64_t checks, bool timed_out)
{
	(void)tick, (void)checks;
	say(e, timed_out ? "RETRY(timed_out)" : "RETRY(lost)");
}

void emit_acquire_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)tick, (void)checks;
	say(e, "ACQUIRE");
}

void emit_release_slow(const struct emit_gil *e, int32_t tick, uint64_t checks, bool drop_requested)
{
	char what[64];

	(void)tick;
	snprintf(what, sizeof(what), drop_requested ? "RELEASE(requested,%d)" : "RELEASE(%d)",
		 (int)checks);
	say(e, what);
}

void emit_leave_slow(const struct emit_gil *e, enum gil_leave_reason reason)
{
	static const char *const names[] = GIL_LEAVE_REASON_NAMES;
	char what[32];

	snprintf(what, sizeof(what), "LEAVE(%s)", names[reason]);
	say(e, what);
}

void emit_interval(struct emit_gil *e, int64_t value)
{
	char what[32];

	e->interval = value;
	snprintf(what, sizeof(what), "INTERVAL(%d)", (int)value);
	say(e, what);
}

/* ---- playing --------------------------------------------------------------- */

static int setup(void **state)
{
	(void)state;
	memset(gils, 0, sizeof(gils));
	memset(threads, 0, sizeof(threads));
	for (int i = 0; i < GILS; i++)
		gils[i].emit.interval = GIL_DEFAULT_INTERVAL_US;
	said[0] = '\0';
	return 0;
}

static void play(const char *words);

static void call(struct gil *g, struct gil_thread *t, const char *name)
{
	/* The calls on sm, and the wait on sc, are not looked at. */
	static const char *const unseen[] = { "Lsm", "Usm", "W", "w" };

	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (!strcmp(name, unseen[i]))
			return;
	if (!strcmp(name, "Lm"))
		gil_enter(g, t);
	else if (!strcmp(name, "Um"))
		gil_exit(g, t);
	else if (!strcmp(name, "T"))
		gil_wait(g, t);
	else if (!strcmp(name, "t=0"))
		gil_waited(g, t, false);
	else if (!strcmp(name, "t=ETIMEDOUT"))
		gil_waited(g, t, true);
	else if (!strcmp(name, "Ssc"))
		gil_acquire(g, t);
	else if (!strcmp(name, "Sc"))
		gil_release(g, t);
	else
		fail_msg("no such call: %s", name);
}

static void play_word(const char *word)
{
	static const char *const sequences[][2] = {
		{ "TAKE", "Lm Lsm Ssc Usm Um" },
		{ "WON", "Lsm Ssc Usm Um" }, /* the end of a TAKE */
		{ "DROP", "Lm Sc Um" },
	};
	int thread = word[0] - 'a', gil = word[1] == '1';
	const char *name = strchr(word, ':') + 1;
	char part[64];

	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		if (strcmp(name, sequences[i][0]))
			continue;
		for (const char *p = sequences[i][1]; *p; p += strspn(p, " ")) {
			size_t n = strcspn(p, " ");
			snprintf(part, sizeof(part), "%.*s:%.*s", gil ? 2 : 1, word, (int)n, p);
			play_word(part);
			p += n;
		}
		return;
	}
	speaker = thread;
	call(&gils[gil], &threads[thread], name);
}

static void play(const char *words)
{
	char copy[1024], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		play_word(word);
}

/* Forgets what was said before. */
static void expect(const char *calls, const char *events)
{
	said[0] = '\0';
	play(calls);
	assert_string_equal(said, events);
}

/* ---- tests ------------------------------------------------------------------ */

static void test_take_and_drop(void **state)
{
	(void)state;
	expect("a:TAKE", "a:ENTRY a:ACQUIRE");
	expect("a:DROP", "a:RELEASE(0)");
	expect("b:TAKE b:DROP", "b:ENTRY b:ACQUIRE b:RELEASE(0)");
	expect("b:TAKE b:DROP", "b:ENTRY b:ACQUIRE b:RELEASE(0)");
}

static void test_the_acquire_is_said_under_m_before_the_wake_up(void **state)
{
	(void)state;
	expect("a:Lm a:Lsm", "a:ENTRY");
	expect("a:Ssc", "a:ACQUIRE");
	expect("a:Usm a:Um", "");
	expect("a:Lm", "");
	expect("a:Sc", "a:RELEASE(0)");
	expect("a:Um", "");
}

static void test_contended(void **state)
{
	(void)state;
	play("a:TAKE");
	expect("b:Lm b:T", "b:ENTRY b:BUSY");
	expect("a:DROP", "a:RELEASE(0)");
	expect("b:t=0 b:WON", "b:ACQUIRE");
}

static void test_a_timed_out_wait_that_succeeds_is_no_retry(void **state)
{
	(void)state;
	play("a:TAKE b:Lm b:T a:DROP");
	expect("b:t=ETIMEDOUT b:WON", "b:ACQUIRE");
}

static void test_retries(void **state)
{
	(void)state;
	play("a:TAKE b:Lm b:T");
	expect("b:t=ETIMEDOUT b:T", "b:RETRY(timed_out)");
	expect("a:DROP a:TAKE b:t=0 b:T", "a:RELEASE(requested,1) a:ENTRY a:ACQUIRE b:RETRY(lost)");
	expect("a:DROP b:t=0 b:WON", "a:RELEASE(1) b:ACQUIRE");
	/* The next attempt starts with BUSY again. */
	expect("b:DROP a:TAKE b:Lm b:T", "b:RELEASE(1) a:ENTRY a:ACQUIRE b:ENTRY b:BUSY");
}

static void test_poke(void **state)
{
	(void)state;
	expect("a:Lm a:Um", "a:ENTRY a:LEAVE(poke)");
	play("a:TAKE");
	expect("a:Lm a:Um", "");
	expect("b:Lm b:Um", "b:ENTRY b:LEAVE(poke)");
	expect("a:DROP", "a:RELEASE(0)");
}

static void test_exit(void **state)
{
	(void)state;
	play("a:TAKE b:Lm b:T");
	expect("b:t=ETIMEDOUT b:Um", "b:LEAVE(gone)");
	/* Its request went with it. */
	expect("a:DROP", "a:RELEASE(0)");
}

static void test_gil_switched_off(void **state)
{
	(void)state;
	play("a:TAKE b:Lm b:T c:Lm c:T a:DROP");
	expect("b:t=0 b:Sc b:Um", "b:LEAVE(gil_off)");
	expect("c:t=ETIMEDOUT c:Sc c:Um", "c:LEAVE(gil_off)");
	expect("d:Lm d:Sc d:Um", "d:ENTRY d:LEAVE(gil_off)");
	expect("b:TAKE", "b:ENTRY b:ACQUIRE");
}

static void test_switch(void **state)
{
	(void)state;
	play("a:TAKE b:Lm b:T b:t=ETIMEDOUT b:T");
	expect("a:DROP a:Lsm a:W", "a:RELEASE(requested,1)");
	expect("b:t=0 b:WON a:w a:Usm", "b:ACQUIRE");
	expect("a:Lm a:T", "a:ENTRY a:BUSY");
	/* Somebody else took over before it looked: no wait. */
	expect("b:DROP a:t=0 a:WON b:Lsm b:Usm b:Lm b:T",
	       "b:RELEASE(1) a:ACQUIRE b:ENTRY b:BUSY");
}

static void test_drop_request_needs_the_same_hold(void **state)
{
	(void)state;
	/* b began to wait for a, c had the GIL meanwhile: CPython does not ask yet. */
	play("a:TAKE b:Lm b:T c:Lm c:T a:DROP c:t=0 c:WON b:t=ETIMEDOUT b:T");
	expect("c:DROP", "c:RELEASE(0)");
	/* a took it again itself: the same holder, CPython asks. */
	play("b:t=0 b:WON b:DROP a:TAKE b:Lm b:T a:DROP a:TAKE b:t=ETIMEDOUT b:T");
	expect("a:DROP", "a:RELEASE(requested,1)");
}

static void test_drop_request_is_for_a_holder_and_one_hold(void **state)
{
	(void)state;
	play("a:TAKE b:Lm b:T a:DROP b:t=ETIMEDOUT b:WON");
	expect("b:DROP", "b:RELEASE(0)");
	play("a:TAKE b:Lm b:T b:t=ETIMEDOUT b:T a:DROP b:t=0 b:WON");
	expect("b:DROP", "b:RELEASE(1)");
}

static void test_two_gils(void **state)
{
	(void)state;
	expect("a:TAKE b1:TAKE", "a:ENTRY a:ACQUIRE b1:ENTRY b1:ACQUIRE");
	expect("b:Lm b:Um", "b:ENTRY b:LEAVE(poke)");
	expect("a1:Lm a1:T b1:DROP", "a1:ENTRY a1:BUSY b1:RELEASE(0)");
	expect("a1:t=0 a1:WON a1:DROP", "a1:ACQUIRE a1:RELEASE(0)");
	expect("a:DROP", "a:RELEASE(0)");
}

static void test_created_again(void **state)
{
	(void)state;
	play("a:TAKE");
	memset(&gils[0], 0, sizeof(gils[0])); /* as for a fork child */
	expect("a:TAKE a:DROP", "a:ENTRY a:ACQUIRE a:RELEASE(0)");
}

static void test_threads_have_numbers_of_their_own(void **state)
{
	(void)state;
	play("a:TAKE b:Lm b:T");
	/* A new thread on the memory of a: another holder, so b's wait begins anew. */
	play("a:DROP");
	memset(&threads[0], 0, sizeof(threads[0]));
	play("a:TAKE b:t=ETIMEDOUT b:T");
	expect("a:DROP", "a:RELEASE(0)");
}

static void test_what_is_not_known_says_nothing(void **state)
{
	(void)state;
	expect("a:Sc a:Um a:T a:t=0 a:Ssc a:t=ETIMEDOUT", "");
	play("a:TAKE");
	expect("b:Sc b:Um b:T b:t=ETIMEDOUT b:Ssc", "");
	/* The holder takes it: its release was not seen. It holds it still. */
	expect("a:Lm a:Ssc a:Um", "");
	expect("a:DROP", "a:RELEASE(0)");
}

/* Any calls at all, as far as a mutex allows them: what is said is lawful for each thread. */
static void test_random_calls(void **state)
{
	static const char *const calls[] = { "Um", "T", "t=0", "t=ETIMEDOUT", "Ssc", "Sc" };
	int inside = -1, attempts[THREADS] = { 0 }, waiting[THREADS] = { 0 }, last = -1;
	long seen[4] = { 0 };

	(void)state;
	srand(2009);
	for (int i = 0; i < 200000; i++) {
		int thread = rand() % THREADS;
		const char *name = calls[(unsigned)rand() % (sizeof(calls) / sizeof(calls[0]))];
		char word[32];

		if (inside < 0 && rand() % 2)
			name = "Lm", inside = thread;
		else if (inside == thread && !strcmp(name, "Um"))
			inside = -1;
		else if (inside != thread)
			continue;
		snprintf(word, sizeof(word), "%c:%s", 'a' + thread, name);
		said[0] = '\0';
		play(word);
		if (strstr(said, "ENTRY")) {
			assert_int_equal(attempts[thread]++, 0);
			waiting[thread] = 0;
			seen[0]++;
		} else if (strstr(said, "BUSY")) {
			assert_int_equal(attempts[thread], 1);
			assert_int_equal(waiting[thread]++, 0);
			seen[1]++;
		} else if (strstr(said, "RETRY")) {
			assert_int_equal(waiting[thread], 1);
		} else if (strstr(said, "ACQUIRE") || strstr(said, "LEAVE")) {
			assert_int_equal(attempts[thread]--, 1);
			if (strstr(said, "ACQUIRE"))
				last = thread, seen[2]++;
		} else if (strstr(said, "RELEASE")) {
			assert_int_equal(thread, last);
			last = -1;
			seen[3]++;
		}
	}
	for (int i = 0; i < 4; i++)
		assert_true(seen[i] > 100);
}

static void see_deadlines(int n, int64_t left_ns)
{
	while (n--)
		gil_saw_deadline(&gils[0], left_ns);
}

static void test_switch_interval(void **state)
{
	(void)state;
	speaker = 0;
	see_deadlines(9, 4999800);
	assert_string_equal(said, "");
	/* One thread was preempted between CPython's clock and ours. */
	see_deadlines(1, 1200000);
	see_deadlines(1, 3000000);
	see_deadlines(1, 4999900);
	assert_string_equal(said, "");
	see_deadlines(1, 49100);
	see_deadlines(1, 49950);
	assert_string_equal(said, "");
	see_deadlines(1, 48700);
	assert_string_equal(said, "a:INTERVAL(50)");
	see_deadlines(9, 49100);
	assert_string_equal(said, "a:INTERVAL(50)");
}

static int looks(int waits)
{
	int n = 0;

	while (waits--)
		n += gil_wants_deadline(&gils[0]);
	return n;
}

static void test_deadlines_are_looked_at_seldom(void **state)
{
	(void)state;
	assert_int_equal(looks(160), 10);
	see_deadlines(1, 49100); /* at each while a change is in the air */
	assert_int_equal(looks(160), 160);
	see_deadlines(1, 5000000);
	assert_int_equal(looks(160), 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(test_##name, setup)
	const struct CMUnitTest tests[] = {
		TEST(take_and_drop),
		TEST(the_acquire_is_said_under_m_before_the_wake_up),
		TEST(contended),
		TEST(a_timed_out_wait_that_succeeds_is_no_retry),
		TEST(retries),
		TEST(poke),
		TEST(exit),
		TEST(gil_switched_off),
		TEST(switch),
		TEST(drop_request_needs_the_same_hold),
		TEST(drop_request_is_for_a_holder_and_one_hold),
		TEST(two_gils),
		TEST(created_again),
		TEST(threads_have_numbers_of_their_own),
		TEST(what_is_not_known_says_nothing),
		TEST(random_calls),
		TEST(switch_interval),
		TEST(deadlines_are_looked_at_seldom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
