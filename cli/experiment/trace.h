/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_TRACE_H
#define GILSCOPE_CLI_EXPERIMENT_TRACE_H

#include "lib/gilscope.h"

/* Reads what was recorded of a trial. Not thread-safe. */

/*
 * @recording its id. @time as --time takes it, or NULL.
 * @whole false when events are lost or unlawful, or what came before them is missing; may be NULL.
 * @return 0, or < 0 with a sentence: -EINTR when a signal asks us to end.
 */
int trace_read(const char *path, const char *recording, const char *time, struct gilscope **out,
	       bool *whole);

/* For cleanup(). */
void tracep(struct gilscope **trace);

/*
 * All GILs of the process that took one most often: a design without a lock
 * has one for each thread. `pid` 0: nobody took any.
 */
struct trace_totals {
	uint64_t pid;
	uint64_t interval; /* of the last of them */
	uint64_t acquisitions, failed, checks, ticks;
	uint64_t handovers_same_cpu, handovers_other_cpu;
	uint64_t failed_same_cpu, failed_other_cpu;
};
struct trace_totals trace_totals(const struct gilscope *trace);

/* A number of a thread, by its name in docs/metrics.md. */
uint64_t trace_of_thread(const struct gilscope *trace, size_t row, const char *column);

/* The row of the thread of that process with this name, or TRACE_NO_ROW. */
#define TRACE_NO_ROW SIZE_MAX
size_t trace_thread(const struct gilscope *trace, const char *name);

/* Of the process's threads without the main thread: the longest that one waited for its GIL. */
uint64_t trace_longest_wait_ns(const struct gilscope *trace);

/* The time, from the trace's begin, during which all of these ran. false: never. */
bool trace_common_time(const struct gilscope *trace, uint64_t *from_ns, uint64_t *to_ns);

/*
 * Jain's index over the times that these held the GIL: 1 when all are equal, 1/n when one of n
 * had all of it; 0: none held it.
 */
double trace_fairness(const struct gilscope *trace);

#endif
