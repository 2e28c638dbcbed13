/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TESTS_UNIT_PLAYED_H
#define GILSCOPE_TESTS_UNIT_PLAYED_H

#include "analyzer/results.h"
#include "play.h"

/*
 * A play with all its results, as a command gets them from a trace: for what
 * prints, judges or compares. The findings are the test's own.
 */
struct played {
	struct play play;
	struct course *course;
	struct quality quality;
	struct results results;
};

/* @width_ns of the buckets; 0: no course. */
void played(struct played *p, const char *events, uint64_t width_ns);
void played_with(struct played *p, const struct model_options *options, const char *events, uint64_t width_ns);
void played_done(struct played *p);

/* About a text: a part is in it, or is not; it begins so; a part comes before another. */
void assert_has(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);
void assert_begins(const char *text, const char *begin);
void assert_order(const char *text, const char *first, const char *then);

#endif
