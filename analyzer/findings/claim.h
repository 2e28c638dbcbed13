/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FINDINGS_CLAIM_H
#define GILSCOPE_ANALYZER_FINDINGS_CLAIM_H

#include "analyzer/findings/detector.h"
#include "analyzer/findings/words.h"

/*
 * Which waits a finding explains: a detector says of each pair of a GIL how
 * much of it is its own.
 */
struct claim {
	/* @waiter, @holder: their rows if they have numbers of their own, else NULL. @return ns; what is more than yet unexplained does not count. */
	uint64_t (*of)(const struct claim *claim, const struct thread_metrics *waiter,
		       const struct thread_metrics *holder, const struct pair_metrics *pair);
	const struct gil_metrics *gil;
};

/* What it comes to. */
struct claimed {
	uint64_t cost_ns;
	uint64_t failed, waits;    /* of these pairs */
	struct cast waiters, holders; /* by cost */
	const struct pair_metrics *top; /* the costliest pair; NULL: there is none */
	int64_t first_ns, last_ns; /* from the first of these waits to the end of the last */
};

/* Adds it up, and explains nothing. */
struct claimed claim_look(struct findings *f, const struct results *r, const struct claim *claim);

/* Explains it. */
void claim_take(struct findings *f, const struct results *r, const struct claim *claim);

#endif
