/* SPDX-License-Identifier: MIT */
/*
 * Each design by itself, without the engine. Nothing here knows how long a
 * step takes: an interval is either as good as for ever, or waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/gil/designs.h"
#include "runtime/lab/thread.h"

enum {
	THREADS_MAX = 16,
	SHORT_US = 50,
	FOR_EVER_US = 1800 * 1000 * 1000, /* a thread that waits it out hangs the test */
};

/* A GIL and what it guards. */
struct arena {
	struct gil_clock clock;
	struct gil *gil;
	uint64_t counter;
	size_t n_order;
	size_t order[THREADS_MAX]; /* who had it, one after the other */
	bool stop;
};

struct worker {
	struct gil_thread self;
	struct arena *arena;
	size_t number;
	unsigned rounds, in_hold, sleep_us;
	unsigned turns; /* guarded by the GIL */
	pthread_t handle;
	_Atomic pid_t tid; /* not 0: goes for the GIL now */
};

/* ---- arenas and workers ------------------------------------------------------------------ */

static void arena_init(struct arena *arena, const struct gil_design *design, int64_t interval)
{
	memset(arena, 0, sizeof(*arena));
	atomic_init(&arena->clock.ticker, design->ticked ? 0 : GIL_NO_TICK);
	assert_int_equal(gil_new(&arena->gil, design, &arena->clock, interval), 0);
}

static void arena_deinit(struct arena *arena)
{
	arena->gil = gil_free(arena->gil);
}

static void start(struct worker *w, struct arena *arena, size_t number, void (*work)(void *))
{
	w->arena = arena;
	w->number = number;
	assert_int_equal(thread_start(&w->handle, "t", NULL, work, w), 0);
}

static void join(struct worker *w)
{
	assert_int_equal(pthread_join(w->handle, NULL), 0);
}

static void sleep_us(unsigned us)
{
	const struct timespec time = { .tv_nsec = us * 1000L };

	nanosleep(&time, NULL);
}

static char state_of(pid_t tid)
{
	char path[64], text[256] = "";
	cleanup(filep) FILE *file = NULL;
	const char *end;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	file = fopen(path, "re");
	if (!file || !fgets(text, sizeof(text), file))
		return '?';
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

/* Until it waits for the GIL, which is the only thing that it can wait for. */
static void until_asleep(struct worker *w)
{
	for (unsigned seen = 0; seen < 3; sleep_us(500)) {
		pid_t tid = atomic_load(&w->tid);

		seen = tid && state_of(tid) == 'S' ? seen + 1 : 0;
	}
}

static void until_asked(struct arena *arena)
{
	while (!gil_is_asked(arena->gil))
		sleep_us(100);
}

/* Takes it, says so, and lets it go. */
static void take_turn(void *arg)
{
	struct worker *w = arg;
	struct arena *arena = w->arena;

	atomic_store(&w->tid, gettid());
	gil_acquire(arena->gil, &w->self);
	arena->order[arena->n_order++] = w->number;
	gil_release(arena->gil, &w->self);
}

/* Waits in the queue with that priority. */
static void start_waiter(struct worker *w, struct arena *arena, size_t number, int32_t priority)
{
	w->self.priority = priority;
	start(w, arena, number, take_turn);
	until_asleep(w);
}

/* ---- what holds for all designs ---------------------------------------------------------- */

static void assert_counts(const struct gil_design *design, const struct gil_counts *c)
{
	assert_int_equal(c->events[GIL_ENTRY], c->acquisitions);
	assert_int_equal(c->events[GIL_ACQUIRE], c->acquisitions);
	assert_int_equal(c->events[GIL_RELEASE], c->releases);
	assert_int_equal(c->acquisitions, c->releases);
	assert_int_equal(c->events[GIL_BUSY], c->busy);
	assert_int_equal(c->busy, c->acquisitions_contended);
	assert_int_equal(c->events[GIL_RETRY], c->retries);
	assert_true(c->busy || !c->retries);
	assert_true(c->retries_timed_out <= c->retries);
	assert_true(c->releases_requested <= c->releases);
	if (design->ticked)
		assert_int_equal(c->retries_timed_out + c->releases_requested, 0);
	if (design->own)
		assert_int_equal(c->busy, 0);
}

static void hammer_once(struct worker *w)
{
	struct arena *arena = w->arena;

	gil_acquire(arena->gil, &w->self);
	for (unsigned i = 0; i < w->in_hold; i++) {
		arena->counter++;
		if (gil_is_asked(arena->gil)) {
			gil_release(arena->gil, &w->self);
			gil_acquire(arena->gil, &w->self);
		}
	}
	gil_release(arena->gil, &w->self);
}

static void hammer(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < w->rounds; i++) {
		hammer_once(w);
		if (w->sleep_us)
			sleep_us(w->sleep_us);
	}
}

