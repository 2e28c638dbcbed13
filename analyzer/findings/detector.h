/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FINDINGS_DETECTOR_H
#define GILSCOPE_ANALYZER_FINDINGS_DETECTOR_H

#include "analyzer/results.h"

/*
 * One kind of finding. A new one is a file that defines a `struct detector`
 * and a line in findings.c.
 *
 * The detectors of a GIL are asked one after the other, the most specific
 * first. Each explains waits, pair by pair, and what is explained is gone: no
 * wait is in the cost of two findings, and a general finding costs only what
 * no specific one explains.
 */
struct detector {
	const char *name; /* of its findings */
	/* Looks at one GIL and adds what it finds. @return 0 or < 0 with a sentence. */
	int (*look)(struct findings *out, const struct results *r, const struct gil_metrics *gil);
};

/* Copies `finding`; its name and GIL are filled in. @return 0 or -ENOMEM with a sentence. */
int findings_add(struct findings *f, const struct finding *finding);

/* What the findings of the present GIL cost so far, and how many they are. */
uint64_t findings_cost(const struct findings *f);
size_t findings_count(const struct findings *f);

/* The rows of the present GIL in the tables of threads and of pairs, in the order of these: there may be thousands of GILs. */
struct placed {
	uint32_t gil, row;
};
struct rows {
	const struct placed *list;
	size_t n;
};
struct rows findings_threads(const struct findings *f);
struct rows findings_pairs(const struct findings *f);

/* What no finding explains yet of the wait of a pair; explains `ns` of it, which is not more. */
uint64_t findings_unexplained(const struct findings *f, size_t pair);
void findings_explain(struct findings *f, size_t pair, uint64_t ns);

/* Two numbers for each row of the thread table, to add up in: of whom waits, of whom is waited for. All 0 at first. */
struct tally {
	uint64_t *waited, *blocked;
};
struct tally *findings_tally(struct findings *f);

/* From the most specific to the most general. */
extern const struct detector detect_signal_storm, detect_long_hold, detect_starvation, detect_convoy,
	detect_priority_inversion, detect_battle, detect_oversubscription, detect_contention,
	detect_no_contention;

#endif
