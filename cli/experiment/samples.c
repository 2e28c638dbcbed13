/* SPDX-License-Identifier: MIT */
#include "cli/experiment/samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

int samples_add(struct samples *s, double value)
{
	size_t room = s->room ? 2 * s->room : 8;
	double *values;

	if (s->n == s->room) {
		values = realloc(s->values, room * sizeof(*values));
		if (!values)
			return err(-ENOMEM, "out of memory");
		s->values = values;
		s->room = room;
	}
	s->values[s->n++] = value;
	return 0;
}

void samples_deinit(struct samples *s)
{
	free(s->values);
	*s = (struct samples){ 0 };
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_quantile(const struct samples *s, double q)
{
	cleanup(freep) double *sorted = s->n ? malloc(s->n * sizeof(*sorted)) : NULL;
	double at = s->n ? q * (double)(s->n - 1) : 0;
	size_t below = (size_t)at;

	if (!sorted)
		return 0;
	memcpy(sorted, s->values, s->n * sizeof(*sorted));
	qsort(sorted, s->n, sizeof(*sorted), compare);
	if (below + 1 >= s->n)
		return sorted[s->n - 1];
	return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

double samples_median(const struct samples *s)
{
	return samples_quantile(s, 0.5);
}

double samples_spread(const struct samples *s)
{
	double median = samples_median(s);

	return median > 0 ? (samples_quantile(s, 0.75) - samples_quantile(s, 0.25)) / 2 / median : 0;
}
