/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_REPORT_SECTION_H
#define GILSCOPE_VIZ_REPORT_SECTION_H

#include "viz/cell.h"
#include "viz/report/report.h"

/* One GIL with what belongs to it, and the parts that print it. Inside of viz/report/ only. */
struct section {
	const struct page *page;
	const struct results *r;
	const struct report_options *options;
	const struct gil_metrics *gil;
	uint64_t *blamed_ns; /* by thread: the sum of its pairs, also of waits that were cut */
	bool several;        /* the report has more than one GIL */
	bool all;            /* no thread was left out by --thread */
	bool complete;       /* nothing was lost */
};

/* Does the thread belong to this GIL; and was it asked for? The others are only named, as holders. */
bool section_has(const struct section *s, const struct thread_metrics *t);
bool section_shows(const struct section *s, const struct thread_metrics *t);

/* How many rows of threads, pairs or findings to show; `usual` where nobody said. */
size_t section_limit(const struct section *s, size_t usual);

/* Waiting that ended, or is still going on at the end of the trace. */
uint64_t section_waited_ns(const struct thread_metrics *t);

/* A thread's name, or "(others)", as it may be shown. */
const char *section_thread(char *buffer, size_t size, const struct section *s,
			   const struct thread_metrics *t);
#define THREAD(s, t) section_thread((char[TEXT_NAME]){ 0 }, TEXT_NAME, (s), (t))

/* Any metric of the GIL by the name of its column, as it may be shown. */
const char *section_metric(char *buffer, size_t size, const struct section *s, const char *name);
#define METRIC(s, name) section_metric((char[TEXT_NUMBER]){ 0 }, TEXT_NUMBER, (s), (name))

/* A heading of a part. */
void section_heading(const struct section *s, const char *text);

/* The next finding of this GIL after `after` (NULL: the first, the costliest); NULL: no more. */
const struct finding *section_finding(const struct section *s, const struct finding *after);

/* Nobody took it and nobody wanted it: there is nothing to say about it. */
bool section_is_unused(const struct section *s);

/* The thread that waited longest, and for whom, in words. */
void section_say_who(const struct section *s, FILE *out);

/* Is there somebody who waited so long that section_say_who() names whom for? */
bool section_has_loser(const struct section *s);

/* The parts, in their order. @return 0, or < 0 when memory is short. */
int section_print_verdict(const struct section *s);
void section_print_summary(const struct section *s);
void section_print_findings(const struct section *s);
int section_print_course(const struct section *s);
int section_print_threads(const struct section *s);
int section_print_pairs(const struct section *s);
int section_print_histograms(const struct section *s);

/* How good the data are, for all GILs at once. */
void report_print_data(const struct results *r, const struct report_options *options,
		       const struct page *page);

#endif
