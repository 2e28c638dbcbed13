/* SPDX-License-Identifier: MIT */
/* Which calls make a GIL, and which end it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/cpython/gils.h"
#include "runtime/cpython/no_follow.h"

static pthread_mutex_t m, sm, other_m;
static pthread_cond_t c, sc, other_c;
static sem_t sems[6], threads_lock;
static const char python, python2, other_program; /* as callers */
static int created, destroyed, loads;
static pid_t created_by;

/* ---- instead of interpreter.c and emit.c ------------------------------------ */

static int is_initialized(void)
{
	return 1;
}

static int ticks, check_interval = 100, threads_initialized;
static void *volatile current = &ticks; /* a thread: any pointer */

static int are_threads_initialized(void)
{
	return threads_initialized;
}

static int set_async_exc(long thread, void *exception)
{
	assert_int_equal(thread, -1);
	assert_null(exception);
	assert_null(gils_saw_sem_wait(&threads_lock));
	return 0;
}

int interpreter_at(const void *address, struct interpreter *out)
{
	if (address == &python2) {
		*out = (struct interpreter){
			.is_initialized = is_initialized,
			.version = "2.7.18",
			.ticked = true,
			.ticker = {
				.ticks = &ticks,
				.check_interval = &check_interval,
				.threads_initialized = are_threads_initialized,
				.current = &current,
				.set_async_exc = set_async_exc,
			},
		};
		return 0;
	}
	if (address != &python)
		return INTERPRETER_E_NONE;
	*out = (struct interpreter){ .is_initialized = is_initialized, .version = "3.11.2" };
	return 0;
}

int emit_load(void)
{
	loads++;
	return 0;
}

bool emit_alone(void)
{
	return true;
}

bool no_follow_this(void)
{
	return false;
}

void no_follow_from_here(void)
{
}

void emit_gil_flag(struct emit_gil *g, uint32_t flag)
{
	g->flags |= flag;
}

void emit_gil_create(struct emit_gil *g)
{
	g->id = (uint64_t)++created;
	created_by = getpid();
}

bool emit_gil_is_inherited(const struct emit_gil *g)
{
	(void)g;
	return created_by != getpid();
}

void emit_gil_destroy(struct emit_gil *g)
{
	(void)g;
	destroyed++;
}

/* ---- instead of sem_gil.c ---------------------------------------------------- */

bool sem_gil_can_own(void)
{
	return true;
}

bool sem_gil_finds_thread(const struct sem_gil *s)
{
	(void)s;
	return true;
}

/* ---- tests -------------------------------------------------------------------- */

/* The table is the process's: each test ends what it created. */
static int teardown(void **state)
{
	(void)state;
	gils_saw_end(&m);
	gils_saw_end(&other_m);
	/* An unfinished creation does not leak into the next test. */
	gils_saw_cond_init(&other_c, NULL, &other_program);
	gils_saw_cond_init(&other_c, NULL, &other_program);
	created = destroyed = 0;
	return 0;
}

static void create_gil(const void *caller)
{
	gils_saw_mutex_init(&m, NULL);
	gils_saw_mutex_init(&sm, NULL);
	gils_saw_cond_init(&c, NULL, caller);
	gils_saw_cond_init(&sc, NULL, caller);
}

static void test_nothing_loaded_for_others(void **state)
{
	(void)state;
	create_gil(&other_program);
	assert_int_equal(loads, 0);
	assert_int_equal(created, 0);
	assert_false(gils_within(&gils_mutexes, &m));
	assert_false(gils_within(&gils_conds, &c));
}

static void test_a_gil(void **state)
{
	struct known_gil *k;

	(void)state;
	create_gil(&python);
	assert_int_equal(created, 1);
	assert_int_equal(loads, 1);
	assert_true(gils_within(&gils_mutexes, &m));
	assert_true(gils_within(&gils_conds, &c));
	assert_true(gils_within(&gils_conds, &sc));
	k = gils_with(GILS_M, &m);
	assert_non_null(k);
	assert_ptr_equal(gils_with(GILS_C, &c), k);
	assert_ptr_equal(gils_with(GILS_SC, &sc), k);
	assert_null(gils_with(GILS_M, &sm));
	assert_null(gils_with(GILS_C, &sc));
	assert_string_equal(k->gil.emit.design, "cpython");
	assert_string_equal(k->gil.emit.version, "3.11.2");
	assert_int_equal(k->gil.emit.flags, 0);
	assert_int_equal(k->gil.emit.interval, 5000);
	assert_int_equal(k->clock, CLOCK_REALTIME);
}

