/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_ANALYSIS_H
#define GILSCOPE_ANALYZER_ANALYSIS_H

#include <signal.h>

#include "analyzer/sink.h"

/* The way in for everybody outside this folder: one pass over one trace. */

struct analysis_options {
	const char *path;      /* a trace, or a folder with traces below it */
	bool facts_only;       /* only the rare events, which our own recordings have apart */
	bool flight_recorder;  /* the newest events overwrote the oldest, earlier on some CPUs */
	const char *recording; /* keep the GILs of this recording only; NULL: all */
	const char *gil;       /* --gil: an index, a decimal id or a pid ("pid:123"); NULL: all */
	const char *thread;    /* --thread: comma-separated names, shell patterns or tids; NULL: all */
	const char *time;      /* --time A,B: absolute, "+1.5s" from the begin, or "10%-20%"; NULL: all */
	bool percentages;      /* times are given in percent: then it counts where the recording itself ends */
	void (*progress)(void *data, double fraction); /* about ten times a second, 0..1; may be NULL */
	void *progress_data;
	const volatile sig_atomic_t *interrupted; /* non-zero: stop early, tell the sinks; may be NULL */
};

/*
 * Reads the trace once and feeds the sinks.
 * @return 0; ANALYSIS_E_INCOMPLETE when a damaged file was read as far as it
 * goes (err_outermost() names it and the cure; the sinks were ended properly);
 * < 0 fatal with a sentence: no trace, no gil event that the filters want
 * (an unknown thread), a sink failed. end() of the sinks was not called then.
 */
enum { ANALYSIS_E_INCOMPLETE = 1 };
int analysis_run(const struct analysis_options *options, struct sink *const *sinks, size_t n_sinks);

#endif
