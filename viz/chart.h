/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_CHART_H
#define GILSCOPE_VIZ_CHART_H

#include "analyzer/histogram.h"
#include "base/text.h"

/*
 * A histogram of durations in block characters: a column for each power of
 * two of nanoseconds, its height the number of values. A column that is not
 * empty shows at least a trace of it. Thread-safe.
 */
void chart_print(const struct histogram *h, const struct page *page);

#endif
