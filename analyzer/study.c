/* SPDX-License-Identifier: MIT */
#include "analyzer/study.h"

#include <errno.h>

#include "base/err.h"

struct study {
	struct metrics *metrics;
	struct course *course; /* NULL: not asked for */
	struct findings *findings;
	struct quality quality;
	struct results results;
};

int study_new(struct study **out, const struct study_options *options)
{
	cleanup(study_freep) struct study *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err(-ENOMEM, "out of memory");
	r = metrics_new(&s->metrics);
	if (!r && options->course)
		r = course_new(&s->course, options->width_ns);
	if (!r)
		*out = steal(&s);
	return r;
}

struct study *study_free(struct study *s)
{
	if (!s)
		return NULL;
	findings_free(s->findings);
	course_free(s->course);
	metrics_free(s->metrics);
	free(s);
	return NULL;
}

size_t study_sinks(struct study *s, struct sink *sinks[STUDY_SINKS])
{
	size_t n = 0;

	sinks[n++] = metrics_sink(s->metrics);
	if (s->course)
		sinks[n++] = course_sink(s->course);
	return n;
}

int study_conclude(struct study *s, const struct quality *quality)
{
	struct results *r = &s->results;
	int code;

	s->quality = *quality;
	r->quality = &s->quality;
	r->trace = metrics_trace(s->metrics);
	r->n_violations = metrics_violations(s->metrics, &r->violations);
	r->n_gils = metrics_gils(s->metrics, &r->gils);
	r->n_threads = metrics_threads(s->metrics, &r->threads);
	r->n_pairs = metrics_pairs(s->metrics, &r->pairs);
	if (s->course)
		r->n_buckets = course_buckets(s->course, &r->buckets);
	code = findings_new(&s->findings, r);
	if (!code)
		r->n_findings = findings_list(s->findings, &r->findings);
	return code;
}

const struct results *study_results(const struct study *s)
{
	return &s->results;
}
