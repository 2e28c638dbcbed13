/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_RULE_H
#define GILSCOPE_VIZ_RULE_H

#include "analyzer/columns.h"
#include "base/text.h"

/*
 * What a recording must not be, for --fail-if: "METRIC OP VALUE", such as
 * "wait_p99>10ms", "threads.failed_attempts >= 1000", "contention>50%",
 * "incomplete==true"; or the name of a finding.
 *
 * METRIC is a column, with or without its "_ns", of gils, threads, pairs,
 * buckets (with --by), quality or trace: the first of these that has it,
 * unless TABLE. stands before it. Any row breaks a rule; a ratio of 0 to 0 (the
 * badness where nobody failed and nothing was offered) does not. Thread-safe.
 */
struct rule {
	const char *text; /* as it was written; borrowed */
	const struct table_columns *table; /* NULL: it is about findings */
	const struct column *column;
	enum rule_op { RULE_GT, RULE_GE, RULE_LT, RULE_LE, RULE_EQ, RULE_NE } op;
	double value;       /* whole ns for durations, 0 or 1 for flags; a ratio as column_rounded() gives it */
	const char *finding; /* a name */
};

/* @course: are there buckets? @return 0, or -EINVAL with a sentence. */
int rule_parse(struct rule *out, const char *text, bool course);

/*
 * Holds a recording against a rule and says on page->out, in a line, why it
 * does not pass: which rule, where, and what was measured, or that this is
 * not known. @return does it pass?
 */
bool rule_check(const struct rule *rule, const struct results *r, const struct page *page);

#endif
