/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_STUDY_H
#define GILSCOPE_ANALYZER_STUDY_H

#include "analyzer/results.h"

/*
 * Everything that is counted in one pass, made into one set of results:
 * metrics, the course over time where it is asked for, and the findings.
 * Not thread-safe.
 */
struct study;

struct study_options {
	bool course;       /* also the buckets */
	uint64_t width_ns; /* of a bucket; 0: chosen */
};

int study_new(struct study **out, const struct study_options *options);
struct study *study_free(struct study *s); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct study *, study_free);

/* The sinks to hand to analysis_run(); owned by `s`. */
enum { STUDY_SINKS = 2 };
size_t study_sinks(struct study *s, struct sink *sinks[STUDY_SINKS]);

/* After the pass. `quality` is copied; its sentence is borrowed until study_free(). @return 0 or < 0 with a sentence. */
int study_conclude(struct study *s, const struct quality *quality);

/* After study_conclude(); borrowed. */
const struct results *study_results(const struct study *s);

#endif
