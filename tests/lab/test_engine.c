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
#include "runtime/lab/engine/eval.h"
#include "runtime/lab/options.h"
#include "runtime/lab/thread.h"

/* A thread alone on an interpreter of its own, with the GIL held. */
struct alone {
	struct interp *interp;
	struct gil_thread gil;
	struct thread_state ts;
};

static void begin(struct alone *a, const char *design_name, int64_t interval, const struct program *program)
{
	*a = (struct alone){ .gil = { .is_main = true } };
	assert_int_equal(interp_new(&a->interp, gil_design_find(design_name), interval, program), 0);
	a->ts = (struct thread_state){ .interp = a->interp, .gil = &a->gil };
	gil_acquire(a->interp->gil, &a->gil);
}

static void end(struct alone *a)
{
	gil_release(a->interp->gil, &a->gil);
	assert_true(interp_was_exclusive(a->interp, a->gil.counts.ticks));
	a->interp = interp_free(a->interp);
}

/* count(n); asserts that n is 0 and None came back. */
static void call_count(struct alone *a, int64_t n)
{
	struct object *arg = int_new(&a->interp->heap, n);
	struct frame frame;

	assert_int_equal(frame_init(&frame, a->interp, &code_count, arg), 0);
	object_unref(&a->interp->heap, arg);
	assert_int_equal(eval_frame(&a->ts, &frame), 0);
	assert_ptr_equal(frame.result, &a->interp->heap.none);
	assert_int_equal(frame.locals[0]->type, OBJECT_INT);
	assert_int_equal(frame.locals[0]->value, 0);
	frame_deinit(&frame, a->interp);
}

static struct gil_counts count_alone(int64_t n, int32_t check_interval, int32_t *ticker)
{
	struct alone a;

	begin(&a, "cond", check_interval, NULL);
	call_count(&a, n);
	*ticker = gil_tick(a.interp->gil);
	assert_int_equal(gil_checks(a.interp->gil), a.gil.counts.checks);
	end(&a);
	return a.gil.counts;
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
	static const struct code code = { .name = "broken", .bytes = bytes, .size = sizeof(bytes) };
	struct alone a;

	(void)state;
	begin(&a, "cond", 100, NULL);
	assert_int_equal(eval_call(&a.ts, &code), -EINVAL);
	assert_string_equal(err_innermost(), "unknown opcode 255 in broken()");
	err_clear();
	end(&a);
}

/* Nobody asks, so it is never let go. (Asking where nobody waits is unlawful: the GIL would wait for a taker.) */
static void test_time_slices_have_no_ticker(void **state)
{
	struct alone a;

	(void)state;
	begin(&a, "interval", 5000, NULL);
	assert_int_equal(gil_tick(a.interp->gil), GIL_NO_TICK);
	call_count(&a, 100000);
	assert_int_equal(gil_tick(a.interp->gil), GIL_NO_TICK);
	assert_int_equal(a.gil.counts.ticks, CODE_COUNT_TICKS(100000));
	assert_int_equal(a.gil.counts.checks, 0);
	assert_int_equal(a.gil.counts.acquisitions, 1);
	end(&a);
}

/* ---- signals, in the order of the periodic check --------------------------- */

static unsigned handlers_run;
static int32_t ticker_in_handler;
static uint64_t releases_in_handler;

static int note_handler(struct thread_state *ts)
{
	handlers_run++;
	ticker_in_handler = gil_tick(ts->interp->gil);
	releases_in_handler = ts->gil->counts.releases;
	return 0;
}

static const struct program noting = { .run_handlers = note_handler };

static void raise_break(struct alone *a)
{
	handlers_run = 0;
	atomic_fetch_or(&a->interp->clock.breaker, GIL_BREAK_SIGNAL);
}

/* The ticker is reset, then the handlers run, then the GIL is let go. */
static void test_handlers_run_in_the_main_thread_in_the_check(void **state)
{
	struct alone a;

	(void)state;
	begin(&a, "cond", 100, &noting);
	raise_break(&a);
	call_count(&a, 0); /* its first tick of all is a check */
	assert_int_equal(handlers_run, 1);
	assert_int_equal(ticker_in_handler, 100);
	assert_int_equal(releases_in_handler, 0);
	assert_int_equal(a.gil.counts.checks, 1);
	call_count(&a, 1000);
	assert_int_equal(handlers_run, 1);
	end(&a);
}

