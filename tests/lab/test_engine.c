/* SPDX-License-Identifier: MIT */
/* The engine: bytecode, ticks, objects, threads, and the GIL under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/battle.h"
#include "runtime/lab/eval.h"
#include "runtime/lab/options.h"
#include "runtime/lab/thread.h"

static const struct gil_design *design(void)
{
	return gil_design_find("cond");
}

/* count(n) by one thread; asserts that n is 0 and None came back. */
static struct gil_counts count_alone(int64_t n, int32_t check_interval, int32_t *ticker)
{
	cleanup(interp_freep) struct interp *interp = NULL;
	struct gil_thread self = { 0 };
	struct frame frame;

	assert_int_equal(interp_new(&interp, design(), check_interval), 0);
	gil_acquire(interp->gil, &self);
	assert_int_equal(frame_init(&frame, interp, &code_count, n), 0);
	assert_int_equal(eval_frame(interp, &self, &frame), 0);
	assert_ptr_equal(frame.result, &interp->heap.none);
	assert_int_equal(frame.locals[0]->type, OBJECT_INT);
	assert_int_equal(frame.locals[0]->value, 0);
	frame_deinit(&frame, interp);
	*ticker = gil_tick(interp->gil);
	assert_int_equal(gil_checks(interp->gil), self.counts.checks);
	gil_release(interp->gil, &self);
	assert_true(interp_was_exclusive(interp, self.counts.ticks));
	return self.counts;
}

/* On CPython 2.7.18 a call of count(n) moves _Py_Ticker by 3 n and 4. */
static void test_three_ticks_per_iteration(void **state)
{
	static const int64_t n[] = { 0, 1, 2, 10, 1000, 100000 };
	int32_t ticker;

	(void)state;
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		assert_int_equal(count_alone(n[i], 100, &ticker).ticks, 3 * n[i] + 4);
		assert_int_equal(CODE_COUNT_TICKS(n[i]), 3 * n[i] + 4);
	}
}

/* The first tick of all is a check; from then on an interval of k is k + 1 ticks. */
static void test_interval_is_one_more_decrement(void **state)
{
	static const int32_t interval[] = { 1, 10, 99, 100, 101, 1000, INT32_MAX };
	int32_t ticker;

	(void)state;
	for (size_t i = 0; i < sizeof(interval) / sizeof(interval[0]); i++) {
		int64_t k = interval[i];
		struct gil_counts c = count_alone(5000, interval[i], &ticker);

		assert_int_equal(c.ticks, 15004);
		assert_int_equal(c.checks, 1 + 15003 / (k + 1));
		assert_int_equal(ticker, k - 15003 % (k + 1));
		assert_int_equal(c.acquisitions, 1 + c.checks);
		assert_int_equal(c.releases, 1 + c.checks);
		assert_int_equal(c.busy + c.retries + c.acquisitions_contended, 0);
	}
}

static void test_bytecode_is_cpythons(void **state)
{
	/* count.__code__.co_code of 2.7.18 */
	static const uint8_t co_code[] = {
		0x78, 0x1a, 0x00, 0x7c, 0x00, 0x00, 0x64, 0x01, 0x00, 0x6b, 0x04,
		0x00, 0x72, 0x1c, 0x00, 0x7c, 0x00, 0x00, 0x64, 0x02, 0x00, 0x38,
		0x7d, 0x00, 0x00, 0x71, 0x03, 0x00, 0x57, 0x64, 0x00, 0x00, 0x53,
	};

	(void)state;
	assert_memory_equal(code_count.bytes, co_code, sizeof(co_code));
}

static void test_unknown_opcode_is_an_error(void **state)
{
	static const uint8_t bytes[] = { 0xff, 0, 0 };
	static const struct code code = { .name = "broken", .bytes = bytes };
	cleanup(interp_freep) struct interp *interp = NULL;
	struct gil_thread self = { 0 };
	struct frame frame;

	(void)state;
	assert_int_equal(interp_new(&interp, design(), 100), 0);
	gil_acquire(interp->gil, &self);
	assert_int_equal(frame_init(&frame, interp, &code, 1000), 0);
	assert_int_equal(eval_frame(interp, &self, &frame), -EINVAL);
	assert_string_equal(err_innermost(), "unknown opcode 255 in broken()");
	err_clear();
	frame_deinit(&frame, interp);
	gil_release(interp->gil, &self);
	assert_true(heap_is_balanced(&interp->heap));
}

static void test_heap_notices_a_lost_reference(void **state)
{
	struct heap heap;
	struct object *big, *small;

	(void)state;
	heap_init(&heap);
	assert_true(heap_is_balanced(&heap));
	big = int_new(&heap, 1000000);
	small = int_new(&heap, -5);
	assert_int_equal(big->value, 1000000);
	assert_int_equal(small->value, -5);
	assert_ptr_equal(small, &heap.small[0]);
	assert_false(heap_is_balanced(&heap));
	object_unref(&heap, big);
	assert_false(heap_is_balanced(&heap));
	object_unref(&heap, small);
	assert_true(heap_is_balanced(&heap));
	heap_deinit(&heap);
}

