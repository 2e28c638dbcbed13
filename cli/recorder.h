/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_RECORDER_H
#define GILSCOPE_CLI_RECORDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "cli/recording.h"

/*
 * A recording that is under way: the daemon, the session in it, the limits at
 * which it ends early, and its trace. One at a time; not thread-safe.
 */
struct recorder {
	/* wishes, set by the caller: */
	const char *output;    /* the trace, as the user named it; borrowed */
	uint64_t buffer_bytes; /* per CPU and process; 0: the default */

	/* what it is, from recorder_open() on: */
	char path[PATH_MAX];   /* of the trace, absolute */
	struct recording info; /* `command` is the caller's to set */
	struct daemon *daemon;
	struct session *session; /* NULL: not recording */
	struct timespec began;

	/* what came of it, from recorder_close() on: */
	const char *stopped_by; /* what ended it early, as part of a sentence; NULL: nothing did */
	double seconds;
	unsigned processes; /* that were recorded */
};

/*
 * Makes room for the trace and starts to record. In any case to be closed.
 * @return 0, or < 0 with a sentence.
 */
int recorder_open(struct recorder *rec);

/* LTTNG_HOME for the programs, or NULL. Borrowed. */
const char *recorder_home(const struct recorder *rec);

/*
 * To be called some times a second: is there a reason to stop? Then it is in
 * `stopped_by`, and nothing is recorded any more.
 */
void recorder_watch(struct recorder *rec);

/*
 * Closes what is open, in every case, counts and notes what was recorded, which stays.
 * @return 0, or < 0 with a sentence.
 */
int recorder_close(struct recorder *rec);

#endif
