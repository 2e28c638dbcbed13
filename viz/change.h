/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_CHANGE_H
#define GILSCOPE_VIZ_CHANGE_H

#include "analyzer/columns.h"
#include "base/text.h"

/*
 * How one number differs between two recordings. A change is significant when
 * one is more than 1.5 times the other, and it is beyond the noise within the
 * recordings: counts, sums of time, and ratios made of them by 3 standard
 * deviations, as they vary between 16 parts of a recording (viz/noise.h; counts
 * at least by 3 sqrt(A + B)), and times by a hundredth of the shorter
 * recording, ratios of times by 0.01; the means of waits, holds and hand-overs
 * by 3 standard errors; their percentiles when each lies outside of the ranks
 * in which the other one's could be (3 sigma). What is the smallest or the
 * largest of a distribution is never significant. Thread-safe.
 */
struct side {
	const struct results *results;
	const void *row; /* NULL: this recording does not have it */
	const struct gil_info *gil; /* what it cannot show is not known */
};

struct change {
	const struct column *column;
	struct value a, b;
	double difference; /* B - A, where both are known */
	bool significant;
};

struct change change_of(const struct column *column, struct side a, struct side b);

/* "+12,345", "-1.20 ms", "+3.1 points" (shares, in hundredths of the whole); "-" when not both are known. */
const char *change_difference(char *buffer, size_t size, const struct change *c);

/* "+12.5 %", with " *" when it is significant; "new" from 0; "" where nothing changed. */
const char *change_percent(char *buffer, size_t size, const struct change *c);

#endif
