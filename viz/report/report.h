/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_REPORT_REPORT_H
#define GILSCOPE_VIZ_REPORT_REPORT_H

#include "viz/choice.h"
#include "base/text.h"

/*
 * The report for people, an answer first: the verdict as the first line; then
 * for each GIL a summary, the findings, its course over time (where it was
 * asked for), its threads, who waited for whom, how long waits and holds were;
 * then the quality of the data. Each part is a file of this folder.
 * Not thread-safe.
 */
enum { REPORT_LIMIT = 20, REPORT_PAIRS = 10 };

struct report_options {
	struct choice fields; /* of the table of threads, beside the name */
	struct order order;   /* of the threads */
	uint64_t limit;       /* of threads, pairs and findings; 0: REPORT_LIMIT, of pairs REPORT_PAIRS */
	bool by_gil, by_time, by_recording; /* why events may have been left out */
};

/* What is shown when nobody says otherwise. */
void report_default(struct report_options *o);

/* @return 0, or < 0 when memory is short. */
int report_print(const struct results *results, const struct report_options *options,
		 const struct page *page);

#endif