static void test_the_clock_is_that_of_the_condattr(void **state)
{
	pthread_condattr_t attr;

	(void)state;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	gils_saw_mutex_init(&m, NULL);
	gils_saw_mutex_init(&sm, NULL);
	gils_saw_cond_init(&c, &attr, &python);
	gils_saw_cond_init(&sc, &attr, &python);
	pthread_condattr_destroy(&attr);
	assert_int_equal(gils_with(GILS_M, &m)->clock, CLOCK_MONOTONIC);
}

static void test_other_mutexes_before(void **state)
{
	(void)state;
	gils_saw_mutex_init(&other_m, NULL);
	create_gil(&python);
	assert_int_equal(created, 1);
	assert_non_null(gils_with(GILS_M, &m));
	assert_null(gils_with(GILS_M, &other_m));
}

static void test_a_creation_broken_off_before(void **state)
{
	(void)state;
	gils_saw_mutex_init(&other_m, NULL);
	gils_saw_mutex_init(&sm, NULL);
	gils_saw_cond_init(&other_c, NULL, &python);
	create_gil(&python);
	assert_int_equal(created, 1);
	assert_non_null(gils_with(GILS_M, &m));
}

static void test_wrong_calls(void **state)
{
	pthread_mutexattr_t attr;

	(void)state;
	pthread_mutexattr_init(&attr);
	gils_saw_mutex_init(&m, NULL);
	gils_saw_mutex_init(&sm, &attr);
	gils_saw_cond_init(&c, NULL, &python);
	gils_saw_cond_init(&sc, NULL, &python);

	gils_saw_mutex_init(&m, NULL); /* one mutex, as PyPy's last */
	gils_saw_cond_init(&c, NULL, &python);
	gils_saw_cond_init(&sc, NULL, &python);

	gils_saw_mutex_init(&m, NULL); /* twice the same */
	gils_saw_mutex_init(&m, NULL);
	gils_saw_cond_init(&c, NULL, &python);
	gils_saw_cond_init(&sc, NULL, &python);

	gils_saw_mutex_init(&m, NULL);
	gils_saw_mutex_init(&sm, NULL);
	gils_saw_cond_init(&c, NULL, &python);
	gils_saw_cond_init(&c, NULL, &python);

	gils_saw_mutex_init(&m, NULL);
	gils_saw_cond_init(&c, NULL, &python);
	gils_saw_mutex_init(&sm, NULL);
	gils_saw_cond_init(&sc, NULL, &python);
	assert_int_equal(created, 0);
	pthread_mutexattr_destroy(&attr);
}

static void test_created_again_on_the_same_addresses(void **state)
{
	struct known_gil *k;

	(void)state;
	create_gil(&python);
	k = gils_with(GILS_M, &m);
	k->gil.holder = 7;
	k->gil.checks = 8;
	create_gil(&python);
	assert_int_equal(created, 2);
	assert_int_equal(destroyed, 1);
	k = gils_with(GILS_M, &m);
	assert_int_equal(k->gil.emit.id, 2);
	assert_int_equal(k->gil.holder, 0);
	assert_int_equal(k->gil.checks, 0);
}

static void test_destroyed_once(void **state)
{
	(void)state;
	create_gil(&python);
	gils_saw_end(&other_m);
	assert_int_equal(destroyed, 0);
	gils_saw_end(&c);
	gils_saw_end(&m);
	gils_saw_end(&sc);
	gils_saw_end(&sm);
	assert_int_equal(destroyed, 1);
	assert_null(gils_with(GILS_M, &m));
}

static void test_freed_and_used_for_something_else(void **state)
{
	(void)state;
	create_gil(&python);
	gils_saw_mutex_init(&sm, NULL);
	assert_int_equal(destroyed, 1);
	assert_null(gils_with(GILS_M, &m));
	assert_null(gils_with(GILS_C, &c));
}

