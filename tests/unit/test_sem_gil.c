/* SPDX-License-Identifier: MIT */
/* CPython 2's semaphore, run by the probe: real threads and futexes, an invented interpreter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/cpython/real.h"
#include "runtime/cpython/sem_gil.h"

enum { THREADS = 4, ROUNDS = 20000 };

/* ---- instead of tracepoints/emit.c ---------------------------------------- */

static const volatile int on = 1;
_Atomic(const volatile int *) emit_on[GIL_KINDS] = {
	&on, &on, &on, &on, &on, &on, &on, &on, &on, &on,
};

static _Atomic int said[GIL_KINDS], said_tick;
static _Atomic uint64_t said_checks;

void emit_entry_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)e, (void)checks;
	said[GIL_ENTRY]++;
	said_tick = tick;
}

void emit_busy_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)e, (void)tick, (void)checks;
	said[GIL_BUSY]++;
}

void emit_retry_slow(const struct emit_gil *e, int32_t tick, uint64_t checks, bool timed_out)
{
	(void)e, (void)tick, (void)checks;
	assert_false(timed_out);
	said[GIL_RETRY]++;
}

void emit_acquire_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)e, (void)tick, (void)checks;
	said[GIL_ACQUIRE]++;
}

void emit_release_slow(const struct emit_gil *e, int32_t tick, uint64_t checks, bool drop_requested)
{
	(void)e, (void)tick;
	assert_false(drop_requested);
	said[GIL_RELEASE]++;
	said_checks = checks;
}

void emit_leave_slow(const struct emit_gil *e, enum gil_leave_reason reason)
{
	(void)e, (void)reason;
	said[GIL_LEAVE]++;
}

void emit_interval(struct emit_gil *e, int64_t value)
{
	said[GIL_INTERVAL] += atomic_exchange(&e->interval, value) != value;
}

/* ---- an interpreter, as far as it is asked ----------------------------------- */

static int ticks, check_interval;
static char thread_states[2][192]; /* PyThreadState: tick_counter at 128, thread_id at 144 */
static unsigned living;

static void *head(void)
{
	return thread_states; /* any object will do: there is but one */
}

static void *no_other(void *interpreter)
{
	(void)interpreter;
	return NULL;
}

static void *first_thread(void *interpreter)
{
	(void)interpreter;
	return living ? thread_states[0] : NULL;
}

static void *next_thread(void *state)
{
	return state == thread_states[0] && living > 1 ? thread_states[1] : NULL;
}

static const struct ticker ticker = {
	.ticks = &ticks,
	.check_interval = &check_interval,
	.first_interpreter = head,
	.next_interpreter = no_other,
	.first_thread = first_thread,
	.next_thread = next_thread,
};

static int *tick_counter(unsigned state)
{
	return (int *)(void *)(thread_states[state] + 128);
}

/* ---- the GIL under test --------------------------------------------------------- */

static struct gil gil;
static struct sem_gil sem_gil;
static sem_t sem, threads_lock;
static _Thread_local struct gil_thread self;
static _Thread_local struct sem_thread sem_self;

static int setup(void **state)
{
	pthread_t me = pthread_self();

	(void)state;
	real.sem_init(&sem, 0, 1);
	real.sem_init(&threads_lock, 0, 1);
	gil = (struct gil){ .emit.interval = 100 };
	sem_gil = (struct sem_gil){
		.ticker = &ticker, .threads_lock = &threads_lock, .owned = true, .counts_checks = true,
	};
	memset(thread_states, 0, sizeof(thread_states));
	memcpy(thread_states[1] + 144, &me, sizeof(me)); /* the first is another's */
	living = 2;
	self = (struct gil_thread){ 0 };
	sem_self = (struct sem_thread){ 0 };
	ticks = check_interval = 100;
	for (int kind = 0; kind < GIL_KINDS; kind++)
		said[kind] = 0;
	return 0;
}

static int take(void)
{
	return sem_gil_wait(&gil, &sem_gil, &self, &sem_self, &sem);
}

static int drop(void)
{
	return sem_gil_post(&gil, &sem_gil, &self, &sem_self, &sem);
}

/* Value in the lower half, waiters in the upper. */
static uint64_t word(void)
{
	return __atomic_load_n((uint64_t *)(void *)&sem, __ATOMIC_RELAXED);
}

