/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_EXPLAIN_H
#define GILSCOPE_VIZ_EXPLAIN_H

#include "analyzer/sink.h"
#include "base/cleanup.h"
#include "base/text.h"

/*
 * Puts into words what an event means in the fight for the GIL: who was
 * signalled, why an attempt failed, when a battle begins and what it cost.
 * A battle: one thread releases and re-acquires the GIL while another one
 * stays waiting. Not thread-safe.
 */
struct explainer;

/*
 * A RELEASE signals a waiter; the bracket ties it to the RETRY that it caused
 * (never to a BUSY: that thread has not slept yet, nobody woke it up),
 * where that follows within BRACKET_MOST events.
 */
enum { BRACKET_MOST = 1000 };
enum bracket {
	BRACKET_NONE,  /* nothing changes */
	BRACKET_OPEN,  /* this RELEASE signals somebody */
	BRACKET_CLOSE, /* this RETRY is the answer to it */
	BRACKET_DROP,  /* there will be no such answer, or too late for a bracket */
};

/* `page` is copied. @return 0 or < 0 */
int explainer_new(struct explainer **out, const struct page *page);
struct explainer *explainer_free(struct explainer *x); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct explainer *, explainer_free);

/*
 * Takes the next event. *sentence is "" where there is nothing to say;
 * borrowed until the next call. @return 0, or < 0 when memory is short.
 */
int explainer_event(struct explainer *x, const struct gil_event *event, const struct step *step,
		    enum bracket *bracket, const char **sentence);

/* What is to be said about a GIL or a thread when it appears or changes; "" for nothing. @return as above */
const char *explainer_gil(struct explainer *x, const struct gil_info *gil);
int explainer_thread(struct explainer *x, const struct thread_info *thread, const char **sentence);

/* Threads that ended go: before they are dead. */
void explainer_retire(struct explainer *x, const struct thread_info *const *threads, size_t n);

#endif
