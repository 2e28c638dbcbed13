/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_REPORT_H
#define GILSCOPE_VIZ_REPORT_H

#include "analyzer/metrics.h"
#include "viz/quality.h"

/*
 * The report for people: for each GIL a verdict in words, a summary, a table
 * of threads and who blocked whom; then the quality of the data.
 * Not thread-safe.
 * @metrics after its end(). @return 0, or < 0 when memory is short.
 */
int report_print(const struct metrics *metrics, const struct quality *quality,
		 const struct page *page);

#endif
