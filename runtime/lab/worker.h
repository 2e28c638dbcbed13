/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_WORKER_H
#define GILSCOPE_LAB_WORKER_H

#include "runtime/lab/state.h"

/* Starts all copies of a body; with the GIL held, so that none begins before all are there. @return 0 or < 0. */
int worker_start_all(struct run *run, size_t body);

/* Waits, without the GIL, for the end of one worker (WAIT_JOIN). */
struct joining {
	struct worker *joiner, *joined;
};
int worker_join(void *joining); /* @return 0; -EINTR: the run ends, and so does the joiner */

/* By the main thread, when its code is done: waits until all are over that are no daemons. */
void workers_wait(struct run *run);

/* Ends the daemons and waits until no thread is left. */
void workers_end(struct run *run);

#endif