/* @n threads, of which every third sleeps in between. */
static void run_hammers(const struct gil_design *design, size_t n, unsigned rounds,
			unsigned in_hold)
{
	struct arena arenas[THREADS_MAX];
	struct worker workers[THREADS_MAX] = { 0 };
	size_t n_arenas = design->own ? n : 1;
	uint64_t counted = 0;

	for (size_t i = 0; i < n_arenas; i++)
		arena_init(&arenas[i], design, SHORT_US);
	for (size_t i = 0; i < n; i++) {
		workers[i].rounds = i % 3 == 2 ? rounds / 10 : rounds;
		workers[i].sleep_us = i % 3 == 2 ? 20 : 0;
		workers[i].in_hold = in_hold;
		start(&workers[i], &arenas[i % n_arenas], i, hammer);
	}
	for (size_t i = 0; i < n; i++) {
		join(&workers[i]);
		assert_counts(design, &workers[i].self.counts);
		assert_true(workers[i].self.counts.acquisitions >= workers[i].rounds);
		counted += (uint64_t)workers[i].rounds * in_hold;
	}
	for (size_t i = 0; i < n_arenas; i++) {
		assert_false(gil_is_asked(arenas[i].gil));
		counted -= arenas[i].counter;
		arena_deinit(&arenas[i]);
	}
	assert_int_equal(counted, 0);
}

static void test_hammered(void **state)
{
	run_hammers(*state, 2, 5000, 50);
	run_hammers(*state, 4, 2000, 50);
	run_hammers(*state, 16, 300, 50);
}

/* Holds that last for many intervals. */
static void test_long_holds(void **state)
{
	run_hammers(*state, 4, 10, 200000);
}

static void test_no_deadlock_in_short_runs(void **state)
{
	for (unsigned i = 0; i < 200; i++)
		run_hammers(*state, 2 + i % 4, 20, 1 + i % 3);
}

static void test_uncontended_says_nothing_more(void **state)
{
	const struct gil_design *design = *state;
	struct gil_thread self = { 0 };
	struct arena arena;

	arena_init(&arena, design, FOR_EVER_US);
	for (int i = 0; i < 100; i++) {
		gil_acquire(arena.gil, &self);
		assert_false(gil_is_asked(arena.gil));
		gil_release(arena.gil, &self);
	}
	assert_counts(design, &self.counts);
	assert_int_equal(self.counts.acquisitions, 100);
	assert_int_equal(self.counts.busy + self.counts.retries, 0);
	assert_int_equal(self.counts.releases_requested, 0);
	arena_deinit(&arena);
}

static _Atomic unsigned signals_handled;

static void handle(int number)
{
	(void)number;
	atomic_fetch_add(&signals_handled, 1);
}

static void interrupt(struct worker *w)
{
	unsigned before = atomic_load(&signals_handled);

	assert_int_equal(pthread_kill(w->handle, SIGUSR1), 0);
	while (atomic_load(&signals_handled) == before)
		sleep_us(100);
	until_asleep(w);
}

