/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_SURVEY_H
#define GILSCOPE_ANALYZER_SURVEY_H

#include <stdint.h>

/* A quick look at a finished recording with per-process buffers: the packets' headers, not the events. */
struct survey {
	unsigned processes;   /* that have a GIL of this recording */
	uint64_t lost_events; /* discarded in them, by the tracer's own count */
};

/* Programs of other recordings may be in the trace, too. @return 0, or < 0 with a sentence. Not thread-safe. */
int survey_recording(struct survey *out, const char *path, const char *recording);

#endif
