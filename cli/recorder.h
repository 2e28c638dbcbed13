/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_RECORDER_H
#define GILSCOPE_CLI_RECORDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/recording.h"
#include "lib/gilscope.h"

/*
 * A recording that is under way: the daemon, the session in it, the limits at
 * which it ends early, and its trace. One at a time; not thread-safe.
 */
struct recorder {
	/* wishes, set by the caller: */
	const char *output;    /* the trace, as the user named it; borrowed */
	bool everything;       /* not of one program: of all that carry the probe */
	uint64_t buffer_bytes; /* per CPU and process (or user); 0: the default */
	bool per_user;         /* the processes of a user share their buffers */
	uint64_t flight_bytes; /* not 0: a flight recorder with so much memory */
	uint64_t max_bytes;    /* of the trace; 0: no limit */
	uint64_t duration_ns;  /* 0: no limit */

	/* what it is, from recorder_open() on: */
	char path[PATH_MAX];   /* of the trace, absolute */
	char name[64];         /* of the session */
	char late_file[PATH_MAX]; /* GIL_ENV_LATE of the program */
	struct recording info; /* `command` is the caller's to set */
	struct daemon *daemon;
	struct session *session; /* NULL: not recording */
	struct timespec began;
	bool disk_full;        /* it had to stop */
	bool out_of_memory;    /* there was a time when one process more would have got no buffers */

	/* what came of it, from recorder_close() or recorder_snapshot() on: */
	char result[PATH_MAX]; /* the trace to look at: `path`, or its last snapshot */
	double seconds;
	struct gilscope_survey *survey; /* NULL: nothing; gilscope_survey_free() is the caller's to do */
};

/* How many processes took their GIL while they were recorded. */
static inline unsigned recorder_recorded(const struct recorder *rec)
{
	return rec->survey ? rec->survey->recorded : 0;
}

/*
 * Makes room for the trace and starts to record. In any case to be closed.
 * @return 0, or < 0 with a sentence.
 */
int recorder_open(struct recorder *rec);

/* LTTNG_HOME for the program, or NULL. Borrowed. */
const char *recorder_home(const struct recorder *rec);

/* To be called some times a second. @return NULL, or why it has to be closed: part of a sentence. */
const char *recorder_watch(struct recorder *rec);

/* A flight recorder writes what it has, and goes on. @return 0, or < 0 with a sentence. */
int recorder_snapshot(struct recorder *rec);

/*
 * Closes what is open, in every case, counts and notes what was recorded, which stays.
 * @return 0, or < 0 with a sentence.
 */
int recorder_close(struct recorder *rec);

#endif
