/* SPDX-License-Identifier: MIT */
#include "viz/noise.h"

#include <math.h>

struct parts {
	double sums[NOISE_PARTS];
	size_t n;
};

static struct parts cut(const struct results *r, const struct gil_info *gil, const struct column *c)
{
	struct parts p = { .n = NOISE_PARTS };
	size_t n = 0, i = 0;

	for (size_t b = 0; b < r->n_buckets; b++)
		n += r->buckets[b].gil == gil->index;
	if (n < p.n)
		p.n = n;
	for (size_t b = 0; b < r->n_buckets; b++)
		if (r->buckets[b].gil == gil->index)
			p.sums[i++ * p.n / n] += (double)column_value(r, c, &r->buckets[b]).count;
	return p;
}

double noise_between_parts(const struct results *r, const struct gil_info *gil, const char *column)
{
	const struct column *c = column_find(table_find("buckets"), column);
	double sum = 0, squares = 0;
	struct parts p;

	if (!c || !gil || (c->type != COLUMN_COUNT && c->type != COLUMN_NS))
		return 0;
	p = cut(r, gil, c);
	for (size_t i = 0; i < p.n; i++)
		sum += p.sums[i];
	if (p.n < 2 || !(sum > 0))
		return 0;
	for (size_t i = 0; i < p.n; i++)
		squares += (p.sums[i] - sum / (double)p.n) * (p.sums[i] - sum / (double)p.n);
	return sqrt(squares * (double)p.n / (double)(p.n - 1)) / sum;
}
