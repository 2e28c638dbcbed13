/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_STREAM_ENDS_H
#define GILSCOPE_ANALYZER_STREAM_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How the streams of a trace folder end. LTTng closes each stream with a packet of its own, which a flush made: of any
 * size, in whole pages. Where the last packet is one that an event closed, since it did not fit in any more, that one
 * is missing, and what was written or lost behind it stands nowhere:
 *
 *   - the buffers were full to the last byte at the end, and a flush finds no room in full ones;
 *   - or the process was killed in the middle of an event, and the buffer with that event is never handed over.
 *
 * Buffers that are full at the end, but for a few bytes, are closed by the flush; that packet has the count of all that
 * was lost, so it is more than in the one before.
 *
 * What goes unnoticed: a process that is killed in an event while it loses others; or in its second buffer, where buffers
 * have less than 64 KiB; and with a timer that flushes, which only somebody else's session may have, the first case.
 * What is wrongly said: a flush that comes just where the buffer has no more room, of 4 MiB once in 65,536 streams.
 */
struct stream_end {
	uint32_t class_id;    /* stream_id and */
	uint64_t instance_id; /* stream_instance_id of the packets */
	uint64_t sequence;    /* of the last packet */
	uint64_t discarded_events; /* until then */
	uint64_t full_bytes;  /* of the largest packets, */
	uint64_t n_full;      /* and how many are so large */
	bool is_open;         /* its last packet was closed by an event */
};

struct stream_ends {
	struct stream_end *all; /* one for each stream; a stream may have several files */
	size_t n;
};

/* The next packet of the stream's file. discarded_events: as its header says, since the stream's begin. */
void stream_end_follow(struct stream_end *end, uint64_t packet_bits, uint64_t content_bits, uint64_t discarded_events);

/* Of two files of a stream the later one counts. @return 0, or < 0 with a sentence. */
int stream_ends_add(struct stream_ends *ends, const struct stream_end *end);

void stream_ends_deinit(struct stream_ends *ends);

#endif
