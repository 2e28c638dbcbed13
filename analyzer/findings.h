/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FINDINGS_H
#define GILSCOPE_ANALYZER_FINDINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/*
 * Named diagnoses. A detector is a file in analyzer/findings/ that looks at
 * the results of a pass and says what is wrong, where to look, what it costs
 * and what to do. Not thread-safe.
 */
struct results;

enum { FINDING_THREADS = 4 };

struct finding {
	const char *name;        /* of its detector: "battle", "convoy", "long_hold", ... */
	uint32_t gil;            /* index */
	int64_t from_ns, to_ns;  /* where to look, since the epoch: can be pasted into --time */
	uint64_t cost_ns;        /* thread time spent waiting because of it */
	uint32_t threads[FINDING_THREADS]; /* rows, the most important first */
	size_t n_threads;        /* that are named, at most FINDING_THREADS */
	size_t n_concerned;      /* of that kind, all */
	char waiter_rows[FINDING_THREADS * 11]; /* rows of those that waited because of it, as "2 0"; "": they are more */
	char verdict[256];       /* one sentence that can stand alone as the answer, names included */
	char evidence[512];      /* the numbers that it rests on */
	char advice[384];        /* one line */
};

struct findings;

/* Asks every detector. `results` without findings; borrowed for the call. @return 0 or < 0 with a sentence. */
int findings_new(struct findings **out, const struct results *results);
struct findings *findings_free(struct findings *f); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct findings *, findings_free);

/* By cost, the costliest first; for each GIL at least one ("no_contention" where nothing else is said). */
size_t findings_list(const struct findings *f, const struct finding **out);

/* The names that findings can have: 0, 1, 2, ...; NULL: no more. */
const char *findings_name(size_t i);

#endif
