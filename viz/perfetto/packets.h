/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_PERFETTO_PACKETS_H
#define GILSCOPE_VIZ_PERFETTO_PACKETS_H

#include <stdbool.h>

#include "viz/perfetto/fields.h"
#include "viz/proto.h"

/*
 * The packets of a Perfetto trace, one after the other into a stream: one sequence with
 * a clock of its own, on which a time is the difference to that before it (one or two
 * bytes). What is late says its whole time (12 bytes). Not thread-safe.
 */
struct packets {
	FILE *out;
	int64_t last_ns; /* of the sequence's clock */
	uint64_t last_track, last_text, last_flow;
};

/* The names of slices and instants; the interface chooses the colours by them. */
enum slice_name { SLICE_NONE, SLICE_OFF, SLICE_WAITING, SLICE_RUNNING, SLICE_FAILED, SLICE_LOST, SLICE_NAMES };

/* The names of annotations. */
enum note { NOTE_NONE, NOTE_WAIT_NS, NOTE_HOLD_NS, NOTE_FORCED, NOTE_HOLDER, NOTE_CPU, NOTE_LOST_EVENTS, NOTES };

/* The first packets. Times are ns since the Unix epoch, here and below. */
void packets_begin(struct packets *p, FILE *out, int64_t begin_ns);

/* Numbers of tracks, and of texts beside the names above. Texts may have any bytes. */
uint64_t packets_process(struct packets *p, int32_t pid);
uint64_t packets_thread(struct packets *p, int32_t pid, int32_t tid, const char *name);
uint64_t packets_track(struct packets *p, uint64_t parent, const char *name); /* parent 0: none */
uint64_t packets_counter(struct packets *p, uint64_t parent, const char *name, const char *unit);
uint64_t packets_text(struct packets *p, const char *text);
uint64_t packets_flow(struct packets *p);

/* The track has another name now. */
void packets_rename_thread(struct packets *p, uint64_t track, int32_t pid, int32_t tid, const char *name);
void packets_rename_track(struct packets *p, uint64_t track, uint64_t parent, const char *name);

/* An event: begun, annotated, written. @name: of enum slice_name, or of packets_text(); 0: none. */
void event_begin(struct proto *event, enum event_type type, uint64_t track, uint64_t name);
void event_note(struct proto *event, enum note name, uint64_t value);
void event_note_flag(struct proto *event, enum note name, bool value);
void event_note_text(struct proto *event, enum note name, uint64_t text);
void packets_event(struct packets *p, const struct proto *event, int64_t ts_ns);
void packets_late_event(struct packets *p, const struct proto *event, int64_t ts_ns); /* at any time */

/* A fact about the whole trace. */
void packets_say_number(struct packets *p, const char *key, uint64_t value);
void packets_say_text(struct packets *p, const char *key, const char *text);

#endif
