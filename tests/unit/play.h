/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TESTS_UNIT_PLAY_H
#define GILSCOPE_TESTS_UNIT_PLAY_H

#include "analyzer/metrics.h"
#include "analyzer/model.h"

/*
 * Plays an event list, written as the slide of 2009 prints it, to a model:
 *
 *   create 100                  a ticked GIL with this check interval ("create 5000us": time slices)
 *   t2 100 5392 ENTRY           thread, tick, checks, event
 *   t2 27 5393 RETRY timeout    also "RELEASE request", "LEAVE gone"
 *   t2 27 5393 BUSY on 3        on CPU 3 (-1: not known); else its CPU is the thread's number
 *   t1 thread 7 worker          gil:thread with this serial and name; "main" for the main thread: "t9 thread 1 main"
 *   @1000                       the next event's time; else each is 10 ns after the one before
 *   lost 40 80 3                three events lost between 40 and 80
 *   gil 2                       from here on, another GIL
 *   ..... a comment
 *
 * Every play checks what holds for every trace: the two laws of struct
 * trace_end, the states of a thread sum to its life, blames sum to waits and the pairs
 * to all waits with a BUSY, holds of a GIL sum to at most the wall time, a split by CPU
 * to at most the whole, threads to their GIL, and the buckets of any width to it, too.
 */
struct play {
	struct model_options options;
	struct metrics *metrics; /* after the play */
	char log[16384];         /* what the sinks were told, a line each */
	uint64_t contended_ns;   /* the sum of all attempts with a BUSY */
	bool whole_log;          /* also intervals, attempts and handovers */
	struct sink *extra;      /* another sink to feed; NULL: none */
	int result;              /* of model_end() */
};

void play(struct play *p, const char *events);
void play_done(struct play *p);

/* A list of any events in any order, with holes: lawful, by chance, or not. */
void play_any_events(char *text, size_t size, unsigned *seed);

/* After a play: the metrics of the thread with this name. */
const struct thread_metrics *play_thread(const struct play *p, const char *name);
const struct pair_metrics *play_pair(const struct play *p, const char *waiter, const char *holder);

#endif
