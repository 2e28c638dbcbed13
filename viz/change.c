/* SPDX-License-Identifier: MIT */
#include "viz/change.h"

#include <math.h>
#include <string.h>

#include "viz/cell.h"
#include "viz/noise.h"

static const double factor = 1.5, hundredth = 0.01, sigmas = 3;

static double number(const struct column *c, struct value v)
{
	return c->type == COLUMN_RATIO ? v.ratio : c->type == COLUMN_FLAG ? v.flag : (double)v.count;
}

static const struct histogram *histogram_of(const struct column *c, const void *row)
{
	return *(struct histogram *const *)((const char *)row + c->offset);
}

static double duration(const struct results *r)
{
	return (double)(r->quality->end.end_ns - r->quality->end.begin_ns);
}

/* ---- the noise of a distribution ------------------------------------------------------- */

static double square(double x)
{
	return x * x;
}

static double variance_of_mean(const struct histogram *h)
{
	return square((double)histogram_stddev(h)) / (double)histogram_count(h);
}

static double quantile_of(const char *statistic)
{
	static const struct {
		const char *name;
		double q;
	} quantiles[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p95", 0.95 }, { "p99", 0.99 }, { "p999", 0.999 } };

	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		if (!strcmp(quantiles[i].name, statistic))
			return quantiles[i].q;
	return 0;
}

struct range {
	double from, to;
};

/* Where the percentile of all that could have been recorded lies. */
static struct range possible(const struct histogram *h, double q)
{
	double off = sigmas * sqrt(q * (1 - q) / (double)histogram_count(h));

	return (struct range){ (double)histogram_percentile(h, fmax(q - off, 0)),
			       (double)histogram_percentile(h, fmin(q + off, 1)) };
}

static bool percentiles_differ(const struct histogram *a, const struct histogram *b, double q)
{
	struct range x = possible(a, q), y = possible(b, q);

	return x.to < y.from || y.to < x.from;
}

static bool distributions_differ(const struct change *c, const struct histogram *a,
				 const struct histogram *b)
{
	double q = quantile_of(c->column->member);

	if (histogram_count(a) < 2 || histogram_count(b) < 2)
		return false;
	if (q > 0)
		return percentiles_differ(a, b, q);
	return !strcmp(c->column->member, "mean") &&
	       fabs(c->difference) > sigmas * sqrt(variance_of_mean(a) + variance_of_mean(b));
}

/* ---- the noise of a count, a sum or a ratio --------------------------------------------- */

/* Of which count or sum a column is made; what is not listed: of itself. */
static const char *made_of(const struct column *c)
{
	static const struct {
		const char *column, *part;
	} made[] = {
		{ "badness", "failed_attempts" },
		{ "switches_per_s", "switches" },
		{ "retries_per_acquisition", "retries" },
		{ "ticks_per_check", "checks" },
		{ "utilisation", "held_ns" },
		{ "contention", "wanted_ns" },
		{ "dead_ratio", "dead_ns" },
		{ "waiters_mean", "waiting_ns" },
		{ "demand", "wait_ns" },
		{ "parallelism_bound", "wait_ns" },
		{ "hold_ratio", "held_ns" },
		{ "wait_ratio", "wait_ns" },
		{ "hold_total_ns", "held_ns" },
		{ "wait_total_ns", "wait_ns" },
		{ "wait_contended_total_ns", "waiting_ns" },
	};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (!strcmp(made[i].column, c->name))
			return made[i].part;
	return c->name;
}

/* Several tables have columns of one name. */
static const struct table_columns *table_of(const struct column *c)
{
	const struct table_columns *t = tables;

	while (column_find(t, c->name) != c)
		t++;
	return t;
}

/* The count of which a column is made; NULL: it is made of times. */
static const struct column *count_in(const struct column *c)
{
	const struct column *part = column_find(table_of(c), made_of(c));

	return part && part->type == COLUMN_COUNT ? part : NULL;
}

/* What varies within the GIL varies as much within its threads. */
static double variance(const struct column *c, struct side s, struct value v)
{
	const struct column *counted = count_in(c);
	double relative = square(noise_between_parts(s.results, s.gil, made_of(c)));

	if (counted)
		relative = fmax(relative, 1 / fmax((double)column_value(s.results, counted, s.row).count, 1));
	return square(number(c, v)) * relative;
}

/* A smaller change of times, and of what is made of them, says nothing. */
static double least_change(const struct column *c, struct side a, struct side b)
{
	if (c->type == COLUMN_NS)
		return hundredth * fmin(duration(a.results), duration(b.results));
	return count_in(c) ? 0 : hundredth;
}

static bool is_beyond_noise(const struct change *c, struct side a, struct side b)
{
	const struct column *column = c->column;
	bool statistic = column->statistic && strcmp(column->member, "total") != 0;

	if (statistic && column->type == COLUMN_NS)
		return distributions_differ(c, histogram_of(column, a.row), histogram_of(column, b.row));
	if (cell_is_time(column) || (column->type != COLUMN_COUNT && column->type != COLUMN_NS &&
				     column->type != COLUMN_RATIO))
		return false;
	return fabs(c->difference) > fmax(least_change(column, a, b),
					  sigmas * sqrt(variance(column, a, c->a) + variance(column, b, c->b)));
}

/* ---- the change --------------------------------------------------------------------------- */

/* A statistic of nothing is no number to compare with. */
static struct value value_of(const struct column *c, struct side s)
{
	struct value none = { .known = false };

	bool total = c->statistic && !strcmp(c->member, "total");

	if (!s.row || (!total && cell_says_nothing(c, s.row, s.gil)))
		return none;
	return column_value(s.results, c, s.row);
}

struct change change_of(const struct column *column, struct side a, struct side b)
{
	struct change c = { .column = column, .a = value_of(column, a), .b = value_of(column, b) };
	double x, y;

	if (!c.a.known || !c.b.known || column->type == COLUMN_TEXT)
		return c;
	x = number(column, c.a);
	y = number(column, c.b);
	c.difference = y - x;
	c.significant = fmax(x, y) > factor * fmin(x, y) && is_beyond_noise(&c, a, b);
	return c;
}

static bool is_comparable(const struct change *c)
{
	return c->a.known && c->b.known && c->column->type != COLUMN_TEXT;
}

const char *change_difference(char *buffer, size_t size, const struct change *c)
{
	const struct page plain = { .out = NULL };
	double size_of_it = fabs(c->difference);
	struct value v = { .known = true };
	char text[TEXT_NUMBER];

	if (c->column->type == COLUMN_RATIO)
		v.ratio = size_of_it;
	else
		v.count = (uint64_t)(size_of_it + 0.5);
	if (!is_comparable(c) || c->column->type == COLUMN_FLAG)
		snprintf(buffer, size, "-");
	else if (cell_is_share(c->column))
		snprintf(buffer, size, "%+.1f points", 100 * c->difference);
	else if (cell_is_time(c->column))
		snprintf(buffer, size, "%c%s", c->difference < 0 ? '-' : '+', DURATION(v.count));
	else
		snprintf(buffer, size, "%s%s", c->difference < 0 ? "-" : c->difference > 0 ? "+" : "",
			 cell_text(text, sizeof(text), &plain, c->column, v));
	return buffer;
}

const char *change_percent(char *buffer, size_t size, const struct change *c)
{
	double before = is_comparable(c) ? number(c->column, c->a) : 0;
	bool changed = c->difference < 0 || c->difference > 0;
	const char *mark = c->significant ? " *" : "  ";

	if (!is_comparable(c) || !changed || c->column->type == COLUMN_FLAG)
		*buffer = '\0';
	else if (!(before > 0))
		snprintf(buffer, size, "new%s", mark);
	else if (c->difference >= 10 * before)
		snprintf(buffer, size, "+%s %%%s", COUNT((uint64_t)(100 * c->difference / before)), mark);
	else
		snprintf(buffer, size, "%+.1f %%%s", 100 * c->difference / before, mark);
	return buffer;
}
