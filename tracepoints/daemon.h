/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_DAEMON_H
#define GILSCOPE_TRACEPOINTS_DAEMON_H

#include <stdbool.h>

#include "base/cleanup.h"

/*
 * The LTTng session daemon behind a recording.
 *
 * Root shares the system's daemon, which is started when none runs, and sees the
 * programs of all users. Anybody else gets a private one in a private LTTNG_HOME
 * (mode 0700), which also ends when this process is killed; its programs have to
 * be told (daemon_home()). Programs that run already know only the user's own
 * daemon, in $LTTNG_HOME or else $HOME, as `lttng create` uses it: for them it is
 * shared like the system's. A shared daemon that gilscope started ends with the
 * last session in it, whichever recording that belongs to; one that ran already
 * is left alone. What a recording left that was killed (a session in a shared
 * daemon, which would record on; a private home) is cleaned up by the next one.
 * Not thread-safe.
 */
struct daemon;

enum daemon_kind {
	DAEMON_OF_A_PROGRAM,      /* that we are about to start */
	DAEMON_OF_THOSE_THAT_RUN, /* programs that were or will be started by others */
};

/*
 * Other recordings with the same daemon cannot come or go until daemon_settle().
 * @session: name of the one session that will be opened; begins with "gilscope-".
 * @return 0, or < 0 with a sentence that says what to install or type.
 */
int daemon_join(struct daemon **out, enum daemon_kind kind, const char *session);

/* The session is open, or could not be: nobody will end the daemon under it any more. */
void daemon_settle(struct daemon *daemon);

/* After the recording's session is closed. Ends the daemon by pid when it is ours to end. NULL ok; returns NULL. */
struct daemon *daemon_leave(struct daemon *daemon);
DEFINE_CLEANUP(struct daemon *, daemon_leave);

/* LTTNG_HOME for the traced programs, or NULL when they need none. Borrowed. */
const char *daemon_home(const struct daemon *daemon);

/* False: it has gone since daemon_join(), and the session with it. */
bool daemon_lives(const struct daemon *daemon);

bool daemon_was_started(const struct daemon *daemon);
int daemon_pid(const struct daemon *daemon);

#endif