/* A GIL that lets everybody in must not pass for one. */
static int open_new(struct gil **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

static void open_free(struct gil *gil)
{
	free(gil);
}

static void open_step(struct gil *gil, struct gil_thread *self)
{
	(void)gil;
	(void)self;
}

static void test_verify_notices_what_is_not_said(void **state)
{
	static const struct gil_design mute = {
		.name = "mute", .summary = "", .new = open_new, .free = open_free,
		.acquire = open_step, .release = open_step,
	};
	struct run run;

	(void)state;
	assert_int_equal(run_init(&run, &mute, 100, 2), 0);
	assert_int_equal(run_verify(&run), 0);
	gil_acquire(run.interp->gil, &run.threads[0]);
	gil_release(run.interp->gil, &run.threads[0]);
	assert_int_equal(run_verify(&run), -EPROTO);
	run.threads[1].counts.ticks++; /* a tick that the ticker did not see */
	assert_int_equal(run_verify(&run), -EBUSY);
	err_clear();
	run_deinit(&run);
}

static void test_battle_keeps_its_books(void **state)
{
	struct run run;
	struct gil_counts t;

	(void)state;
	assert_int_equal(run_init(&run, design(), 100, 5), 0);
	assert_int_equal(battle(&run, 20000), 0);
	assert_int_equal(run_verify(&run), 0);
	t = run_total(&run);
	assert_int_equal(t.ticks, 5 * CODE_COUNT_TICKS(20000));
	/* Each worker once; main once and after each join. */
	assert_int_equal(t.acquisitions, 5 + (1 + 5) + t.checks);
	assert_int_equal(run.threads[0].counts.ticks, 0);
	assert_int_equal(run.threads[0].counts.checks, 0);
	for (size_t i = 1; i < run.n_threads; i++) {
		assert_int_equal(run.threads[i].counts.ticks, CODE_COUNT_TICKS(20000));
		assert_int_not_equal(run.threads[i].tid, getpid());
	}
	run_deinit(&run);
}

struct seen {
	char name[16];
	size_t stack_bytes;
	int scope;
};

static void look(void *arg)
{
	struct seen *seen = arg;
	pthread_attr_t attr;

	pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
	if (pthread_getattr_np(pthread_self(), &attr))
		return;
	pthread_attr_getstacksize(&attr, &seen->stack_bytes);
	pthread_attr_getscope(&attr, &seen->scope);
	pthread_attr_destroy(&attr);
}

static void test_thread_attributes(void **state)
{
	struct seen seen = { .scope = -1 };
	pthread_t thread;

	(void)state;
	assert_int_equal(thread_start(&thread, "a-rather-long-name", 1 << 20, look, &seen), 0);
	pthread_join(thread, NULL);
	assert_string_equal(seen.name, "a-rather-long-n");
	assert_int_equal(seen.stack_bytes, 1 << 20);
	assert_int_equal(seen.scope, PTHREAD_SCOPE_SYSTEM);
}

static void test_thread_stack_has_a_floor(void **state)
{
	struct seen seen = { .scope = -1 };
	pthread_t thread;

	(void)state;
	assert_int_equal(thread_start(&thread, "t1", 1, look, &seen), 0);
	pthread_join(thread, NULL);
	assert_true(seen.stack_bytes >= THREAD_STACK_MIN);
}

static void test_thread_failure_has_errnos_text(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(thread_start(&thread, "t1", (size_t)1 << 47, look, NULL), -EAGAIN);
	assert_string_equal(err_innermost(),
			    "cannot start thread 't1': Resource temporarily unavailable");
	err_clear();
}

static void test_cpu_lists(void **state)
{
	static const char *const bad[] = { "", ",", "0,", "0-", "-1", "x", "0x", "1-0", "0 ", " 0",
					   "99999", "0-99999999999999999999" };
	cpu_set_t ours, cpus;
	char first[64];
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	while (!CPU_ISSET(cpu, &ours))
		cpu++;
	snprintf(first, sizeof(first), "%d,%d-%d", cpu, cpu, cpu);
	assert_int_equal(options_parse_cpus(first, &cpus), 0);
	assert_int_equal(CPU_COUNT(&cpus), 1);
	assert_true(CPU_ISSET(cpu, &cpus));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(options_parse_cpus(bad[i], &cpus), -EINVAL);
		assert_non_null(strstr(err_innermost(), "--cpus"));
		err_clear();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_ticks_per_iteration),
		cmocka_unit_test(test_interval_is_one_more_decrement),
		cmocka_unit_test(test_bytecode_is_cpythons),
		cmocka_unit_test(test_unknown_opcode_is_an_error),
		cmocka_unit_test(test_heap_notices_a_lost_reference),
		cmocka_unit_test(test_verify_notices_what_is_not_said),
		cmocka_unit_test(test_battle_keeps_its_books),
		cmocka_unit_test(test_thread_attributes),
		cmocka_unit_test(test_thread_stack_has_a_floor),
		cmocka_unit_test(test_thread_failure_has_errnos_text),
		cmocka_unit_test(test_cpu_lists),
	};

	return cmocka_run_group_tests_name("lab-engine", tests, NULL, NULL);
}
