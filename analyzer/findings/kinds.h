/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FINDINGS_KINDS_H
#define GILSCOPE_ANALYZER_FINDINGS_KINDS_H

#include "analyzer/results.h"

/*
 * What kinds of threads there are, and what is long: the
 * questions that several detectors ask. docs/findings.md uses these words.
 */

/* CPython's switch interval, unless a program sets another: what "long" is measured by where there is none. */
enum { NOMINAL_INTERVAL_NS = 5000000 };
uint64_t kinds_interval_ns(const struct gil_metrics *gil);

/* Has numbers of its own, on this GIL: was asked for, and is no sum of several. */
bool kinds_counts(const struct thread_metrics *t, const struct gil_metrics *gil);

/*
 * CPU-bound: lets go mostly because it has to, at a check or when it is asked.
 * Where checks are not known: holds or wants the GIL nearly all of its life.
 */
bool kinds_computes(const struct thread_metrics *t);

/* The holder computes; or nobody has the GIL yet, which one that computes let go: a wake-up takes its time. */
bool kinds_is_behind_computing(const struct thread_metrics *holder, const struct pair_metrics *pair);

/* The other kind: lets go by itself, and holds for much less time than it waits (mean_hold * BRIEF <= mean wait). */
enum { BRIEF = 10 };
bool kinds_is_brief(const struct thread_metrics *t);

/* The row of a pair's waiter or holder if it counts on this GIL, else NULL. */
const struct thread_metrics *kinds_waiter(const struct results *r, const struct pair_metrics *p,
					  const struct gil_metrics *gil);
const struct thread_metrics *kinds_holder(const struct results *r, const struct pair_metrics *p,
					  const struct gil_metrics *gil);

#endif
