/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_RESULTS_H
#define GILSCOPE_ANALYZER_RESULTS_H

#include "analyzer/course.h"
#include "analyzer/findings.h"
#include "analyzer/metrics.h"
#include "analyzer/quality.h"

/*
 * All that one pass found out, as every output reads it. The tables are
 * borrowed from their makers and are not changed by anybody.
 */
struct results {
	const struct trace_info *trace;
	const struct quality *quality;
	const char *const *violations; /* the first ones, in words */
	size_t n_violations;
	const struct gil_metrics *gils;
	size_t n_gils;
	const struct thread_metrics *threads;
	size_t n_threads;
	const struct pair_metrics *pairs; /* by wait_ns */
	size_t n_pairs;
	const struct bucket *buckets; /* by GIL, then by time; none where nobody asked for the course */
	size_t n_buckets;
	const struct finding *findings; /* the costliest first */
	size_t n_findings;
};

/* ns from the trace's begin; 0 for what is not after it. */
static inline uint64_t results_since_begin(const struct results *r, int64_t ts_ns)
{
	int64_t begin_ns = r->quality->end.begin_ns;

	return ts_ns > begin_ns ? (uint64_t)(ts_ns - begin_ns) : 0;
}

#endif
