/* SPDX-License-Identifier: MIT */
/* What does it cost to let go of the GIL more often, and what does it bring? */
#include "base/cleanup.h"
#include "base/err.h"
#include "cli/experiment/experiment.h"
#include "cli/experiment/trace.h"

#include <inttypes.h>

enum { THREADS = 2 };
enum { RATE, FAIRNESS, LONGEST, HANDOVERS, COLUMNS };

/* Long enough for some intervals of the longest, short enough for a recording with the shortest. */
static const uint64_t count_ticked = 1000000, count_sliced = 5000000;

static const struct {
	const char *ticks, *time, *python;
} intervals[] = {
	{ "10", "50us", "0.00005" }, { "100", "500us", "0.0005" },
	{ "1000", "5ms", "0.005" }, { "10000", "50ms", "0.05" },
};

static const struct column columns[COLUMNS] = {
	[RATE] = { "", "iterations/s", "iterations_per_s", VALUE_COUNT, .spread = true,
		   .help = "of both threads together, without recording; median of the runs, +- half the "
			   "distance of their quartiles" },
	[FAIRNESS] = { "recorded", "fairness", "fairness", VALUE_NUMBER, .recorded = true,
		       .help = "Jain's index of how long each thread held the GIL while both ran: 1 equally "
			       "long, 0.5 one alone; '-' when they never ran at the same time" },
	[LONGEST] = { "recorded", "longest wait", "wait_max_ns", VALUE_DURATION, .recorded = true,
		      .help = "of a thread for the GIL" },
	[HANDOVERS] = { "recorded", "handed over", "handovers", VALUE_COUNT, .recorded = true,
			.help = "times that the GIL went from one thread to another" },
};

static bool condition(const struct bench *b, const struct subject *subject, size_t i, char *name,
		      size_t size)
{
	(void)b;
	if (i >= sizeof(intervals) / sizeof(intervals[0]))
		return false;
	if (subject->sliced)
		snprintf(name, size, "%s", intervals[i].time);
	else
		snprintf(name, size, "%s ticks", intervals[i].ticks);
	return true;
}

static uint64_t count_of(const struct bench *b, const struct subject *subject)
{
	return b->count ? b->count : subject->sliced ? count_sliced : count_ticked;
}

static struct trial prepare(const struct bench *b, const struct row *row)
{
	struct trial t = bench_trial(b, row, "battle");

	trial_set(&t, "count", count_of(b, row->subject));
	t.interval = !row->subject->sliced ? intervals[row->condition].ticks :
		     row->subject->is_python ? intervals[row->condition].python :
					       intervals[row->condition].time;
	return t;
}

/* Both do the same work in the end: what counts is who got on while both wanted to. Unknown, where nobody did. */
static int add_fairness(struct row *row, const struct trial *t)
{
	cleanup(tracep) struct gilscope *both = NULL;
	uint64_t from_ns, to_ns;
	char time[96];
	int r;

	if (!trace_common_time(t->recorded, &from_ns, &to_ns))
		return 0;
	snprintf(time, sizeof(time), "+%" PRIu64 "ns,+%" PRIu64 "ns", from_ns, to_ns);
	r = trace_read(t->trace, t->recording, time, &both, NULL);
	if (r || trace_fairness(both) == 0)
		return r;
	return row_add(row, FAIRNESS, trace_fairness(both));
}

static int measure_gil(const struct bench *b, struct row *row)
{
	cleanup(trial_deinit) struct trial t = prepare(b, row);
	struct trace_totals total;
	int r = bench_record(b, row, &t);

	if (r || !t.recorded)
		return r;
	total = trace_totals(t.recorded);
	r = add_fairness(row, &t);
	if (!r)
		r = row_add(row, LONGEST, (double)trace_longest_wait_ns(t.recorded));
	return r ? r : row_add(row, HANDOVERS, (double)(total.handovers_same_cpu +
							 total.handovers_other_cpu));
}

static int measure(struct bench *b, struct row *row)
{
	cleanup(trial_deinit) struct trial t = prepare(b, row);
	int r = trial_run(&t);

	if (!r)
		r = row_add(row, RATE, (double)(THREADS * count_of(b, row->subject)) * 1e9 /
				       (double)t.truth.wall_ns);
	return r ? r : measure_gil(b, row);
}

static void describe(const struct bench *b, char *text, size_t size)
{
	if (b->count)
		snprintf(text, size, "Two threads run 'while n > 0: n -= 1' with n = %s each.", COUNT(b->count));
	else
		snprintf(text, size, "Two threads run 'while n > 0: n -= 1' with n = %s each, or %s where the "
			 "interval is a time.", COUNT(count_ticked), COUNT(count_sliced));
}

const struct experiment experiment_interval = {
	.name = "interval",
	.summary = "throughput and fairness against the check interval or the switch interval",
	.columns = columns,
	.n_columns = COLUMNS,
	.condition = condition,
	.measure = measure,
	.describe = describe,
};
