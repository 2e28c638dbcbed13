/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FANOUT_H
#define GILSCOPE_ANALYZER_FANOUT_H

#include "analyzer/sink.h"

/*
 * Any number of sinks as one. A sink that has enough gets nothing more but
 * its end(). All calls return 0 or what a sink failed with (< 0).
 * Not thread-safe.
 */
enum fanout_callback {
	TO_BEGIN, TO_STANDING, TO_GIL, TO_THREAD, TO_EVENT, TO_INTERVAL, TO_ATTEMPT, TO_HANDOVER, TO_RETIRE,
	TO_LOST,
	FANOUT_CALLBACKS,
};

struct fanout {
	struct sink *const *sinks; /* borrowed */
	size_t n, n_wanting;
	struct fanout_list {       /* those that have this callback and want more */
		const struct sink **sinks;
		size_t n;
	} lists[FANOUT_CALLBACKS];
};

int fanout_init(struct fanout *f, struct sink *const *sinks, size_t n);
void fanout_deinit(struct fanout *f);

int fanout_begin(struct fanout *f, const struct trace_info *trace);
int fanout_standing(struct fanout *f, const struct thread_info *thread, bool last_holder);
int fanout_gil(struct fanout *f, const struct gil_info *gil);
int fanout_thread(struct fanout *f, const struct thread_info *thread);
int fanout_event(struct fanout *f, const struct gil_event *event, const struct step *step);
int fanout_interval(struct fanout *f, const struct interval *interval);
int fanout_attempt(struct fanout *f, const struct attempt *attempt);
int fanout_handover(struct fanout *f, const struct handover *handover);
int fanout_retire(struct fanout *f, const struct thread_info *const *threads, size_t n);
int fanout_lost(struct fanout *f, const struct gil_loss *loss);
int fanout_end(struct fanout *f, const struct trace_end *end);

#endif
