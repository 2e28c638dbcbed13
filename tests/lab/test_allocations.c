/* SPDX-License-Identifier: MIT */
/*
 * No design allocates on its way: the program's own malloc() counts. In a
 * program of its own, as sanitizers have theirs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "runtime/lab/gil/gil.h"
#include "runtime/lab/thread.h"

enum { ROUNDS = 20000, THREADS = 3 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);

static atomic_uint allocations;

void *malloc(size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __libc_calloc(n, size);
}

struct contender {
	struct gil_thread self;
	struct gil *gil;
	pthread_barrier_t *barrier;
	pthread_t handle;
};

static void contend(void *arg)
{
	struct contender *c = arg;

	pthread_barrier_wait(c->barrier);
	pthread_barrier_wait(c->barrier);
	for (int i = 0; i < ROUNDS; i++) {
		gil_acquire(c->gil, &c->self);
		gil_release(c->gil, &c->self);
	}
	pthread_barrier_wait(c->barrier);
	pthread_barrier_wait(c->barrier);
}

static void test_no_allocation(void **state)
{
	static struct contender contenders[THREADS];
	struct gil_clock clock = { .ticker = GIL_NO_TICK };
	pthread_barrier_t barrier;
	struct gil *gil;
	unsigned before;

	assert_int_equal(gil_new(&gil, *state, &clock, 100), 0);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++) {
		contenders[i] = (struct contender){ .gil = gil, .barrier = &barrier };
		assert_int_equal(thread_start(&contenders[i].handle, "t", NULL, contend, &contenders[i]), 0);
	}
	pthread_barrier_wait(&barrier);
	before = atomic_load(&allocations);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	assert_int_equal(atomic_load(&allocations), before);
	assert_true(before > 0);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		pthread_join(contenders[i].handle, NULL);
	pthread_barrier_destroy(&barrier);
	gil_free(gil);
}

int main(void)
{
	struct CMUnitTest tests[16];
	size_t n = 0;

	for (; gil_designs[n]; n++)
		tests[n] = (struct CMUnitTest){ .name = gil_designs[n]->name, .test_func = test_no_allocation,
						.initial_state = (void *)(uintptr_t)gil_designs[n] };
	return _cmocka_run_group_tests("lab-allocations", tests, n, NULL, NULL);
}
