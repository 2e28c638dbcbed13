/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_TRACE_H
#define GILSCOPE_CLI_EXPERIMENT_TRACE_H

#include "analyzer/metrics.h"

/* Reads what was recorded of a trial. Not thread-safe. */

/*
 * @recording its id. @time as --time takes it, or NULL.
 * @whole false when events are lost or unlawful, or what came before them is missing; may be NULL.
 * @return 0, or < 0 with a sentence: -EINTR when a signal asks us to end.
 */
int trace_read(const char *path, const char *recording, const char *time, struct metrics **out,
	       bool *whole);

/*
 * All GILs of the process that took one most often: a design without a lock
 * has one for each thread. `pid` 0: nobody took any.
 */
struct trace_totals {
	int32_t pid;
	int64_t interval; /* of the last of them */
	uint64_t acquisitions, failed, checks, ticks;
	uint64_t handovers_same_cpu, handovers_other_cpu;
	uint64_t failed_same_cpu, failed_other_cpu;
};
struct trace_totals trace_totals(const struct metrics *metrics);

/* The thread of that process with this name, or NULL. */
const struct thread_metrics *trace_thread(const struct metrics *metrics, const char *name);

/* Of the process's threads without the main thread: the longest that one waited for its GIL. */
uint64_t trace_longest_wait_ns(const struct metrics *metrics);

/* The time, since the epoch, during which all of these ran. false: never. */
bool trace_common_time(const struct metrics *metrics, int64_t *from_ns, int64_t *to_ns);

/*
 * Jain's index over the times that these held the GIL: 1 when all are equal, 1/n when one of n
 * had all of it; 0: none held it.
 */
double trace_fairness(const struct metrics *metrics);

#endif
