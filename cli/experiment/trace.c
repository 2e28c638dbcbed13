/* SPDX-License-Identifier: MIT */
#include "cli/experiment/trace.h"

#include "analyzer/analysis.h"
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

static bool is_whole(const struct trace_end *e)
{
	return !e->lost_events && !e->lost_packets && !e->loss_unknown && !e->violations &&
	       !e->attempts_found && !e->holds_found;
}

int trace_read(const char *path, const char *recording, const char *time, struct metrics **out,
	       bool *whole)
{
	struct analysis_options o = {
		.path = path, .recording = recording, .time = time,
		.progress = look, .interrupted = &interrupted,
	};
	cleanup(metrics_freep) struct metrics *metrics = NULL;
	int r = metrics_new(&metrics);

	if (r)
		return r;
	r = analysis_run(&o, (struct sink *[]){ metrics_sink(metrics) }, 1);
	if (r < 0)
		return r;
	if (r == ANALYSIS_E_INCOMPLETE)
		err_clear();
	if (tracee_interrupted())
		return err(-EINTR, "interrupted");
	if (whole)
		*whole = !r && is_whole(metrics_end(metrics));
	*out = steal(&metrics);
	return 0;
}

static int32_t busiest_pid(const struct gil_metrics *gils, size_t n)
{
	const struct gil_metrics *most = NULL;

	for (size_t i = 0; i < n; i++)
		if (gils[i].acquisitions && (!most || gils[i].acquisitions > most->acquisitions))
			most = &gils[i];
	return most ? most->info.pid : 0;
}

struct trace_totals trace_totals(const struct metrics *metrics)
{
	const struct gil_metrics *gils;
	size_t n = metrics_gils(metrics, &gils);
	struct trace_totals total = { .pid = busiest_pid(gils, n) };

	for (const struct gil_metrics *g = gils; total.pid && g < gils + n; g++) {
		if (g->info.pid != total.pid)
			continue;
		total.interval = g->info.interval;
		total.acquisitions += g->acquisitions;
		total.failed += g->failed;
		total.checks += g->checks;
		total.ticks += g->ticks;
		total.handovers_same_cpu += g->switches_same_cpu;
		total.handovers_other_cpu += g->switches_other_cpu;
		total.failed_same_cpu += g->failed_same_cpu;
		total.failed_other_cpu += g->failed_other_cpu;
	}
	return total;
}

/* ---- its threads --------------------------------------------------------------------- */

/* The next thread after `t` of that process; NULL: the first, or there are no more. */
static const struct thread_metrics *next_thread(const struct metrics *metrics,
						const struct thread_metrics *t)
{
	const struct thread_metrics *threads;
	size_t n = metrics_threads(metrics, &threads);
	int32_t pid = trace_totals(metrics).pid;

	for (t = t ? t + 1 : threads; t < threads + n; t++)
		if (t->info.gil->pid == pid && !t->folded)
			return t;
	return NULL;
}

static const struct thread_metrics *next_worker(const struct metrics *metrics,
						const struct thread_metrics *t)
{
	do
		t = next_thread(metrics, t);
	while (t && t->info.is_main);
	return t;
}

const struct thread_metrics *trace_thread(const struct metrics *metrics, const char *name)
{
	const struct thread_metrics *t = NULL;

	while ((t = next_thread(metrics, t)) && strcmp(t->info.name, name))
		;
	return t;
}

uint64_t trace_longest_wait_ns(const struct metrics *metrics)
{
	uint64_t longest = 0;

	for (const struct thread_metrics *t = NULL; (t = next_worker(metrics, t));)
		if (histogram_max(t->wait_ns) > longest)
			longest = histogram_max(t->wait_ns);
	return longest;
}

bool trace_common_time(const struct metrics *metrics, int64_t *from_ns, int64_t *to_ns)
{
	*from_ns = INT64_MIN;
	*to_ns = INT64_MAX;
	for (const struct thread_metrics *t = NULL; (t = next_worker(metrics, t));) {
		if (t->info.first_ns > *from_ns)
			*from_ns = t->info.first_ns;
		if (t->info.last_ns < *to_ns)
			*to_ns = t->info.last_ns;
	}
	return *from_ns > 0 && *from_ns < *to_ns;
}

double trace_fairness(const struct metrics *metrics)
{
	double sum = 0, squares = 0, n = 0;

	for (const struct thread_metrics *t = NULL; (t = next_worker(metrics, t)); n++) {
		double held = (double)t->state_ns[STATE_HOLDING];

		sum += held;
		squares += held * held;
	}
	return squares > 0 ? sum * sum / (n * squares) : 0;
}
