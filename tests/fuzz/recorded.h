/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TESTS_FUZZ_RECORDED_H
#define GILSCOPE_TESTS_FUZZ_RECORDED_H

#include "analyzer/event.h"
#include "analyzer/sink.h"

/*
 * Stands in for analyzer/reader.c, which these programs do not link: what a
 * trace holds is a list in memory, so that everything behind the reader runs
 * as in the command line, a thousand times a second.
 */
struct recorded {
	struct trace_info trace;
	int64_t end_ns;
	uint64_t other_events;
	const char *damage; /* "" */
	/* Tells the next event or loss. @return 0: told; 1: there is no more. */
	int (*next)(void *data, struct gil_event *event, struct gil_loss *loss, bool *is_loss);
	void *data;
};

/* What the next readers read; borrowed. */
extern const struct recorded *recorded;

#endif
