/* SPDX-License-Identifier: MIT */
/* How long until the main thread runs a signal's handler, next to threads that compute? */
#include "base/cleanup.h"
#include "base/err.h"
#include "cli/experiment/experiment.h"
#include "cli/experiment/trace.h"

#include <errno.h>

enum { CPU_THREADS_MOST = 2, IN_JOIN };
enum { HANDLED, MEDIAN, P99, LONGEST, CHECKS, COLUMNS };

/* The first signal comes after 5 ms, when the threads must still compute: ours do so for 20 ms and more. */
static const uint64_t default_signals = 20, work_for_a_signal = 100000, work_least = 1000000;

static const struct column columns[COLUMNS] = {
	[HANDLED] = { "", "handled", "handled", VALUE_COUNT,
		      .help = "handlers that ran in each run: signals that come before one has run are one" },
	[MEDIAN] = { "until the handler runs", "p50", "latency_p50_ns", VALUE_DURATION, .spread = true,
		     .help = "half of the signals took no longer from the kill to the handler" },
	[P99] = { "until the handler runs", "p99", "latency_p99_ns", VALUE_DURATION,
		  .help = "99 % of the signals took no longer" },
	[LONGEST] = { "until the handler runs", "max", "latency_max_ns", VALUE_DURATION,
		      .help = "the slowest" },
	[CHECKS] = { "", "checks", "checks_per_signal", VALUE_COUNT,
		     .help = "checks of all threads between the two, per signal; of Python 2, from a recorded "
			     "run, those beyond one for each check interval; '-' of Python 3, which has none" },
};

static bool condition(const struct bench *b, const struct subject *subject, size_t i, char *name,
		      size_t size)
{
	(void)b;
	(void)subject;
	if (i == IN_JOIN)
		snprintf(name, size, "in join");
	else
		snprintf(name, size, "%zu CPU %s", i, PLURAL(i, "thread"));
	return i <= IN_JOIN;
}

static struct trial prepare(const struct bench *b, const struct row *row)
{
	uint64_t signals = b->count ? b->count : default_signals, work = signals * work_for_a_signal;
	struct trial t = bench_trial(b, row, row->condition == IN_JOIN ? "signal-storm" : "signals");

	trial_set(&t, "signals", signals);
	trial_set(&t, "count", work > work_least ? work : work_least);
	if (row->condition != IN_JOIN)
		trial_set(&t, "cpu", row->condition);
	return t;
}

static int add_latencies(struct row *row, const struct truth *truth)
{
	struct samples latencies = { .n = 0 };
	int r = 0;

	for (size_t i = 0; i < truth->n_signals && !r; i++)
		r = samples_add(&latencies, (double)truth->signals[i].latency_ns);
	if (!r)
		r = row_add(row, MEDIAN, samples_median(&latencies));
	if (!r)
		r = row_add(row, P99, samples_quantile(&latencies, 0.99));
	if (!r)
		r = row_add(row, LONGEST, samples_quantile(&latencies, 1));
	samples_deinit(&latencies);
	return r;
}

/* The lab counts them itself. */
static int add_checks(struct row *row, const struct truth *truth)
{
	double checks = 0;

	for (size_t i = 0; i < truth->n_signals; i++) {
		if (!truth->signals[i].has_checks)
			return 0;
		checks += (double)truth->signals[i].checks;
	}
	return row_add(row, CHECKS, checks / (double)truth->n_signals);
}

/* While a signal is pending, Python 2 checks at each tick. An interval of 100 is 101 ticks: see docs/metrics.md. */
static int record_checks(const struct bench *b, struct row *row)
{
	cleanup(trial_deinit) struct trial t = prepare(b, row);
	struct trace_totals total;
	double beyond;
	int r = bench_record(b, row, &t);

	if (r || !t.recorded || !t.truth.n_signals)
		return r;
	total = trace_totals(t.recorded);
	beyond = (double)total.checks - (double)total.ticks / (double)(total.interval + 1);
	return row_add(row, CHECKS, beyond > 0 ? beyond / (double)t.truth.n_signals : 0);
}

static int measure(struct bench *b, struct row *row)
{
	cleanup(trial_deinit) struct trial t = prepare(b, row);
	int r = trial_run(&t);

	if (r)
		return r;
	if (!t.truth.n_signals)
		return err(-ENODATA, "no handler ran");
	r = row_add(row, HANDLED, (double)t.truth.n_signals);
	if (!r)
		r = add_latencies(row, &t.truth);
	if (!r)
		r = row->subject->python2 ? record_checks(b, row) : add_checks(row, &t.truth);
	return r;
}

static void describe(const struct bench *b, char *text, size_t size)
{
	snprintf(text, size, "%s signals, one after the other, whose handlers the main thread has to run, next "
		 "to threads that compute all the time; or in vain, while it waits in join for one that does.", COUNT(b->count ? b->count : default_signals));
}

const struct experiment experiment_signals = {
	.name = "signals",
	.summary = "how long and how many checks it takes until a signal's handler runs",
	.columns = columns,
	.n_columns = COLUMNS,
	.condition = condition,
	.measure = measure,
	.describe = describe,
};
