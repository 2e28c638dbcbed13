/* SPDX-License-Identifier: MIT */
#include "cli/experiment/trace.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/tracee.h"

#include <errno.h>
#include <string.h>

static volatile sig_atomic_t interrupted;

/* Signals are held: somebody has to look. */
static void look(void *data, double fraction)
{
	(void)data;
	(void)fraction;
	interrupted = tracee_interrupted() != 0;
}

static bool is_whole(const struct gilscope *g)
{
	return gilscope_is_whole(g) && !gilscope_get(g, "quality", 0, "attempts_found").count &&
	       !gilscope_get(g, "quality", 0, "holds_found").count;
}

void tracep(struct gilscope **trace)
{
	gilscope_free(*trace);
}

int trace_read(const char *path, const char *recording, const char *time, struct gilscope **out,
	       bool *whole)
{
	const struct gilscope_options o = {
		.size = sizeof(o), .path = path, .recording = recording, .time = time,
		.progress = look, .interrupted = &interrupted,
	};
	cleanup(tracep) struct gilscope *g = NULL;
	int r = gilscope_read(&g, &o);

	if (r)
		return r < 0 ? r : -EINVAL;
	if (tracee_interrupted())
		return err(-EINTR, "interrupted");
	if (whole)
		*whole = is_whole(g);
	*out = steal(&g);
	return 0;
}

/* ---- its GILs ------------------------------------------------------------------------ */

static uint64_t of_gil(const struct gilscope *g, size_t row, const char *column)
{
	return gilscope_get(g, "gils", row, column).count;
}

static uint64_t busiest_pid(const struct gilscope *g)
{
	uint64_t most = 0, pid = 0;

	for (size_t i = 0; i < gilscope_rows(g, "gils"); i++)
		if (of_gil(g, i, "acquisitions") > most) {
			most = of_gil(g, i, "acquisitions");
			pid = of_gil(g, i, "pid");
		}
	return pid;
}

struct trace_totals trace_totals(const struct gilscope *g)
{
	struct trace_totals total = { .pid = busiest_pid(g) };

	for (size_t i = 0; total.pid && i < gilscope_rows(g, "gils"); i++) {
		if (of_gil(g, i, "pid") != total.pid)
			continue;
		total.interval = of_gil(g, i, "interval");
		total.acquisitions += of_gil(g, i, "acquisitions");
		total.failed += of_gil(g, i, "failed_attempts");
		total.checks += of_gil(g, i, "checks");
		total.ticks += of_gil(g, i, "ticks");
		total.handovers_same_cpu += of_gil(g, i, "switches_same_cpu");
		total.handovers_other_cpu += of_gil(g, i, "switches_other_cpu");
		total.failed_same_cpu += of_gil(g, i, "failed_same_cpu");
		total.failed_other_cpu += of_gil(g, i, "failed_other_cpu");
	}
	return total;
}

/* ---- its threads --------------------------------------------------------------------- */

uint64_t trace_of_thread(const struct gilscope *g, size_t row, const char *column)
{
	return gilscope_get(g, "threads", row, column).count;
}

/* The next thread of that process from `row` on, or TRACE_NO_ROW. */
static size_t next_thread(const struct gilscope *g, size_t row)
{
	uint64_t pid = busiest_pid(g);

	for (; row < gilscope_rows(g, "threads"); row++)
		if (of_gil(g, trace_of_thread(g, row, "gil"), "pid") == pid &&
		    !gilscope_get(g, "threads", row, "folded").flag)
			return row;
	return TRACE_NO_ROW;
}

static size_t next_worker(const struct gilscope *g, size_t row)
{
	row = next_thread(g, row);
	while (row != TRACE_NO_ROW && gilscope_get(g, "threads", row, "is_main").flag)
		row = next_thread(g, row + 1);
	return row;
}

#define EACH_WORKER(row, g) \
	(size_t row = next_worker((g), 0); row != TRACE_NO_ROW; row = next_worker((g), row + 1))

size_t trace_thread(const struct gilscope *g, const char *name)
{
	size_t row = next_thread(g, 0);

	while (row != TRACE_NO_ROW && strcmp(gilscope_get(g, "threads", row, "name").text, name))
		row = next_thread(g, row + 1);
	return row;
}

uint64_t trace_longest_wait_ns(const struct gilscope *g)
{
	uint64_t longest = 0;

	for EACH_WORKER(row, g)
		if (trace_of_thread(g, row, "wait_max_ns") > longest)
			longest = trace_of_thread(g, row, "wait_max_ns");
	return longest;
}

bool trace_common_time(const struct gilscope *g, uint64_t *from_ns, uint64_t *to_ns)
{
	bool any = false;

	*from_ns = 0;
	*to_ns = UINT64_MAX;
	for EACH_WORKER(row, g) {
		any = true;
		if (trace_of_thread(g, row, "first_ns") > *from_ns)
			*from_ns = trace_of_thread(g, row, "first_ns");
		if (trace_of_thread(g, row, "last_ns") < *to_ns)
			*to_ns = trace_of_thread(g, row, "last_ns");
	}
	return any && *from_ns < *to_ns;
}

double trace_fairness(const struct gilscope *g)
{
	double sum = 0, squares = 0, n = 0;

	for EACH_WORKER(row, g) {
		double held = (double)trace_of_thread(g, row, "holding_ns");

		sum += held;
		squares += held * held;
		n++;
	}
	return squares > 0 ? sum * sum / (n * squares) : 0;
}
