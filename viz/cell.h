/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_CELL_H
#define GILSCOPE_VIZ_CELL_H

#include "analyzer/columns.h"
#include "base/text.h"

/*
 * Any number of the tables as people read it: 12,345, 5.01 ms, 49.1 %, "-"
 * when it is not known. Thread-safe.
 */
enum { CELL_TEXT = TEXT_NAME };
const char *cell_text(char *buffer, size_t size, const struct page *page,
		      const struct column *column, struct value value);

/* A ratio that is no share: 0.097, 3.71, 12.3, 1,234 */
const char *cell_ratio(char *buffer, size_t size, double ratio);

/* The ratios that are a part of a whole: shown as per cent. */
bool cell_is_share(const struct column *column);

/* A time since the trace's begin, not a duration. */
bool cell_is_time(const struct column *column);

/*
 * A statistic of no values at all, or what this GIL cannot show (retries,
 * ticks): a 0 that would mislead. `row` is of the table of `column`.
 */
bool cell_says_nothing(const struct column *column, const void *row, const struct gil_info *gil);

#endif
