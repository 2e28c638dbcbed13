/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "analyzer/histogram.h"

#include <cmocka.h>

enum { N = 100000 };

static uint64_t values[N];

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Values of every magnitude: 1 ns to days. */
static void fill(struct histogram *h, uint64_t seed, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		uint64_t r = next_random(&seed);
		values[i] = (r >> 16) >> (r % 48);
		assert_int_equal(histogram_add(h, values[i]), 0);
	}
}

static void check(const struct histogram *h)
{
	static const double quantiles[] = { 0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1 };
	uint64_t total = 0;

	qsort(values, N, sizeof(values[0]), by_value);
	for (size_t i = 0; i < N; i++)
		total += values[i];
	assert_int_equal(histogram_count(h), N);
	assert_int_equal(histogram_total(h), total);
	assert_int_equal(histogram_mean(h), total / N);
	assert_int_equal(histogram_min(h), values[0]);
	assert_int_equal(histogram_max(h), values[N - 1]);
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		size_t rank = (size_t)ceil(quantiles[i] * N);
		double exact = (double)values[rank ? rank - 1 : 0];
		double got = (double)histogram_percentile(h, quantiles[i]);

		assert_true(fabs(got - exact) <= 0.01 * exact);
	}
}

static void test_percentiles_are_within_one_percent(void **state)
{
	cleanup(histogram_freep) struct histogram *h = NULL;

	(void)state;
	assert_int_equal(histogram_new(&h), 0);
	fill(h, 42, 0, N);
	check(h);
}

static void test_merged_is_the_same_as_together(void **state)
{
	cleanup(histogram_freep) struct histogram *a = NULL, *b = NULL, *empty = NULL;

	(void)state;
	assert_int_equal(histogram_new(&a), 0);
	assert_int_equal(histogram_new(&b), 0);
	assert_int_equal(histogram_new(&empty), 0);
	fill(a, 1, 0, N / 3);
	fill(b, 2, N / 3, N);
	assert_int_equal(histogram_merge(a, b), 0);
	assert_int_equal(histogram_merge(a, empty), 0);
	assert_int_equal(histogram_merge(empty, a), 0);
	check(a);
	check(empty);
}

static void test_small_values_are_exact(void **state)
{
	cleanup(histogram_freep) struct histogram *h = NULL;

	(void)state;
	assert_int_equal(histogram_new(&h), 0);
	for (uint64_t v = 1; v <= 100; v++)
		histogram_add(h, v);
	assert_int_equal(histogram_percentile(h, 0.01), 1);
	assert_int_equal(histogram_percentile(h, 0.5), 50);
	assert_int_equal(histogram_percentile(h, 1), 100);
}

static void test_empty_and_extreme(void **state)
{
	cleanup(histogram_freep) struct histogram *h = NULL;

	(void)state;
	assert_int_equal(histogram_new(&h), 0);
	assert_int_equal(histogram_percentile(h, 0.5), 0);
	assert_int_equal(histogram_mean(h), 0);
	assert_int_equal(histogram_min(h), 0);
	histogram_add(h, 0);
	histogram_add(h, UINT64_MAX);
	assert_int_equal(histogram_percentile(h, 0.5), 0);
	assert_int_equal(histogram_percentile(h, 1), UINT64_MAX);
}

struct walk {
	uint64_t count, last_to;
};

static void step(void *data, uint64_t from_ns, uint64_t to_ns, uint64_t count)
{
	struct walk *w = data;

	assert_true(w->count == 0 || from_ns > w->last_to);
	assert_true(to_ns >= from_ns);
	assert_true(count > 0);
	w->count += count;
	w->last_to = to_ns;
}

static void test_buckets_rise_and_hold_everything(void **state)
{
	cleanup(histogram_freep) struct histogram *h = NULL;
	struct walk w = { 0 };

	(void)state;
	assert_int_equal(histogram_new(&h), 0);
	fill(h, 7, 0, N);
	histogram_each(h, step, &w);
	assert_int_equal(w.count, N);
}

/* Of one value, more than fit into half a counter, and than fit into 32 bits. */
static void test_counters_widen(void **state)
{
	enum { TIMES = 70000, MERGES = 20 };
	cleanup(histogram_freep) struct histogram *a = NULL, *b = NULL;
	uint64_t want_a = TIMES, want_b = 1;

	(void)state;
	assert_int_equal(histogram_new(&a), 0);
	assert_int_equal(histogram_new(&b), 0);
	histogram_add(b, 7);
	for (int i = 0; i < TIMES; i++)
		assert_int_equal(histogram_add(a, 1000), 0);
	for (int i = 0; i < MERGES; i++) {
		struct walk w = { 0 };

		assert_int_equal(histogram_merge(b, a), 0);
		assert_int_equal(histogram_merge(a, b), 0);
		want_b += want_a;
		want_a += want_b;
		histogram_each(a, step, &w);
		assert_int_equal(w.count, want_a);
		assert_int_equal(histogram_count(a), want_a);
	}
	assert_true(want_a > UINT32_MAX);
	assert_in_range(histogram_percentile(a, 0.5), 990, 1010);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentiles_are_within_one_percent),
		cmocka_unit_test(test_merged_is_the_same_as_together),
		cmocka_unit_test(test_small_values_are_exact),
		cmocka_unit_test(test_empty_and_extreme),
		cmocka_unit_test(test_buckets_rise_and_hold_everything),
		cmocka_unit_test(test_counters_widen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
