/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_SIGNALS_H
#define GILSCOPE_LAB_SIGNALS_H

#include "runtime/lab/state.h"

/*
 * Signals as Python has them: the system's handler only notes that one came;
 * the scenario's handler runs in the main thread, at its next check. One run
 * at a time.
 */

/* A handler that has run. */
struct handled {
	int signal;
	uint64_t latency_ns; /* from kill to the begin of the handler */
	uint64_t checks;     /* of the main thread's GIL meanwhile, by all threads */
};

/* Installs the handlers of the run's scenario. @return 0, or < 0 with a sentence. */
int signals_catch(const struct run *run);

/* None of them is handled any more, also if it comes from outside. Before the run's memory is freed. */
void signals_ignore(const struct run *run);

/* Sends one to the process. Signals of a kind that wait already are one. */
void signals_send(int signal);

/* Runs the handlers of those that came: struct program's run_handlers. */
int signals_run_handlers(struct thread_state *ts);

/* Makes a call return in which the thread blocks. */
void signals_wake(int32_t tid);

/* Those that were handled, oldest first; after the run. Beyond a million only their number is kept. */
size_t signals_handled(const struct handled **out);
uint64_t signals_sent(void);

#endif
