/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_METRICS_H
#define GILSCOPE_ANALYZER_METRICS_H

#include "analyzer/histogram.h"
#include "analyzer/sink.h"

/*
 * The metrics of a trace: a sink that collects, and tables to read after its
 * end(). What each number means: docs/metrics.md, under the name that
 * analyzer/columns.c gives it.
 */
struct metrics;

/* Where the trace cannot tell: a count or duration, a ratio (test with isnan()). */
#define METRIC_UNKNOWN UINT64_MAX

/* Where in the trace the longest of something was: its begin, since the epoch; INT64_MIN: there was none. */
struct longest {
	uint64_t ns;
	int64_t at_ns;
};

enum { CPU_SET_WORDS = 8 }; /* CPUs from 512 on count as that many less */

/* All zero where info.selected is false: a thread that is only named, as a holder. */
struct thread_metrics {
	struct thread_info info; /* a copy, as it was at the end; info.gil stays valid with the metrics */
	uint64_t entries; /* without pokes */
	uint64_t acquisitions, acquisitions_contended;
	uint64_t busy, retries, retries_timed_out;
	uint64_t retries_max;  /* of one attempt */
	uint64_t failed_same_cpu, failed_other_cpu; /* as the blamed hold's begin; neither where unknown */
	uint64_t releases, releases_requested;
	uint64_t checks, ticks;
	uint64_t left[GIL_LEAVE_REASONS]; /* attempts (and thread ends) that left, by reason */
	uint64_t life_ns, state_ns[THREAD_STATES]; /* the states sum to the life */
	uint64_t switches_in;  /* acquisitions after another thread's hold */
	uint64_t barging;      /* took it back after its own RELEASE, with nobody between, while others slept waiting */
	uint64_t overruns, overrun_ns; /* holds in which others slept longer than the switch interval; the excess */
	struct longest overrun; /* the worst: the whole hold */
	struct longest blocking; /* the longest that others slept in one hold, up to its end */
	uint64_t waits_long;   /* contended waits of more than LONG_INTERVALS switch intervals */
	struct longest attempt; /* the longest, also if it was cut, left or waits still */
	uint64_t migrations;   /* ACQUIRE on another CPU than its ACQUIRE before */
	int32_t last_cpu;      /* of its last ACQUIRE; -1 */
	uint64_t cpu_set[CPU_SET_WORDS]; /* on which it acquired */
	bool still_waiting, still_holding;
	bool folded;           /* the "others" row: ended threads beyond the limit */
	struct histogram *wait_ns, *wait_contended_ns, *hold_ns; /* never NULL */

	/* Made of the above at the end: */
	uint64_t failed;       /* busy + retries */
	uint64_t cpus;
	uint64_t blocked_others_ns; /* what the contended waits of others blame on it */
	uint32_t longest_holder;    /* who held most of its longest contended wait: a row, or PAIR_NOBODY */
	double hold_ratio, wait_ratio; /* of its life: holding; entering or waiting */
	double hold_share;     /* of all holding of its GIL */
	double progress_ratio; /* hold / (hold + wait) */
	double retries_per_acquisition;
	double ticks_per_check;
};

enum { LONG_INTERVALS = 10 };

/* How much `waiter` waited, in contended attempts, while `holder` held. Indexes into the thread table; PAIR_NOBODY: free or unknown. */
#define PAIR_NOBODY UINT32_MAX
#define PAIR_OTHERS (UINT32_MAX - 1) /* as holder: all those beyond the limit of pairs */
struct pair_metrics {
	uint32_t waiter, holder;
	uint64_t wait_ns, max_ns; /* max_ns: the longest share of one wait */
	uint64_t waits;           /* contended attempts with a share of this holder */
	uint64_t failed;          /* BUSY and RETRY blamed on it */
	uint64_t handovers, handover_ns; /* from holder to waiter; of their time from RELEASE to ACQUIRE, that in which somebody wanted it */
	int64_t first_ns, last_ns; /* begin of the first such attempt, end of the last; since the epoch */
	int64_t max_at_ns;        /* the begin of the attempt with the longest share */
};

struct gil_metrics {
	struct gil_info info; /* a copy */
	uint64_t acquisitions, acquisitions_contended, busy, retries, retries_timed_out, failed;
	uint64_t releases, releases_requested, checks, ticks, switches;
	uint64_t barging, overruns, overrun_ns;
	uint64_t failed_same_cpu, failed_other_cpu; /* sums over its threads */
	uint64_t switches_same_cpu, switches_other_cpu; /* from RELEASE to ACQUIRE; neither where unknown */
	uint64_t held_ns;      /* sum of the holds that were seen, also of those cut */
	uint64_t wait_ns;      /* sum over its threads: entering and waiting, also what was cut */
	uint64_t waiting_ns;   /* sum over its threads: waiting, from BUSY on */
	uint64_t wanted_ns;    /* time with at least one thread asleep waiting */
	uint64_t active_ns;    /* time with at least one thread holding, entering or waiting */
	uint64_t dead_ns;      /* free while wanted, between two holders */
	uint64_t waiters_max;  /* asleep at a time */
	int64_t first_ns, last_ns; /* first and last event, or the ends of --time; since the epoch */
	struct histogram *handover_ns; /* from RELEASE to another thread's ACQUIRE, where somebody wanted it all the while; never NULL */

	/* Made of the above at the end: */
	uint64_t wall_ns;      /* last - first */
	uint64_t threads;      /* rows of this GIL that show themselves */
	double utilisation, contention; /* held, wanted / wall */
	double waiters_mean;   /* waiting / wall */
	double demand;         /* (wait + held) / wall: above 1 somebody has to wait */
	double badness;        /* failed / checks */
	double dead_ratio;     /* dead / wall */
	double switches_per_s;
	double fairness_hold, fairness_progress; /* Jain's index over the threads: 1 fair, 1/n one has all */
	double hold_share_max;
	double parallelism_bound; /* (wait + held) / active: upper bound of what free threading could give */
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