static void test_many(void **state)
{
	static pthread_mutex_t mutexes[2 * GILS_MAX + 2];
	static pthread_cond_t conds[2 * GILS_MAX + 2];

	(void)state;
	for (int i = 0; i < 2 * GILS_MAX + 2; i += 2) {
		gils_saw_mutex_init(&mutexes[i], NULL);
		gils_saw_mutex_init(&mutexes[i + 1], NULL);
		gils_saw_cond_init(&conds[i], NULL, &python);
		gils_saw_cond_init(&conds[i + 1], NULL, &python);
	}
	assert_int_equal(created, GILS_MAX); /* one more is left alone, and that is said */
	assert_true(gils[0].gil.emit.flags & GIL_FLAG_MORE_GILS);
	for (int i = 0; i < 2 * GILS_MAX; i += 2) {
		assert_true(gils_within(&gils_mutexes, &mutexes[i]));
		assert_int_equal(gils_with(GILS_M, &mutexes[i])->gil.emit.id, i / 2 + 1);
		assert_ptr_equal(gils_with(GILS_SC, &conds[i + 1]), gils_with(GILS_C, &conds[i]));
	}
	assert_null(gils_with(GILS_M, &mutexes[2 * GILS_MAX]));
	for (int i = 0; i < 2 * GILS_MAX; i += 2)
		gils_saw_end(&conds[i]);
	assert_int_equal(destroyed, GILS_MAX);
}

/* ---- CPython 2 ------------------------------------------------------------------- */

static struct known_gil *create_semaphore(sem_t *gil, sem_t *next)
{
	struct known_gil *k;

	gils_saw_sem_init(gil, &python2);
	threads_initialized = 1;
	k = gils_saw_sem_wait(gil);
	gils_saw_sem_init(next, &python2);
	return k;
}

static void test_the_semaphore_that_makes_threads_initialized(void **state)
{
	struct known_gil *k;

	(void)state;
	threads_initialized = 0;
	gils_saw_sem_init(&threads_lock, &python2);
	gils_saw_sem_init(&sems[0], &python2);
	assert_true(gils_within(&gils_sems, &sems[0]));
	assert_null(gils_saw_sem_wait(&sems[0])); /* a lock as any other */
	gils_saw_sem_init(&sems[5], &other_program);
	assert_null(gils_saw_sem_wait(&sems[5]));
	k = create_semaphore(&sems[1], &sems[2]);
	assert_non_null(k);
	assert_int_equal(created, 1);
	assert_ptr_equal(gils_with(GILS_S, &sems[1]), k);
	assert_ptr_equal(gils_saw_sem_wait(&sems[1]), k);
	assert_null(gils_saw_sem_wait(&sems[0]));
	assert_null(gils_saw_sem_wait(&sems[2]));
	assert_true(k->sem.owned);
	assert_ptr_equal(k->sem.threads_lock, &threads_lock);
	assert_true(gils_are_guarded_by(&threads_lock));
	assert_int_equal(k->gil.emit.flags,
			 GIL_FLAG_TICKED | GIL_FLAG_TICKS_EXACT | GIL_FLAG_CHECKS_EXACT);
	assert_int_equal(k->gil.emit.interval, 100);
}

/* After the one before: what it made known still is. */
static void test_a_fork_child_makes_another(void **state)
{
	struct known_gil *k;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		gils_saw_sem_init(&sems[3], &python2); /* the import lock: only tried */
		gils_saw_sem_init(&sems[4], &python2);
		gils_saw_sem_init(&sems[5], &python2);
		k = gils_saw_sem_wait(&sems[4]);
		_exit(!(k && k == gils_with(GILS_S, &sems[4]) && created == 1 &&
			!gils_with(GILS_S, &sems[1]) && !gils_saw_sem_wait(&sems[5]) &&
			k->sem.threads_lock == &threads_lock));
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	gils_saw_sem_init(&sems[3], &python2); /* not in the parent */
	assert_null(gils_saw_sem_wait(&sems[3]));
	assert_non_null(gils_with(GILS_S, &sems[1]));
}

static void test_observed_on_wish(void **state)
{
	struct known_gil *k;

	(void)state;
	gils_saw_end(&sems[1]);
	assert_int_equal(destroyed, 1);
	setenv(GIL_ENV_OBSERVE_ONLY, "1", 1);
	threads_initialized = 0;
	k = create_semaphore(&sems[1], &sems[2]);
	unsetenv(GIL_ENV_OBSERVE_ONLY);
	assert_false(k->sem.owned);
	assert_true(k->gil.emit.flags & GIL_FLAG_NO_RETRIES);
	gils_saw_end(&sems[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(test_##name, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nothing_loaded_for_others),
		TEST(a_gil),
		TEST(the_clock_is_that_of_the_condattr),
		TEST(other_mutexes_before),
		TEST(a_creation_broken_off_before),
		TEST(wrong_calls),
		TEST(created_again_on_the_same_addresses),
		TEST(destroyed_once),
		TEST(freed_and_used_for_something_else),
		TEST(many),
		TEST(the_semaphore_that_makes_threads_initialized),
		TEST(a_fork_child_makes_another),
		TEST(observed_on_wish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
