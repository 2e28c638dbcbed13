/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_FIELDS_H
#define GILSCOPE_VIZ_FIELDS_H

#include "analyzer/metrics.h"

/*
 * The numbers of a thread, a GIL and a trace under the names that all exports
 * use, so that no format can differ from another. A table ends with a NULL name.
 */
struct field {
	const char *name;
	size_t offset; /* of a uint64_t */
	size_t plus;   /* of another one to add; 0: none */
};

extern const struct field thread_fields[]; /* in struct thread_metrics */
extern const struct field gil_fields[];    /* in struct gil_metrics */
extern const struct field trace_fields[];  /* in struct trace_end: what there was */
extern const struct field quality_fields[]; /* in struct trace_end: how good it is */

uint64_t field_value(const struct field *f, const void *of);

/* The three histograms of a thread, without their "_ns". */
struct histogram_field {
	const char *name;
	size_t offset; /* of a struct histogram * in struct thread_metrics */
};
extern const struct histogram_field histogram_fields[]; /* NULL name ends */
const struct histogram *histogram_field(const struct histogram_field *f,
					const struct thread_metrics *t);

/* What is told of a histogram: count, total, mean, min, p50, p90, p99, p999, max. */
struct statistic {
	const char *name;
	uint64_t (*value)(const struct histogram *h);
};
extern const struct statistic statistics[]; /* NULL name ends; the first one, count, is no duration */

/* "entry" for gil:entry */
const char *kind_name(enum gil_kind kind);

extern const char *const leave_reason_names[GIL_LEAVE_REASONS];

#endif
