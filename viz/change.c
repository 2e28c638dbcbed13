/* SPDX-License-Identifier: MIT */
#include "viz/change.h"

#include <math.h>
#include <string.h>

#include "viz/cell.h"

/* Scheduling alone changes much by a third, and counts come in bursts: hence 1.5, and 5 sigma for these. */
static const double factor = 1.5, hundredth = 0.01, sigmas = 3, sigmas_of_counts = 5;

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

/* ---- the noise of a ratio of two counts --------------------------------------------------- */

struct fraction {
	const char *ratio, *part, *whole; /* columns of one table; whole: NULL for the time */
};

static const struct fraction *fraction_of(const struct column *c)
{
	static const struct fraction fractions[] = {
		{ "badness", "failed_attempts", "checks" },
		{ "switches_per_s", "switches", NULL },
		{ "retries_per_acquisition", "retries", "acquisitions" },
		{ "ticks_per_check", "ticks", "checks" },
	};

	for (size_t i = 0; i < sizeof(fractions) / sizeof(fractions[0]); i++)
		if (!strcmp(fractions[i].ratio, c->name))
			return &fractions[i];
	return NULL;
}

/* Several tables have columns of one name. */
static const struct table_columns *table_of(const struct column *c)
{
	const struct table_columns *t = tables;

	while (column_find(t, c->name) != c)
		t++;
	return t;
}

static double count_of(const struct column *c, const char *name, struct side s)
{
	return (double)column_value(s.results, column_find(table_of(c), name), s.row).count;
}

/* Of part / whole: as that of the counts; a count of 0 could have been 1. */
static double variance_of_fraction(const struct column *c, const struct fraction *f, struct side s,
				   double ratio)
{
	double part = fmax(count_of(c, f->part, s), 1);
	double whole = f->whole ? fmax(count_of(c, f->whole, s), 1) : INFINITY;
	double least = f->whole ? 1 / whole : 1e9 / duration(s.results);

	return square(fmax(ratio, least)) * (1 / part + 1 / whole);
}

static bool fractions_differ(const struct change *c, const struct fraction *f, struct side a,
			     struct side b)
{
	return fabs(c->difference) >
	       sigmas_of_counts * sqrt(variance_of_fraction(c->column, f, a, c->a.ratio) +
				       variance_of_fraction(c->column, f, b, c->b.ratio));
}

/* ---- the change --------------------------------------------------------------------------- */

static bool is_beyond_noise(const struct change *c, struct side a, struct side b)
{
	bool statistic = c->column->statistic && strcmp(c->column->member, "total") != 0;
	const struct fraction *f = fraction_of(c->column);

	if (statistic && c->column->type == COLUMN_NS)
		return distributions_differ(c, histogram_of(c->column, a.row),
					    histogram_of(c->column, b.row));
	if (c->column->type == COLUMN_COUNT)
		return fabs(c->difference) >
		       sigmas_of_counts * sqrt((double)c->a.count + (double)c->b.count);
	if (c->column->type == COLUMN_NS && !cell_is_time(c->column))
		return fabs(c->difference) > hundredth * fmin(duration(a.results), duration(b.results));
	if (f)
		return fractions_differ(c, f, a, b);
	return c->column->type == COLUMN_RATIO && fabs(c->difference) > hundredth;
}

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
