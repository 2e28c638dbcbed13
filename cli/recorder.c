/* SPDX-License-Identifier: MIT */
#include "cli/recorder.h"

#include "analyzer/survey.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "tracepoints/daemon.h"
#include "tracepoints/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

static const uint64_t spare_bytes = UINT64_C(16) << 20;

static void name_recording(struct recording *info)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint32_t)time(NULL);
	snprintf(info->id, sizeof(info->id), "gilscope-%d-%08" PRIx32, (int)getpid(), number);
}

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

/* Enough to write out what is in the buffers, and then some. */
static bool disk_is_low(const struct recorder *rec)
{
	return output_free_bytes(rec->path) < 2 * session_buffers_bytes(rec->session) + spare_bytes;
}

/* ---- begin ------------------------------------------------------------------- */

static int open_session(struct recorder *rec)
{
	struct session_options options = {
		.name = rec->info.id, .output = rec->path, .buffer_bytes = rec->buffer_bytes,
	};
	int r = daemon_join(&rec->daemon, rec->info.id);

	if (r)
		return r;
	r = session_open(&rec->session, &options);
	daemon_settle(rec->daemon);
	return r;
}

int recorder_open(struct recorder *rec)
{
	int r = output_prepare(rec->output, rec->path);

	if (r)
		return r;
	name_recording(&rec->info);
	r = open_session(rec);
	if (r)
		return r;
	if (disk_is_low(rec))
		return err(-ENOSPC, "only %" PRIu64 " MiB are free where '%s' would be written, "
				    "%" PRIu64 " MiB are needed: choose another place with -o, or a "
				    "smaller --buffer-size", output_free_bytes(rec->path) >> 20, rec->path,
			   (2 * session_buffers_bytes(rec->session) + spare_bytes) >> 20);
	clock_gettime(CLOCK_MONOTONIC, &rec->began);
	return 0;
}

const char *recorder_home(const struct recorder *rec)
{
	return daemon_home(rec->daemon);
}

/* ---- meanwhile ----------------------------------------------------------------- */

void recorder_watch(struct recorder *rec)
{
	if (rec->stopped_by || !disk_is_low(rec))
		return;
	rec->stopped_by = "the disk is nearly full";
	cli_warn("%s: recording stopped, the program goes on", rec->stopped_by);
	if (session_stop(rec->session))
		err_print(stderr);
}

/* ---- end ------------------------------------------------------------------------- */

/*
 * The daemon forgets what processes lost that are gone, and counts the programs of root's other
 * recordings: the packets' own counters say it exactly.
 */
static int count_losses(struct recorder *rec, const struct session_loss *loss)
{
	struct survey survey = { 0 };
	int r = output_traces(rec->path) ?
		survey_recording(&survey, rec->path, rec->info.id) : 0;

	rec->processes = survey.processes;
	rec->info.lost_events = survey.lost_events;
	rec->info.lost_packets = loss->packets;
	rec->info.loss_known = loss->known && !r;
	return r;
}

int recorder_close(struct recorder *rec)
{
	struct session_loss loss = { 0 };
	bool recorded = rec->session != NULL;
	int closed = 0, counted, written;

	rec->seconds = seconds_since(&rec->began);
	if (rec->session)
		closed = session_close(rec->session, &loss);
	rec->session = NULL;
	rec->daemon = daemon_leave(rec->daemon);
	if (!recorded)
		return 0;
	counted = closed ? 0 : count_losses(rec, &loss);
	written = recording_write(&rec->info, rec->path);
	return closed ? closed : counted ? counted : written;
}
