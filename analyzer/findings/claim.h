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
	uint64_t free_ns;          /* of the cost: nobody held it, or nobody was seen to */
	uint64_t others_ns;        /* of the cost: behind threads that are summed up */
	uint64_t hurt_ns;          /* the most that one thread waited, of those that waited a fiftieth of their life */
	int64_t first_ns, last_ns; /* from the first of these waits to the end of the last */
};

/* Adds it up, and explains nothing. */
struct claimed claim_look(struct findings *f, const struct results *r, const struct claim *claim);

/*
 * Whether it is worth a word. A sum over many threads alone says little: there
 * must be somebody who waits for a fiftieth of the wall time, or one thread that
 * waits for a fiftieth of its life. The sum is a fiftieth of the wall time, too,
 * or that one thread waits a second in all.
 */
enum { MATTERS_SHARE = 50, MATTERS_NS = 1000000000 };
bool claim_matters(const struct claimed *sum, const struct gil_metrics *gil);

/*
 * After claim_look(): of the threads with something in `tally` (what of it each waited, or was waited for), the
 * row of the one with the largest `length_ns`; PAIR_NOBODY: there is none.
 */
uint32_t claim_longest(struct findings *f, const struct results *r, const uint64_t *tally,
		       uint64_t (*length_ns)(const struct thread_metrics *t));

/* Explains it. */
void claim_take(struct findings *f, const struct results *r, const struct claim *claim);

#endif
