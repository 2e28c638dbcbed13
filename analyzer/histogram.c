/* SPDX-License-Identifier: MIT */
#include "analyzer/histogram.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "base/err.h"

/*
 * Each power of two is divided into STEPS equal buckets, so that a bucket's
 * middle is at most 1/128 away from any value in it. A row of buckets exists
 * once a value fell into it; row 0 holds the values below STEPS, exactly.
 */
enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS, ROWS = 64 - STEP_BITS + 1 };

/* The squares of 2^32 values of up to an hour fit. */
__extension__ typedef unsigned __int128 sum_of_squares;

/* Most counters stay small, and every thread has rows: the upper halves come when one of them needs it. */
struct row {
	uint16_t low[STEPS];
	uint32_t *high; /* STEPS of them, or NULL */
};

struct histogram {
	uint64_t count, total, min, max;
	sum_of_squares squares;
	struct row *rows[ROWS];
};

struct place {
	unsigned row, step;
};

static struct place place_of(uint64_t value)
{
	unsigned row = 0;

	if (value >= STEPS)
		row = 64 - STEP_BITS - (unsigned)__builtin_clzll(value);
	return (struct place){
		.row = row,
		.step = (unsigned)(value >> (row ? row - 1 : 0)) - (row ? STEPS : 0),
	};
}

static uint64_t bucket_from(unsigned row, unsigned step)
{
	return row ? (uint64_t)(STEPS + step) << (row - 1) : step;
}

static uint64_t bucket_width(unsigned row)
{
	return UINT64_C(1) << (row ? row - 1 : 0);
}

int histogram_new(struct histogram **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : err(-ENOMEM, "out of memory");
}

struct histogram *histogram_free(struct histogram *h)
{
	for (unsigned i = 0; h && i < ROWS; i++)
		if (h->rows[i]) {
			free(h->rows[i]->high);
			free(h->rows[i]);
		}
	free(h);
	return NULL;
}

static uint64_t count_of(const struct row *row, unsigned step)
{
	return row->low[step] + (row->high ? (uint64_t)row->high[step] << 16 : 0);
}

static int count_up(struct row *row, unsigned step, uint64_t n)
{
	uint64_t sum = row->low[step] + n;

	row->low[step] = (uint16_t)sum;
	if (sum <= UINT16_MAX)
		return 0;
	if (!row->high)
		row->high = calloc(STEPS, sizeof(*row->high));
	if (!row->high)
		return err(-ENOMEM, "out of memory");
	row->high[step] += (uint32_t)(sum >> 16);
	return 0;
}

static int need_row(struct histogram *h, unsigned row)
{
	if (!h->rows[row])
		h->rows[row] = calloc(1, sizeof(*h->rows[row]));
	return h->rows[row] ? 0 : err(-ENOMEM, "out of memory");
}

int histogram_add(struct histogram *h, uint64_t value_ns)
{
	struct place at = place_of(value_ns);
	int r = need_row(h, at.row);

	if (!r)
		r = count_up(h->rows[at.row], at.step, 1);
	if (r)
		return r;
	if (!h->count || value_ns < h->min)
		h->min = value_ns;
	if (value_ns > h->max)
		h->max = value_ns;
	h->total += value_ns;
	h->squares += (sum_of_squares)value_ns * value_ns;
	h->count++;
	return 0;
}

int histogram_merge(struct histogram *into, const struct histogram *from)
{
	if (!from->count)
		return 0;
	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *row = from->rows[i];
		int r = row ? need_row(into, i) : 0;

		for (unsigned step = 0; row && step < STEPS && !r; step++)
			r = count_up(into->rows[i], step, count_of(row, step));
		if (r)
			return r;
	}
	if (!into->count || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->total += from->total;
	into->squares += from->squares;
	into->count += from->count;
	return 0;
}

uint64_t histogram_count(const struct histogram *h)
{
	return h->count;
}

uint64_t histogram_total(const struct histogram *h)
{
	return h->total;
}

uint64_t histogram_min(const struct histogram *h)
{
	return h->min;
}

uint64_t histogram_max(const struct histogram *h)
{
	return h->max;
}

uint64_t histogram_mean(const struct histogram *h)
{
	return h->count ? h->total / h->count : 0;
}

uint64_t histogram_stddev(const struct histogram *h)
{
	long double n = (long double)h->count, mean = n > 0 ? (long double)h->total / n : 0;
	long double variance = n > 0 ? (long double)h->squares / n - mean * mean : 0;

	return variance > 0 ? (uint64_t)roundl(sqrtl(variance)) : 0;
}

struct search {
	uint64_t rank, passed, found;
};

static void search_bucket(void *data, uint64_t from_ns, uint64_t to_ns, uint64_t count)
{
	struct search *s = data;

	if (s->passed < s->rank && s->passed + count >= s->rank)
		s->found = from_ns + (to_ns - from_ns) / 2;
	s->passed += count;
}

uint64_t histogram_percentile(const struct histogram *h, double q)
{
	struct search s = { .rank = (uint64_t)ceil(q * (double)h->count) };

	if (s.rank <= 1)
		return h->min;
	if (s.rank >= h->count)
		return h->max;
	histogram_each(h, search_bucket, &s);
	/* The middle of the first and the last bucket may lie outside of what was recorded. */
	return s.found < h->min ? h->min : s.found > h->max ? h->max : s.found;
}

void histogram_each(const struct histogram *h,
		    void (*bucket)(void *data, uint64_t from_ns, uint64_t to_ns, uint64_t count),
		    void *data)
{
	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *row = h->rows[i];

		for (unsigned step = 0; row && step < STEPS; step++)
			if (count_of(row, step)) {
				uint64_t from_ns = bucket_from(i, step);
				bucket(data, from_ns, from_ns + bucket_width(i) - 1,
				       count_of(row, step));
			}
	}
}
