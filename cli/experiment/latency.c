/* SPDX-License-Identifier: MIT */
/* How long does a thread that has done its I/O wait for the GIL, next to threads that compute? */
#include "base/cleanup.h"
#include "base/err.h"
#include "cli/experiment/experiment.h"
#include "cli/experiment/trace.h"

#include <errno.h>
#include <inttypes.h>

enum { CPU_THREADS_MOST = 4 };
enum { MEAN, MEDIAN, P99, LONGEST, RATE, COLUMNS };

static const uint64_t default_operations = 200;

static const struct column columns[COLUMNS] = {
	[MEAN] = { "wait for the GIL", "mean", "wait_mean_ns", VALUE_DURATION, .spread = true, .recorded = true,
		   .help = "of the I/O thread, from wanting the GIL after its pause to having it" },
	[MEDIAN] = { "wait for the GIL", "p50", "wait_p50_ns", VALUE_DURATION, .recorded = true,
		     .help = "half of the waits took no longer" },
	[P99] = { "wait for the GIL", "p99", "wait_p99_ns", VALUE_DURATION, .recorded = true,
		  .help = "99 % of the waits took no longer" },
	[LONGEST] = { "wait for the GIL", "max", "wait_max_ns", VALUE_DURATION, .recorded = true,
		      .help = "the longest wait" },
	[RATE] = { "", "operations/s", "operations_per_s", VALUE_COUNT, .spread = true, .recorded = true,
		   .help = "pauses that the I/O thread completed, per second of the run" },
};

static bool condition(const struct bench *b, const struct subject *subject, size_t i, char *name,
		      size_t size)
{
	(void)b;
	(void)subject;
	snprintf(name, size, "%zu CPU %s", i, PLURAL(i, "thread"));
	return i <= CPU_THREADS_MOST;
}

static int measure(struct bench *b, struct row *row)
{
	uint64_t operations = b->count ? b->count : default_operations;
	cleanup(trial_deinit) struct trial t = bench_trial(b, row, "io-and-cpu");
	size_t io;
	int r;

	trial_set(&t, "operations", operations);
	trial_set(&t, "cpu", row->condition);
	r = bench_record(b, row, &t);
	if (r || !t.recorded)
		return r;
	io = trace_thread(t.recorded, "io");
	if (io == TRACE_NO_ROW || !trace_of_thread(t.recorded, io, "wait_count"))
		return err(-ENODATA, "the recording has no thread 'io' that waited");
	r = row_add(row, MEAN, (double)trace_of_thread(t.recorded, io, "wait_mean_ns"));
	if (!r)
		r = row_add(row, MEDIAN, (double)trace_of_thread(t.recorded, io, "wait_p50_ns"));
	if (!r)
		r = row_add(row, P99, (double)trace_of_thread(t.recorded, io, "wait_p99_ns"));
	if (!r)
		r = row_add(row, LONGEST, (double)trace_of_thread(t.recorded, io, "wait_max_ns"));
	return r ? r : row_add(row, RATE, (double)operations * 1e9 / (double)t.truth.wall_ns);
}

static void describe(const struct bench *b, char *text, size_t size)
{
	snprintf(text, size, "A thread pauses %s times for 1 ms, without the GIL, and wants it back, next to "
		 "threads that compute all the time.", COUNT(b->count ? b->count : default_operations));
}

const struct experiment experiment_latency = {
	.name = "latency",
	.summary = "how long an I/O thread waits for the GIL next to 0 to 4 CPU-bound threads",
	.columns = columns,
	.n_columns = COLUMNS,
	.condition = condition,
	.measure = measure,
	.describe = describe,
};
