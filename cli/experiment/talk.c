/* SPDX-License-Identifier: MIT */
/* "Inside the Python GIL": two threads take longer than one after the other, and on two CPUs longest. */
#include "base/cleanup.h"
#include "base/err.h"
#include "cli/experiment/experiment.h"
#include "cli/experiment/trace.h"
#include "cli/tracee.h"

#include <errno.h>

enum { SEQUENTIAL, TWO_CPUS, ONE_CPU, CONDITIONS };
enum { TIME, RATIO, CALLS, CONTEXT, ACQUIRED, FAILED, BADNESS,
       HANDOVERS_SAME, HANDOVERS_OTHER, FAILED_SAME, FAILED_OTHER, COLUMNS };

static const uint64_t default_count = 5000000;

static const struct column columns[COLUMNS] = {
	[TIME] = { "", "time", "wall_ns", VALUE_DURATION, .spread = true,
		   .help = "median of the runs, without recording, +- half the distance of their quartiles" },
	[RATIO] = { "", "ratio", "ratio", VALUE_RATIO, .help = "this time / the time in sequence" },
	[CALLS] = { "", "syscalls", "system_calls", VALUE_COUNT,
		    .help = "all system calls, from one run of its own under strace" },
	[CONTEXT] = { "", "context", "context_switches", VALUE_COUNT,
		      .help = "the kernel's switches from thread to thread in the timed runs" },
	[ACQUIRED] = { "recorded", "acquired", "acquisitions", VALUE_COUNT, .recorded = true,
		       .help = "times that the GIL was taken; this and the next from recorded runs" },
	[FAILED] = { "recorded", "failed", "failed", VALUE_COUNT, .recorded = true,
		     .help = "attempts that found it taken: at first, or after waking up for it" },
	[BADNESS] = { "recorded", "badness", "badness", VALUE_NUMBER, .recorded = true,
		      .help = "failed / checks, at which it was offered to others" },
	[HANDOVERS_SAME] = { "handed over, CPU", "same", "handovers_same_cpu", VALUE_COUNT, .recorded = true,
			     .help = "the GIL went from one thread to another on the same CPU, or (other) on "
				     "another" },
	[HANDOVERS_OTHER] = { "handed over, CPU", "other", "handovers_other_cpu", VALUE_COUNT, .recorded = true },
	[FAILED_SAME] = { "failed, CPU", "same", "failed_same_cpu", VALUE_COUNT, .recorded = true,
			  .help = "attempts while it was held on the same CPU, or (other) on another" },
	[FAILED_OTHER] = { "failed, CPU", "other", "failed_other_cpu", VALUE_COUNT, .recorded = true },
};

static bool condition(const struct bench *b, const struct subject *subject, size_t i, char *name,
		      size_t size)
{
	static const char *const names[] = { "sequential", "2 CPUs", "1 CPU" };

	(void)b;
	(void)subject;
	if (i < CONDITIONS)
		snprintf(name, size, "%s", names[i]);
	return i < CONDITIONS;
}

static struct trial prepare(const struct bench *b, const struct row *row, const struct cpus *cpus)
{
	struct trial t = bench_trial(b, row, row->condition == SEQUENTIAL ? "sequential" : "battle");

	t.cpus = cpus;
	trial_set(&t, "count", b->count ? b->count : default_count);
	return t;
}

static int measure_time(const struct bench *b, struct row *row, const struct cpus *cpus)
{
	cleanup(trial_deinit) struct trial t = prepare(b, row, cpus);
	int r = trial_run(&t);

	if (!r)
		r = row_add(row, TIME, (double)t.truth.wall_ns);
	return r ? r : row_add(row, CONTEXT, (double)t.context_switches);
}

static int add_counts(struct row *row, struct trace_totals total)
{
	const struct { int column; uint64_t value; } counts[] = {
		{ ACQUIRED, total.acquisitions }, { FAILED, total.failed },
		{ HANDOVERS_SAME, total.handovers_same_cpu }, { HANDOVERS_OTHER, total.handovers_other_cpu },
		{ FAILED_SAME, total.failed_same_cpu }, { FAILED_OTHER, total.failed_other_cpu },
	};
	int r = total.checks ? row_add(row, BADNESS, (double)total.failed / (double)total.checks) : 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) && !r; i++)
		r = row_add(row, (size_t)counts[i].column, (double)counts[i].value);
	return r;
}

static int measure_gil(const struct bench *b, struct row *row, const struct cpus *cpus)
{
	cleanup(trial_deinit) struct trial t = prepare(b, row, cpus);
	int r = bench_record(b, row, &t);

	if (r || !t.recorded)
		return r;
	return add_counts(row, trace_totals(t.recorded));
}

/* Without strace all the rest is still worth having. */
static int count_calls(struct bench *b, struct row *row, const struct cpus *cpus)
{
	cleanup(trial_deinit) struct trial t = prepare(b, row, cpus);
	int mark = err_mark(), r;

	t.mode = TRIAL_COUNTED;
	r = *b->note ? -ENOENT : trial_run(&t);
	if (!r)
		return row_add(row, CALLS, (double)t.system_calls);
	if (tracee_interrupted())
		return r;
	if (!*b->note)
		snprintf(b->note, sizeof(b->note), "syscalls were not counted: %s", err_innermost());
	err_forget(mark);
	return 0;
}

static int measure(struct bench *b, struct row *row)
{
	struct cpus cpus = cpus_first(&b->cpus, row->condition == ONE_CPU ? 1 : 2);
	int r;

	if (row->condition == TWO_CPUS && cpus.n < 2)
		return err(-ENODEV, "there is only CPU %s", cpus.list);
	r = measure_time(b, row, &cpus);
	if (!r)
		r = measure_gil(b, row, &cpus);
	return r || b->run ? r : count_calls(b, row, &cpus);
}

/* ---- when all runs are done -------------------------------------------------------------- */

static int quote(struct bench *b, const char *name, double seconds)
{
	struct row *row = bench_quote(b, name);

	return row ? row_add(row, TIME, seconds * 1e9) : -ENOMEM;
}

static int conclude(struct bench *b)
{
	int r;

	if (quote(b, "sequential", 24.6) || quote(b, "2 CPUs", 45.5) ||
	    quote(b, "1 CPU", 38.0))
		return -ENOMEM;
	for (size_t i = 0; i < CONDITIONS; i++)
		b->rows[b->n_rows - CONDITIONS + i].condition = i;
	for (struct row *row = b->rows; row < b->rows + b->n_rows; row++) {
		double base = samples_median(&bench_sibling(b, row, SEQUENTIAL)->cells[TIME]);

		if (!base || !row->cells[TIME].n)
			continue;
		r = row_add(row, RATIO, samples_median(&row->cells[TIME]) / base);
		if (r)
			return r;
	}
	return 0;
}

static void describe(const struct bench *b, char *text, size_t size)
{
	snprintf(text, size, "'while n > 0: n -= 1' with n = %s, twice: one after the other, or in two "
		 "threads at once. The talk is David Beazley's of 2009, of Python 2 on two CPUs.",
		 COUNT(b->count ? b->count : default_count));
}

const struct experiment experiment_talk = {
	.name = "talk",
	.summary = "two CPU-bound threads against the same work in sequence, on two CPUs and on one",
	.columns = columns,
	.n_columns = COLUMNS,
	.condition = condition,
	.measure = measure,
	.conclude = conclude,
	.describe = describe,
};
