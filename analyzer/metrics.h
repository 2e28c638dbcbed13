/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_METRICS_H
#define GILSCOPE_ANALYZER_METRICS_H

#include "analyzer/histogram.h"
#include "analyzer/sink.h"

/*
 * The metrics of a trace: a sink that collects, and tables to read after its
 * end(). Docs of each number: docs/metrics.md.
 */
struct metrics;

/* All zero where info.selected is false: a thread that is only named, as a holder. */
struct thread_metrics {
	struct thread_info info; /* a copy, as it was at the end; info.gil stays valid with the metrics */
	uint64_t entries; /* without pokes */
	uint64_t acquisitions, acquisitions_contended;
	uint64_t busy, retries, retries_timed_out;
	uint64_t failed_same_cpu, failed_other_cpu; /* as the blamed hold's begin; neither where unknown */
	uint64_t releases, releases_requested;
	uint64_t checks, ticks;
	uint64_t left[GIL_LEAVE_REASONS]; /* attempts (and thread ends) that left, by reason */
	uint64_t life_ns, state_ns[THREAD_STATES]; /* the states sum to the life */
	uint64_t switches_in;  /* acquisitions after another thread's hold */
	bool still_waiting, still_holding;
	bool folded;           /* the "others" row: ended threads beyond the limit */
	struct histogram *wait_ns, *wait_contended_ns, *hold_ns; /* never NULL */
};

static inline uint64_t thread_failed(const struct thread_metrics *t)
{
	return t->busy + t->retries;
}

/* How much `waiter` waited, in contended attempts, while `holder` held. Indexes into the thread table; PAIR_NOBODY: free or unknown. */
#define PAIR_NOBODY UINT32_MAX
#define PAIR_OTHERS (UINT32_MAX - 1) /* as holder: all those beyond the limit of pairs */
struct pair_metrics {
	uint32_t waiter, holder;
	uint64_t wait_ns, max_ns; /* max_ns: the longest share of one wait */
	uint64_t waits;           /* contended attempts with a share of this holder */
	uint64_t failed;          /* BUSY and RETRY blamed on it */
};

struct gil_metrics {
	struct gil_info info; /* a copy */
	uint64_t acquisitions, failed, checks, ticks, switches;
	uint64_t failed_same_cpu, failed_other_cpu; /* sums over its threads */
	uint64_t switches_same_cpu, switches_other_cpu; /* from RELEASE to ACQUIRE; neither where unknown */
	uint64_t held_ns;      /* sum of the holds that were seen, also of those cut */
	uint64_t wanted_ns;    /* time with at least one thread asleep waiting */
	uint64_t dead_ns;      /* free while wanted, between two holders */
	int64_t first_ns, last_ns; /* first and last event, or the ends of --time */
};

int metrics_new(struct metrics **out);
struct metrics *metrics_free(struct metrics *m); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct metrics *, metrics_free);

/* The sink to hand to analysis_run(); owned by `m`. */
struct sink *metrics_sink(struct metrics *m);

/* After the pass. All borrowed from `m`. Threads are in order of appearance, GILs by index, pairs by wait_ns. */
size_t metrics_threads(const struct metrics *m, const struct thread_metrics **out);
size_t metrics_gils(const struct metrics *m, const struct gil_metrics **out);
size_t metrics_pairs(const struct metrics *m, const struct pair_metrics **out);
const struct trace_info *metrics_trace(const struct metrics *m);
const struct trace_end *metrics_end(const struct metrics *m);

/* The first violations as text ("t2: RELEASE by a thread that does not hold it, at +1.234567890 s"), at most 10. */
size_t metrics_violations(const struct metrics *m, const char *const **out);

#endif
