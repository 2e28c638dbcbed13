/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_MODEL_H
#define GILSCOPE_ANALYZER_MODEL_H

#include "analyzer/sink.h"
#include "base/cleanup.h"

/*
 * What the events mean: the state machine of each (gil, thread), the attempts
 * and holds that follow from it, and whom to blame. Plain C, no trace format.
 *
 *              ENTRY            BUSY, RETRY         ACQUIRE
 *   outside ----------> entering ----------> waiting -------> holding
 *      ^                    '------------- ACQUIRE -------------^ |
 *      '---- LEAVE (entering, waiting) ---- RELEASE (holding) ----'
 *
 * A thread starts `unknown`, and is so again after a loss; its next event
 * then tells its state without a word. An event that its state does not allow
 * is a violation: counted, shown to the sinks, and the thread handled as if
 * it had been unknown. In a hole nothing is a violation.
 *
 * All functions return 0 or < 0 with a sentence, unless said otherwise.
 * Not thread-safe.
 */
struct model;
struct names_ahead;

enum { MODEL_THREADS = 4096 };

struct model_options {
	const char *recording, *gil, *thread, *time; /* as in struct analysis_options; borrowed */
	const struct names_ahead *ahead; /* borrowed; NULL: a thread is asked for when its name is known */
	const struct trace_info *trace; /* borrowed; read when the first event arrives */
	int64_t end_ns;                 /* about when the trace ends, for percentages */
	size_t threads_limit;           /* as many are known: the ended ones are retired; 0: MODEL_THREADS */
};

int model_new(struct model **out, const struct model_options *options, struct sink *const *sinks,
	      size_t n_sinks);
struct model *model_free(struct model *m); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct model *, model_free);

/*
 * Feeds one event; they should arrive in time order.
 * @return 0; MODEL_E_ENOUGH: nobody wants more; < 0 fatal.
 */
enum { MODEL_E_ENOUGH = 1 };
int model_feed(struct model *m, const struct gil_event *event);

/* A hole in the trace, fed where it begins. */
int model_lost(struct model *m, const struct gil_loss *loss);

/* Would model_feed() find this event lawful now? For events with equal time stamps. */
bool model_legal(struct model *m, const struct gil_event *event);

/*
 * Closes what is open and ends the sinks.
 * @return 0; < 0: also when the trace had no event at all, or none that the filters want.
 */
int model_end(struct model *m, uint64_t other_events, bool interrupted);

#endif
