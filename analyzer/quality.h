/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_QUALITY_H
#define GILSCOPE_ANALYZER_QUALITY_H

#include "analyzer/sink.h"

/*
 * How far the numbers of a trace can be trusted. `end` is what the analysis
 * counted, except that the losses are those of the recorder where it counted
 * more: what was lost at the very end of a stream cannot be seen in the files.
 */
struct quality {
	struct trace_end end;
	uint64_t absent, late; /* processes that are not in it; or not from their begin on */
	bool begins_late;   /* what was before it was overwritten, or is elsewhere: no loss, but not there */
	const char *damage; /* a sentence about a damaged file; NULL: all files were read whole */
};

/* Is everything that happened in the trace? */
static inline bool quality_complete(const struct quality *q)
{
	return !q->end.lost_events && !q->end.lost_packets && !q->end.loss_unknown && !q->damage;
}

/* No loss was counted, and there may be some. */
static inline bool quality_cannot_tell_loss(const struct quality *q)
{
	return q->end.loss_unknown && !q->end.lost_events && !q->end.lost_packets;
}

#endif