/* Another thread than the main one checks after every tick, and runs none. */
static void test_checks_are_one_tick_apart_while_a_signal_waits(void **state)
{
	struct alone a;

	(void)state;
	begin(&a, "cond", 100, &noting);
	a.gil.is_main = false;
	raise_break(&a);
	call_count(&a, 1000);
	assert_int_equal(handlers_run, 0);
	assert_int_equal(a.gil.counts.checks, CODE_COUNT_TICKS(1000));
	/* The main thread comes, and it is over: the interval counts again. */
	a.gil.is_main = true;
	call_count(&a, 0);
	assert_int_equal(handlers_run, 1);
	a.gil.is_main = false;
	a.gil.counts.checks = 0;
	call_count(&a, 1000);
	assert_in_range(a.gil.counts.checks, CODE_COUNT_TICKS(1000) / 101, CODE_COUNT_TICKS(1000) / 101 + 1);
	end(&a);
}

static void test_a_daemon_ends_at_a_check(void **state)
{
	struct alone a;
	struct object *arg;
	struct frame frame;

	(void)state;
	for (int ticked = 0; ticked < 2; ticked++) {
		begin(&a, ticked ? "cond" : "interval", 100, NULL);
		a.ts.daemon = true;
		atomic_fetch_or(&a.interp->clock.breaker, GIL_BREAK_END);
		arg = int_new(&a.interp->heap, 1000000);
		assert_int_equal(frame_init(&frame, a.interp, &code_count, arg), 0);
		object_unref(&a.interp->heap, arg);
		assert_int_equal(eval_frame(&a.ts, &frame), EVAL_E_END);
		frame_deinit(&frame, a.interp);
		assert_int_equal(a.gil.counts.ticks, 1);
		end(&a);
	}
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

static void test_exclusion_is_noticed_to_be_broken(void **state)
{
	struct alone a;

	(void)state;
	begin(&a, "cond", 100, NULL);
	call_count(&a, 10);
	assert_true(interp_was_exclusive(a.interp, a.gil.counts.ticks));
	a.interp->ticks--; /* as when two threads counted at once */
	assert_false(interp_was_exclusive(a.interp, a.gil.counts.ticks));
	a.interp->ticks++;
	end(&a);
}

/* ---- threads --------------------------------------------------------------- */

struct seen {
	char name[16];
	size_t stack_bytes;
	int scope, detached;
	atomic_bool done;
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
	pthread_attr_getdetachstate(&attr, &seen->detached);
	pthread_attr_destroy(&attr);
	atomic_store(&seen->done, true);
}

static void test_thread_attributes(void **state)
{
	const struct thread_options options = { .stack_bytes = 1 << 20 };
	struct seen seen = { .scope = -1 };
	pthread_t thread;

	(void)state;

	assert_int_equal(thread_start(&thread, "a-rather-long-name", &options, look, &seen), 0);
	pthread_join(thread, NULL);
	assert_string_equal(seen.name, "a-rather-long-n");
	assert_int_equal(seen.stack_bytes, 1 << 20);
	assert_int_equal(seen.scope, PTHREAD_SCOPE_SYSTEM);
	assert_int_equal(seen.detached, PTHREAD_CREATE_JOINABLE);
}

static void test_detached_threads(void **state)
{
	static const struct thread_options options = { .detached = true };
	static struct seen seen;
	pthread_t thread;

	(void)state;
	assert_int_equal(thread_start(&thread, "t1", &options, look, &seen), 0);
	while (!atomic_load(&seen.done))
		usleep(1000);
	assert_int_equal(seen.detached, PTHREAD_CREATE_DETACHED);
}

static void test_thread_stack_has_a_floor(void **state)
{
	struct seen seen = { .scope = -1 };
	pthread_t thread;

	(void)state;
	assert_int_equal(thread_start(&thread, "t1", &(struct thread_options){ .stack_bytes = 1 }, look, &seen), 0);
	pthread_join(thread, NULL);
	assert_true(seen.stack_bytes >= THREAD_STACK_MIN);
}

static void test_thread_failure_has_errnos_text(void **state)
{
	const struct thread_options options = { .stack_bytes = (size_t)1 << 47 };
	pthread_t thread;

	(void)state;

	assert_int_equal(thread_start(&thread, "t1", &options, look, NULL), -EAGAIN);
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
		cmocka_unit_test(test_time_slices_have_no_ticker),
		cmocka_unit_test(test_handlers_run_in_the_main_thread_in_the_check),
		cmocka_unit_test(test_checks_are_one_tick_apart_while_a_signal_waits),
		cmocka_unit_test(test_a_daemon_ends_at_a_check),
		cmocka_unit_test(test_exclusion_is_noticed_to_be_broken),
		cmocka_unit_test(test_thread_attributes),
		cmocka_unit_test(test_detached_threads),
		cmocka_unit_test(test_thread_stack_has_a_floor),
		cmocka_unit_test(test_thread_failure_has_errnos_text),
		cmocka_unit_test(test_cpu_lists),
	};

	return cmocka_run_group_tests_name("lab-engine", tests, NULL, NULL);
}
