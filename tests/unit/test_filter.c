/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "analyzer/filter.h"
#include "base/err.h"

#include <cmocka.h>

static void test_gil(void **state)
{
	struct gil_info gil = { .index = 3, .id = UINT64_C(7) << 32 | 1, .pid = 1234 };
	static const char *const yes[] = { NULL, "3", "pid:1234", "30064771073" };
	static const char *const no[] = { "0", "1234", "pid:3", "30064771074" };
	static const char *const bad[] = { "", "x", "pid:", "pid:x", "3x", "-3", "+3", " 3",
					   "99999999999999999999999" };
	struct gil_filter f;

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		assert_int_equal(gil_filter_parse(&f, yes[i]), 0);
		assert_true(gil_filter_match(&f, &gil));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_int_equal(gil_filter_parse(&f, no[i]), 0);
		assert_false(gil_filter_match(&f, &gil));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(gil_filter_parse(&f, bad[i]), -EINVAL);
	err_clear();
}

static void test_thread(void **state)
{
	struct thread_info t = { .tid = 4711, .name = "worker-1" };

	(void)state;
	assert_true(thread_filter_match(NULL, &t));
	assert_true(thread_filter_match("worker-1", &t));
	assert_true(thread_filter_match("worker-*", &t));
	assert_true(thread_filter_match("t1,worker-[0-9]", &t));
	assert_true(thread_filter_match("4711", &t));
	assert_true(thread_filter_match("1,4711", &t));
	assert_false(thread_filter_match("", &t));
	assert_false(thread_filter_match("worker", &t));
	assert_false(thread_filter_match("471,worker-2", &t));
}

static void check_bound(const struct time_bound *b, int kind, int64_t ns)
{
	assert_int_equal(b->kind, kind);
	assert_int_equal(b->ns, ns);
}

static void test_time(void **state)
{
	struct time_filter f;

	(void)state;
	assert_int_equal(time_filter_parse(&f, "+1.5s,+2s"), 0);
	check_bound(&f.from, BOUND_RELATIVE, 1500000000);
	check_bound(&f.to, BOUND_RELATIVE, 2000000000);
	assert_int_equal(time_filter_parse(&f, "+250ms,+1.5"), 0);
	check_bound(&f.from, BOUND_RELATIVE, 250000000);
	check_bound(&f.to, BOUND_RELATIVE, 1500000000);
	assert_int_equal(time_filter_parse(&f, "1700000000.123456789,"), 0);
	check_bound(&f.from, BOUND_ABSOLUTE, 1700000000123456789);
	assert_int_equal(f.to.kind, BOUND_OPEN);
	assert_int_equal(time_filter_parse(&f, ",1700000000123456789ns"), 0);
	assert_int_equal(f.from.kind, BOUND_OPEN);
	check_bound(&f.to, BOUND_ABSOLUTE, 1700000000123456789);
	assert_int_equal(time_filter_parse(&f, "10%-20%"), 0);
	assert_int_equal(time_bound_resolve(&f.from, 1000, 2000, 0), 1100);
	assert_int_equal(time_bound_resolve(&f.to, 1000, 2000, 0), 1200);
	assert_int_equal(time_filter_parse(&f, "12.5%,+3us"), 0);
	assert_int_equal(time_bound_resolve(&f.from, 1000, 2000, 0), 1125);
	assert_int_equal(time_bound_resolve(&f.to, 1000, 2000, 0), 4000);
}

static void test_time_that_is_none(void **state)
{
	static const char *const bad[] = { "", "1", "+1s", "a,b", "1,2,3", "1s 2s", "1h,2h", "-1,2",
					   "110%,120%", "+10%,20%", "+2s,+1s", "20%-10%", "1..2,3",
					   "99999999999999999999,", ".5,1" };
	struct time_filter f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (time_filter_parse(&f, bad[i]) != -EINVAL)
			fail_msg("'%s' was taken for a time range", bad[i]);
		assert_non_null(strstr(err_innermost(), bad[i]));
		err_clear();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gil),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_time_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
