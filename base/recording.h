/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_RECORDING_H
#define GILSCOPE_BASE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What `record` notes beside the trace, in TRACE/gilscope.json: which
 * recording it is and what was lost. A trace made with plain LTTng has none.
 */
struct recording {
	char id[64]; /* GILSCOPE_RECORDING of its programs; "": all that is in the trace is of it */
	char **command; /* writing only: NULL-terminated, borrowed; NULL: there is none */
	bool flight_recorder; /* the newest events overwrote the oldest */
	unsigned snapshots; /* of a flight recorder: TRACE/snapshot-1 to -N, each a trace of its own */
	uint64_t lost_events, lost_packets;
	bool loss_known;
	unsigned absent; /* processes of the program that are not in the trace, */
	unsigned late;   /* or not from their begin on */
};

/* @return 0, or < 0 with a sentence. */
int recording_write(const struct recording *r, const char *trace);

/* The path of a snapshot. @return 0, or < 0 with a sentence. */
int recording_snapshot_path(char *path, size_t size, const char *trace, unsigned number);

/*
 * @return 0; RECORDING_E_ABSENT when there is none, *r is then all zero; < 0 with a sentence when
 * it cannot be understood.
 */
enum { RECORDING_E_ABSENT = 1 };
int recording_read(struct recording *r, const char *trace);

#endif