/* A signal ends a sleep at most, never a wait. */
static void test_signals_end_no_wait(void **state)
{
	const struct gil_design *design = *state;
	const struct sigaction action = { .sa_handler = handle };
	struct sigaction before;
	struct gil_thread self = { 0 };
	struct worker w = { 0 };
	struct arena arena;

	if (design->own)
		return; /* nobody waits */
	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	arena_init(&arena, design, FOR_EVER_US);
	gil_acquire(arena.gil, &self);
	start_waiter(&w, &arena, 1, 0);
	for (int i = 0; i < 5; i++)
		interrupt(&w);
	assert_int_equal(arena.n_order, 0);
	gil_release(arena.gil, &self);
	join(&w);
	assert_int_equal(arena.n_order, 1);
	assert_counts(design, &w.self.counts);
	assert_int_equal(w.self.counts.acquisitions, 1);
	assert_int_equal(w.self.counts.busy, 1);
	assert_int_equal(w.self.counts.retries_timed_out, 0);
	if (!strcmp(design->name, "sem"))
		assert_int_equal(w.self.counts.retries, 5);
	arena_deinit(&arena);
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

/* ---- time slices ------------------------------------------------------------------------- */

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void test_nobody_asks_before_the_interval(void **state)
{
	enum { INTERVAL_US = 20000 };
	struct gil_thread self = { 0 };
	struct worker w = { 0 };
	struct arena arena;
	int64_t begin_us;

	arena_init(&arena, *state, FOR_EVER_US);
	gil_acquire(arena.gil, &self);
	start_waiter(&w, &arena, 1, 0);
	assert_false(gil_is_asked(arena.gil));
	gil_release(arena.gil, &self);
	join(&w);
	assert_int_equal(self.counts.releases_requested, 0);
	assert_int_equal(w.self.counts.retries_timed_out, 0);
	arena_deinit(&arena);

	w = (struct worker){ 0 };
	arena_init(&arena, *state, INTERVAL_US);
	gil_acquire(arena.gil, &self);
	begin_us = now_us();
	start(&w, &arena, 1, take_turn);
	until_asked(&arena);
	assert_true(now_us() - begin_us >= INTERVAL_US);
	gil_release(arena.gil, &self);
	join(&w);
	assert_int_equal(self.counts.releases_requested, 1);
	assert_true(w.self.counts.retries_timed_out >= 1);
	assert_int_equal(w.self.counts.releases_requested, 0);
	arena_deinit(&arena);
}

static void test_who_was_asked_comes_after_who_asked(void **state)
{
	struct gil_thread self = { 0 };
	struct arena arena;

	arena_init(&arena, *state, SHORT_US);
	for (int i = 0; i < 100; i++) {
		struct worker w = { 0 };

		gil_acquire(arena.gil, &self);
		arena.n_order = 0;
		start(&w, &arena, 1, take_turn);
		until_asked(&arena);
		gil_release(arena.gil, &self);
		gil_acquire(arena.gil, &self);
		assert_int_equal(arena.n_order, 1);
		assert_false(gil_is_asked(arena.gil));
		gil_release(arena.gil, &self);
		join(&w);
		assert_int_equal(self.counts.releases_requested, i + 1);
	}
	arena_deinit(&arena);
}

/* ---- priorities -------------------------------------------------------------------------- */

enum { LOWEST = -4, HIGHEST = 4 };

static void test_early_release_goes_up(void **state)
{
	struct gil_thread self = { 0 };
	struct arena arena;

	arena_init(&arena, *state, FOR_EVER_US);
	for (int i = 1; i <= HIGHEST + 2; i++) {
		gil_acquire(arena.gil, &self);
		gil_release(arena.gil, &self);
		assert_int_equal(self.priority, i < HIGHEST ? i : HIGHEST);
	}
	arena_deinit(&arena);
}

static void test_timed_out_holder_goes_down(void **state)
{
	struct gil_thread self = { 0 };
	struct arena arena;

	arena_init(&arena, *state, SHORT_US);
	for (int i = -1; i >= LOWEST - 2; i--) {
		struct worker w = { .self.priority = LOWEST };

		arena.n_order = 0;
		gil_acquire(arena.gil, &self);
		start(&w, &arena, 1, take_turn);
		until_asked(&arena);
		gil_release(arena.gil, &self);
		join(&w);
		assert_int_equal(self.priority, i > LOWEST ? i : LOWEST);
	}
	arena_deinit(&arena);
}

static void test_high_waiter_asks_at_once(void **state)
{
	struct gil_thread self = { 0 };
	struct worker low = { 0 }, equal = { 0 }, high = { 0 };
	struct arena arena;

	arena_init(&arena, *state, FOR_EVER_US);
	gil_acquire(arena.gil, &self);
	start_waiter(&low, &arena, 1, -1);
	start_waiter(&equal, &arena, 2, 0);
	assert_false(gil_is_asked(arena.gil));
	start_waiter(&high, &arena, 3, 1);
	assert_true(gil_is_asked(arena.gil));
	gil_release(arena.gil, &self);
	join(&low);
	join(&equal);
	join(&high);
	/* Not to be blamed for a switch that no timeout made. */
	assert_int_equal(self.priority, 0);
	assert_int_equal(self.counts.releases_requested, 1);
	assert_int_equal(high.self.counts.retries, 0);
	arena_deinit(&arena);
}

static void test_high_before_low_then_by_arrival(void **state)
{
	static const int32_t priority[] = { -1, 2, 0, 2, -1, 4 };
	static const size_t order[] = { 5, 1, 3, 2, 0, 4 };
	enum { N = sizeof(priority) / sizeof(priority[0]) };
	struct gil_thread self = { .priority = HIGHEST };
	struct worker workers[N] = { 0 };
	struct arena arena;

	arena_init(&arena, *state, FOR_EVER_US);
	gil_acquire(arena.gil, &self);
	for (size_t i = 0; i < N; i++)
		start_waiter(&workers[i], &arena, i, priority[i]);
	assert_false(gil_is_asked(arena.gil));
	gil_release(arena.gil, &self);
	for (size_t i = 0; i < N; i++) {
		join(&workers[i]);
		assert_counts(*state, &workers[i].self.counts);
		/* Only who is next is woken. */
		assert_int_equal(workers[i].self.counts.retries, 0);
	}
	assert_memory_equal(arena.order, order, sizeof(order));
	arena_deinit(&arena);
}

static void test_newcomer_stays_behind_higher_waiter(void **state)
{
	struct arena arena;

	arena_init(&arena, *state, FOR_EVER_US);
	for (int i = 0; i < 50; i++) {
		struct gil_thread self = { 0 };
		struct worker w = { 0 };

		arena.n_order = 0;
		gil_acquire(arena.gil, &self);
		start_waiter(&w, &arena, 1, 0);
		gil_release(arena.gil, &self);
		assert_int_equal(self.counts.releases_requested, 0);
		self.priority = -1;
		gil_acquire(arena.gil, &self);
		assert_int_equal(arena.n_order, 1);
		gil_release(arena.gil, &self);
		join(&w);
	}
	arena_deinit(&arena);
}

/* Lets it go when it is asked, and never else. */
static void compute(void *arg)
{
	struct worker *w = arg;
	struct arena *arena = w->arena;

	gil_acquire(arena->gil, &w->self);
	for (w->turns = 1; !arena->stop; w->turns++) {
		while (!gil_is_asked(arena->gil))
			sched_yield();
		gil_release(arena->gil, &w->self);
		gil_acquire(arena->gil, &w->self);
	}
	gil_release(arena->gil, &w->self);
}

/*
 * With an interval that nobody could wait out. Each time it comes back the
 * thread that computes lets go and queues up behind the other, which has its turn
 * while the I/O goes on.
 */
static void test_io_thread_keeps_its_rate(void **state)
{
	struct gil_thread self = { 0 };
	struct worker computing[2] = { 0 };
	struct arena arena;

	arena_init(&arena, *state, FOR_EVER_US);
	for (int i = 0; i < HIGHEST; i++) {
		gil_acquire(arena.gil, &self);
		gil_release(arena.gil, &self);
	}
	start(&computing[0], &arena, 0, compute);
	start(&computing[1], &arena, 1, compute);
	while (!arena.stop) {
		sleep_us(200);
		gil_acquire(arena.gil, &self);
		/* Both have had turns: the I/O takes nobody's. */
		arena.stop = computing[0].turns > 50 && computing[1].turns > 50;
		gil_release(arena.gil, &self);
		assert_int_equal(self.priority, HIGHEST);
	}
	assert_counts(*state, &self.counts);
	assert_int_equal(self.counts.retries_timed_out, 0);
	for (int i = 0; i < 2; i++) {
		join(&computing[i]);
		assert_counts(*state, &computing[i].self.counts);
	}
	arena_deinit(&arena);
}

/* Is a waiter that has waited for so long served before one of the highest priority? */
static bool is_served_first(const struct gil_design *design, unsigned waited_us)
{
	struct gil_thread self = { .priority = HIGHEST };
	struct worker low = { 0 }, high = { 0 };
	struct arena arena;

	arena_init(&arena, design, SHORT_US);
	gil_acquire(arena.gil, &self);
	low.self.priority = LOWEST;
	high.self.priority = HIGHEST;
	start(&low, &arena, 1, take_turn);
	sleep_us(waited_us);
	start(&high, &arena, 2, take_turn);
	while (!atomic_load(&high.tid))
		sched_yield();
	sleep_us(waited_us / 2);
	gil_release(arena.gil, &self);
	join(&low);
	join(&high);
	assert_int_equal(arena.n_order, 2);
	arena_deinit(&arena);
	return arena.order[0] == 1;
}

static void test_patience_ends(void **state)
{
	unsigned waited_us = 10000;

	/* Longer than 100 intervals of SHORT_US, but a busy machine may not let it wake so often. */
	while (!is_served_first(*state, waited_us) && waited_us < 400000)
		waited_us *= 2;
	assert_true(waited_us < 400000);
}

/* ---- first come, first served ------------------------------------------------------------ */

static void test_served_in_order(void **state)
{
	struct gil_thread self = { 0 };
	struct worker workers[THREADS_MAX] = { 0 };
	struct arena arena;

	arena_init(&arena, *state, 100);
	gil_acquire(arena.gil, &self);
	for (size_t i = 0; i < THREADS_MAX; i++)
		start_waiter(&workers[i], &arena, i, 0);
	gil_release(arena.gil, &self);
	/* Behind all of them. */
	gil_acquire(arena.gil, &self);
	assert_int_equal(arena.n_order, THREADS_MAX);
	gil_release(arena.gil, &self);
	for (size_t i = 0; i < THREADS_MAX; i++) {
		join(&workers[i]);
		assert_int_equal(arena.order[i], i);
		assert_int_equal(workers[i].self.counts.busy, 1);
		assert_int_equal(workers[i].self.counts.retries, 0);
	}
	arena_deinit(&arena);
}

/* Who lets it go does not have it again before who waits. */
static void test_handed_over(void **state)
{
	struct gil_thread self = { 0 };
	struct arena arena;

	arena_init(&arena, *state, 100);
	for (int i = 0; i < 100; i++) {
		struct worker w = { 0 };

		gil_acquire(arena.gil, &self);
		arena.n_order = 0;
		start_waiter(&w, &arena, 1, 0);
		gil_release(arena.gil, &self);
		gil_acquire(arena.gil, &self);
		assert_int_equal(arena.n_order, 1);
		gil_release(arena.gil, &self);
		join(&w);
	}
	arena_deinit(&arena);
}

/* ---- all of it --------------------------------------------------------------------------- */

static void test_table(void **state)
{
	static const char *const names[] = { "cond", "sem", "interval", "priority", "fair",
					    "none" };
	size_t n = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_non_null(gil_designs[i]);
		assert_string_equal(gil_designs[i]->name, names[i]);
		assert_ptr_equal(gil_design_find(names[i]), gil_designs[i]);
		assert_true(!gil_designs[i]->own || gil_designs[i]->ticked);
	}
	assert_null(gil_designs[n]);
	assert_null(gil_design_find("nosuch"));
}

