/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_QUALITY_H
#define GILSCOPE_VIZ_QUALITY_H

#include "analyzer/sink.h"
#include "viz/text.h"

/*
 * How far the numbers of a trace can be trusted. `end` is what the analysis
 * counted, except that the losses are those of the recorder where it counted
 * more: what was lost at the very end of a stream cannot be seen in the files.
 */
struct quality {
	struct trace_end end;
	unsigned absent, late; /* processes that are not in it; or not from their begin on */
	bool begins_late;   /* what was before it was overwritten, or is elsewhere: no loss, but not there */
	const char *damage; /* a sentence about a damaged file; NULL: all files were read whole */
};

/* Is everything that happened in the trace? */
bool quality_complete(const struct quality *q);

/* One line: "1,234 events, none lost, all lawful." */
void quality_print_line(const struct quality *q, const struct page *page);

#endif
