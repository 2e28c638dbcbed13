/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_SESSION_H
#define GILSCOPE_TRACEPOINTS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

/*
 * One LTTng recording session for the `gil` provider, the rare events in a
 * channel of their own. session.c is the only file that uses liblttng-ctl.
 * Not thread-safe: one session at a time.
 *
 * It writes all events as they come (a full buffer discards the newest), or is
 * a flight recorder: the newest events overwrite the oldest, and only
 * session_snapshot() writes them. The buffers of a process vanish with it, so
 * that a flight recorder has them per user.
 *
 * LTTng's calls have no time limit of their own; here each step has one, so a
 * daemon that hangs never hangs the caller. After -ETIMEDOUT nothing of the
 * session may be used any more.
 */
struct session;

struct session_options {
	const char *name;      /* unique: also the recording's id */
	const char *output;    /* absolute path of the trace; created by the daemon */
	uint64_t buffer_bytes; /* per CPU and process (or user); 0: the default, fitted to this machine */
	uint64_t flight_bytes; /* not 0: a flight recorder of so many bytes for all CPUs, per user */
	bool per_user;         /* all processes of a user share their buffers */
};

struct session_loss {
	uint64_t events, packets;
	bool known; /* false: the daemon could not say */
};

/* The daemon must run (tracepoints/daemon.h). @return 0, or < 0 with a sentence. */
int session_open(struct session **out, const struct session_options *options);

/*
 * Stops recording, waits until all is written, reads the loss counters, destroys the session.
 * Always frees it. @return 0; < 0 with a sentence (what was recorded stays on disk).
 */
int session_close(struct session *session, struct session_loss *loss);

/*
 * Flight recorder: writes the events that are in the buffers now to `folder` (absolute; created)
 * and goes on. @return 0 or < 0 with a sentence.
 */
int session_snapshot(struct session *session, const char *folder);

/* Bytes of buffer memory that one traced process (or user) takes with this session, */
uint64_t session_buffers_bytes(const struct session *session);
/* those of one CPU that hold the hot events, */
uint64_t session_cpu_buffer_bytes(const struct session *session);
/* and those that are free for them. UINT64_MAX: not known. */
uint64_t session_free_bytes(void);

/* For daemon.c: ends a session whose recorder was killed; what it recorded stays. @return 0 or < 0. */
int session_end(const char *name);

/* For daemon.c: does a daemon answer, how many sessions does it have (< 0: no answer)? */
bool session_daemon_answers(void);
int session_daemon_sessions(void);

#endif