static void wait_for_waiters(uint64_t n)
{
	while (word() >> 32 != n)
		sched_yield();
}

static void wait_for(enum gil_kind kind, int n)
{
	while (said[kind] < n)
		sched_yield();
}

static void wake_without_giving(void)
{
	while (syscall(SYS_futex, &sem, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0)
		sched_yield();
}

static void *take_and_drop(void *unused)
{
	(void)unused;
	take();
	drop();
	return NULL;
}

/* ---- tests ------------------------------------------------------------------------ */

static void test_this_machine_can(void **state)
{
	(void)state;
	assert_true(sem_gil_can_own());
}

static void test_alone(void **state)
{
	(void)state;
	errno = 7;
	assert_int_equal(take(), 0);
	assert_int_equal(word(), 0);
	assert_int_equal(drop(), 0);
	assert_int_equal(errno, 7);
	assert_int_equal(word(), 1);
	assert_int_equal(said[GIL_ENTRY], 1);
	assert_int_equal(said[GIL_ACQUIRE], 1);
	assert_int_equal(said[GIL_RELEASE], 1);
	assert_int_equal(said[GIL_BUSY] + said[GIL_RETRY] + said[GIL_LEAVE], 0);
}

static int shared; /* not atomic: the GIL is what guards it */

static void *hammer(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		take();
		shared++;
		drop();
	}
	return NULL;
}

static void *hammer_with_libc(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		real.sem_wait(&sem);
		shared++;
		real.sem_post(&sem);
	}
	return NULL;
}

static void run_threads(void *(*even)(void *), void *(*odd)(void *))
{
	pthread_t threads[THREADS];

	shared = 0;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i % 2 ? odd : even, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared, THREADS * ROUNDS);
	assert_int_equal(word(), 1);
}

static void test_one_at_a_time(void **state)
{
	(void)state;
	run_threads(hammer, hammer);
	assert_int_equal(said[GIL_ENTRY], THREADS * ROUNDS);
	assert_int_equal(said[GIL_ACQUIRE], THREADS * ROUNDS);
	assert_int_equal(said[GIL_RELEASE], THREADS * ROUNDS);
	assert_int_equal(said[GIL_LEAVE], 0);
}

static void test_beside_the_c_library(void **state)
{
	(void)state;
	run_threads(hammer, hammer_with_libc);
	assert_int_equal(said[GIL_ACQUIRE], THREADS / 2 * ROUNDS);
}

static void test_each_failed_wake_up_is_a_retry(void **state)
{
	pthread_t waiter;

	(void)state;
	take();
	pthread_create(&waiter, NULL, take_and_drop, NULL);
	wait_for_waiters(1);
	assert_int_equal(said[GIL_BUSY], 1);
	for (int n = 1; n <= 3; n++) {
		wake_without_giving();
		wait_for(GIL_RETRY, n);
	}
	drop();
	pthread_join(waiter, NULL);
	assert_int_equal(said[GIL_BUSY], 1);
	assert_int_equal(said[GIL_RETRY], 3);
	assert_int_equal(said[GIL_ACQUIRE], 2);
	assert_int_equal(word(), 1);
}

static _Atomic int handled;

static void on_signal(int number)
{
	(void)number;
	handled++;
}

static void test_a_signal_does_not_end_the_wait(void **state)
{
	struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART */
	pthread_t waiter;

	(void)state;
	sigaction(SIGUSR1, &action, NULL);
	for (int owned = 0; owned < 2; owned++) {
		setup(NULL);
		sem_gil.owned = owned;
		handled = 0;
		take();
		pthread_create(&waiter, NULL, take_and_drop, NULL);
		wait_for_waiters(1);
		/* It may not sleep yet: again until it was interrupted there. */
		while (owned ? !said[GIL_RETRY] : handled < 3) {
			pthread_kill(waiter, SIGUSR1);
			usleep(1000);
		}
		drop();
		pthread_join(waiter, NULL);
		assert_int_equal(said[GIL_ACQUIRE], 2);
		assert_int_equal(said[GIL_BUSY], 1);
		if (!owned)
			assert_int_equal(said[GIL_RETRY], 0);
		assert_int_equal(word(), 1);
	}
}

