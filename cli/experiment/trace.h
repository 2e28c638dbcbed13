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

/* The GIL that was fought for most. NULL: there is none. */
const struct gil_metrics *trace_gil(const struct metrics *metrics);

/* The thread of that GIL with this name, or NULL. */
const struct thread_metrics *trace_thread(const struct metrics *metrics, const char *name);

/* How long the slowest of the threads of that GIL, without the main thread, waited for it once. */
uint64_t trace_longest_wait_ns(const struct metrics *metrics);

/* The time during which all threads of that GIL ran, without the main thread. false: never. */
bool trace_common_time(const struct metrics *metrics, int64_t *from_ns, int64_t *to_ns);

/*
 * Jain's index over the times that these threads held the GIL: 1 when all are equal, 1/n when one of n had
 * all of it; 0: none held it.
 */
double trace_fairness(const struct metrics *metrics);

#endif