static const struct {
	const char *name;
	CMUnitTestFunction test;
} for_each_design[] = {
	{ "hammered", test_hammered },
	{ "long holds", test_long_holds },
	{ "no deadlock in short runs", test_no_deadlock_in_short_runs },
	{ "uncontended says nothing more", test_uncontended_says_nothing_more },
	{ "signals end no wait", test_signals_end_no_wait },
};

/* The design is the state of a test. */
#define OF(design, name) { #design ": " #name, name, NULL, NULL, (void *)&gil_##design }

static const struct CMUnitTest special[] = {
	OF(interval, test_nobody_asks_before_the_interval),
	OF(interval, test_who_was_asked_comes_after_who_asked),
	OF(priority, test_nobody_asks_before_the_interval),
	OF(priority, test_who_was_asked_comes_after_who_asked),
	OF(priority, test_early_release_goes_up),
	OF(priority, test_timed_out_holder_goes_down),
	OF(priority, test_high_waiter_asks_at_once),
	OF(priority, test_high_before_low_then_by_arrival),
	OF(priority, test_newcomer_stays_behind_higher_waiter),
	OF(priority, test_io_thread_keeps_its_rate),
	OF(priority, test_patience_ends),
	OF(fair, test_served_in_order),
	OF(fair, test_handed_over),
	cmocka_unit_test(test_table),
};

enum {
	N_EACH = sizeof(for_each_design) / sizeof(for_each_design[0]),
	N_SPECIAL = sizeof(special) / sizeof(special[0]),
	DESIGNS_MAX = 16,
};

int main(void)
{
	struct CMUnitTest tests[N_SPECIAL + DESIGNS_MAX * N_EACH];
	char names[DESIGNS_MAX * N_EACH][64];
	size_t n = 0;

	for (size_t d = 0; d < DESIGNS_MAX && gil_designs[d]; d++)
		for (size_t i = 0; i < N_EACH; i++, n++) {
			snprintf(names[n], sizeof(names[n]), "%s: %s", gil_designs[d]->name,
				 for_each_design[i].name);
			tests[n] = (struct CMUnitTest){
				.name = names[n],
				.test_func = for_each_design[i].test,
				.initial_state = (void *)gil_designs[d],
			};
		}
	memcpy(tests + n, special, sizeof(special));
	return _cmocka_run_group_tests("lab-designs", tests, n + N_SPECIAL, NULL, NULL);
}
