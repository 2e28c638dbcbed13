/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_DIFF_H
#define GILSCOPE_VIZ_DIFF_H

#include "viz/choice.h"
#include "base/text.h"

/*
 * Two recordings side by side, A and B: what changed in each GIL and in each
 * thread. GILs are matched by their order; threads by their name (the second
 * one of a name with the second one), the rest by their order.
 * Not thread-safe.
 */
struct diff_options {
	struct choice fields; /* of the threads */
	struct order order;   /* threads whose first column here changed most come first */
	uint64_t limit;       /* of threads; 0: 20 */
};

/* What is shown when nobody says otherwise. */
void diff_default(struct diff_options *o);

/* @return 0, or < 0 when memory is short. */
int diff_print(const struct results *a, const struct results *b, const struct diff_options *options,
	       const struct page *page);

#endif
