/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FILTER_H
#define GILSCOPE_ANALYZER_FILTER_H

#include "analyzer/sink.h"

/*
 * The filters as they are typed: --gil, --thread, --time. Parsers return 0 or
 * -EINVAL with a sentence that says what can be written. Thread-safe.
 */

struct gil_filter {
	enum { GIL_FILTER_ALL, GIL_FILTER_INDEX, GIL_FILTER_ID, GIL_FILTER_PID } by;
	uint64_t value;
};

/* "0" (an index), "6917529027641081857" (an id), "pid:1234"; NULL: all. */
int gil_filter_parse(struct gil_filter *out, const char *text);
bool gil_filter_match(const struct gil_filter *filter, const struct gil_info *gil);

/* Comma-separated names, shell patterns or tids; NULL: all. */
bool thread_filter_match(const char *filter, const struct thread_info *thread);

struct time_bound {
	enum { BOUND_OPEN, BOUND_ABSOLUTE, BOUND_RELATIVE, BOUND_PERCENT } kind;
	int64_t ns;     /* since the epoch, or since the trace's begin */
	double percent; /* of the trace */
};

struct time_filter {
	struct time_bound from, to;
};

/*
 * "FROM,TO", each one of: nothing (open); "1700000000.25" since the epoch;
 * "+1.5s" since the trace's begin; "10%". Units: s (if none), ms, us, ns.
 * "10%-20%" is understood, too. NULL: all.
 */
int time_filter_parse(struct time_filter *out, const char *text);

/* One such time; NULL: open. */
int time_bound_parse(struct time_bound *out, const char *text);

/* The bound in ns since the epoch, for a trace from begin_ns to end_ns; open_ns where there is none. */
int64_t time_bound_resolve(const struct time_bound *bound, int64_t begin_ns, int64_t end_ns,
			   int64_t open_ns);

#endif
