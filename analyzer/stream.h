/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_STREAM_H
#define GILSCOPE_ANALYZER_STREAM_H

#include "analyzer/columns.h"

/*
 * Columns of what passes by in one pass and is kept by nobody: for exports
 * that write while the trace is read. Threads are named by their number, the
 * order of appearance over the whole trace; `number` in the table of threads.
 */

/* What the columns need to know before there are results. */
struct stream {
	struct quality quality;
	struct results results; /* to hand to column_value() */
	uint64_t waits;         /* attempts so far */
};

/* In a sink's begin(). `trace` is borrowed. */
void stream_begin(struct stream *s, const struct trace_info *trace);

/* Rows. The borrowed parts are those of the sink's callback. */
struct event_row {
	const struct gil_event *event;
	const struct step *step;
};
struct wait_row {
	uint64_t number; /* 0, 1, 2, ... */
	const struct attempt *attempt;
};
struct blame_row {
	uint64_t wait; /* its number */
	const struct blame *blame;
};

/* Without rows() and row(). */
extern const struct table_columns
	stream_events,    /* of struct event_row */
	stream_intervals, /* of struct interval */
	stream_waits,     /* of struct wait_row */
	stream_blames,    /* of struct blame_row */
	stream_handovers, /* of struct handover */
	stream_losses;    /* of struct gil_loss */

#endif