static void test_a_cancelled_wait_leaves_nothing(void **state)
{
	pthread_t waiter;
	void *result;

	(void)state;
	take();
	pthread_create(&waiter, NULL, take_and_drop, NULL);
	wait_for_waiters(1);
	pthread_cancel(waiter);
	pthread_join(waiter, &result);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_int_equal(word(), 0);
	drop();
	assert_int_equal(word(), 1);
}

static void test_checks_are_the_tick_counter_s(void **state)
{
	(void)state;
	take();
	*tick_counter(0) += 5; /* another thread's */
	drop();
	assert_int_equal(said_checks, 0);
	take();
	++*tick_counter(1);
	drop();
	assert_int_equal(said_checks, 1);
	take();
	*tick_counter(1) += 2; /* one in a signal handler that ran in the other */
	drop();
	assert_int_equal(said_checks, 3);
	take();
	drop();
	assert_int_equal(said_checks, 3);
}

static void test_a_thread_state_that_ends_is_not_read(void **state)
{
	(void)state;
	take();
	++*tick_counter(1);
	sem_self.current = false; /* it took the lock on the list, to remove its state */
	living = 1;
	drop();
	assert_int_equal(said_checks, 0);
}

/* CPython gives the state of a new thread the ident of its maker, until the thread itself runs. */
static void test_the_state_of_a_thread_to_be(void **state)
{
	pthread_t me = pthread_self();

	(void)state;
	take();
	++*tick_counter(1);
	drop();
	assert_int_equal(said_checks, 1);
	take();
	memcpy(thread_states[0] + 144, &me, sizeof(me));
	sem_self.current = false;
	++*tick_counter(1);
	drop();
	assert_int_equal(said_checks, 2); /* ours was known before */
	sem_self = (struct sem_thread){ 0 };
	ticks = 57;
	take();
	*tick_counter(0) += 7;
	drop();
	assert_int_equal(said_checks, 2); /* unsure which is ours: by the ticker */
	memset(thread_states[0], 0, sizeof(thread_states[0]));
	take();
	++*tick_counter(1);
	drop();
	assert_int_equal(said_checks, 3);
}

static void test_the_list_is_not_waited_for(void **state)
{
	(void)state;
	real.sem_wait(&threads_lock);
	errno = 7;
	ticks = 57;
	take();
	++*tick_counter(1);
	drop();
	assert_int_equal(errno, 7);
	assert_int_equal(said_checks, 0);
	real.sem_post(&threads_lock);
	take();
	++*tick_counter(1);
	drop();
	assert_int_equal(said_checks, 1);
}

static void test_checks_without_a_tick_counter(void **state)
{
	static const struct {
		int ticks, checks;
	} rows[] = { { 100, 1 }, { 57, 1 }, { 0, 2 }, { -1, 2 } };

	(void)state;
	sem_gil.counts_checks = false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		take();
		ticks = rows[i].ticks;
		drop();
		assert_int_equal(said_checks, rows[i].checks);
	}
}

static void test_ticks_never_look_like_none(void **state)
{
	(void)state;
	ticks = -1;
	take();
	assert_int_equal(said_tick, 0);
	drop();
}

static void test_a_new_interval_is_said(void **state)
{
	(void)state;
	take();
	check_interval = 1000;
	drop();
	take();
	drop();
	assert_int_equal(said[GIL_INTERVAL], 1);
	assert_int_equal(gil.emit.interval, 1000);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_this_machine_can),
		TEST(test_alone),
		TEST(test_one_at_a_time),
		TEST(test_beside_the_c_library),
		TEST(test_each_failed_wake_up_is_a_retry),
		TEST(test_a_signal_does_not_end_the_wait),
		TEST(test_a_cancelled_wait_leaves_nothing),
		TEST(test_checks_are_the_tick_counter_s),
		TEST(test_a_thread_state_that_ends_is_not_read),
		TEST(test_the_state_of_a_thread_to_be),
		TEST(test_the_list_is_not_waited_for),
		TEST(test_checks_without_a_tick_counter),
		TEST(test_ticks_never_look_like_none),
		TEST(test_a_new_interval_is_said),
	};

	return cmocka_run_group_tests_name("sem_gil", tests, NULL, NULL);
}
