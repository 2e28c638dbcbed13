/* SPDX-License-Identifier: MIT */
/* Reads a trace and prints what it holds as JSON: for tests and benchmarks of the analyzer alone. */
#include <inttypes.h>
#include <string.h>

#include "analyzer/analysis.h"
#include "analyzer/metrics.h"
#include "base/err.h"

static void print_thread(const struct thread_metrics *t, const char *separator)
{
	printf("    {\"gil\": %u, \"name\": \"%s\", \"tid\": %d, \"state\": \"%s\", \"entries\": %" PRIu64
	       ", \"acquisitions\": %" PRIu64 ", \"contended\": %" PRIu64 ", \"busy\": %" PRIu64
	       ", \"retries\": %" PRIu64 ", \"timed_out\": %" PRIu64 ", \"releases\": %" PRIu64
	       ", \"checks\": %" PRIu64 ", \"ticks\": %" PRIu64 ", \"wait_ns\": %" PRIu64
	       ", \"hold_ns\": %" PRIu64 "}%s\n",
	       t->info.gil->index, t->info.name, t->info.tid, thread_state_name(t->info.state),
	       t->entries, t->acquisitions, t->acquisitions_contended, t->busy, t->retries,
	       t->retries_timed_out, t->releases, t->checks, t->ticks,
	       histogram_total(t->wait_ns), histogram_total(t->hold_ns), separator);
}

static void print(const struct metrics *m)
{
	const struct trace_end *e = metrics_end(m);
	const struct thread_metrics *threads;
	const char *const *violations;
	size_t n = metrics_threads(m, &threads);

	printf("{\n  \"host\": \"%s\", \"streams\": %u, \"events\": %" PRIu64 ", \"other_events\": %" PRIu64
	       ", \"left_out\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"lost_packets\": %" PRIu64
	       ", \"violations\": %" PRIu64 ",\n  \"threads\": [\n",
	       metrics_trace(m)->host, metrics_trace(m)->streams, e->events, e->other_events,
	       e->left_out_events, e->lost_events, e->lost_packets, e->violations);
	for (size_t i = 0; i < n; i++)
		print_thread(&threads[i], i + 1 < n ? "," : "");
	printf("  ]\n}\n");
	n = metrics_violations(m, &violations);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s\n", violations[i]);
}

int main(int argc, char **argv)
{
	cleanup(metrics_freep) struct metrics *m = NULL;
	struct analysis_options options = { .path = argc > 1 ? argv[1] : "" };
	struct sink *sinks[1];
	int r;

	for (int i = 2; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--recording"))
			options.recording = argv[i + 1];
		else if (!strcmp(argv[i], "--gil"))
			options.gil = argv[i + 1];
		else if (!strcmp(argv[i], "--thread"))
			options.thread = argv[i + 1];
		else if (!strcmp(argv[i], "--time"))
			options.time = argv[i + 1];
	}
	r = metrics_new(&m);
	if (!r) {
		sinks[0] = metrics_sink(m);
		r = analysis_run(&options, sinks, 1);
	}
	if (r >= 0)
		print(m);
	err_print(stderr);
	return r == ANALYSIS_E_INCOMPLETE ? 3 : r ? 1 : 0;
}
