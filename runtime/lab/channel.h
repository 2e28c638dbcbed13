/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_CHANNEL_H
#define GILSCOPE_LAB_CHANNEL_H

#include "runtime/lab/state.h"

/* The pipes and sockets of a run. @return 0, or < 0 with a sentence; close them in either case. */
int channels_open(struct run *run);
void channels_close(struct run *run);

/*
 * Without the GIL. Sends or receives `left` bytes, and counts `left` down.
 * @return 0, or -EINTR with some left, or < 0 with a sentence.
 */
struct transfer {
	struct worker *worker;
	size_t channel;
	uint64_t left;
};
int channel_send(void *transfer);
int channel_recv(void *transfer);

#endif
