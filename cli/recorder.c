/* SPDX-License-Identifier: MIT */
#include "cli/recorder.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "tracepoints/daemon.h"
#include "tracepoints/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t spare_bytes = UINT64_C(16) << 20;

static void name_session(struct recorder *rec)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint32_t)time(NULL);
	snprintf(rec->name, sizeof(rec->name), "gilscope-%d-%08" PRIx32, (int)getpid(), number);
	if (!rec->everything)
		snprintf(rec->info.id, sizeof(rec->info.id), "%s", rec->name);
}

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

/* Enough to write out what is in the buffers, and then some. */
static uint64_t needed_bytes(const struct recorder *rec)
{
	return 2 * session_buffers_bytes(rec->session) + spare_bytes;
}

static bool disk_is_low(const struct recorder *rec)
{
	return output_free_bytes(rec->path) < needed_bytes(rec);
}

/* ---- begin ------------------------------------------------------------------- */

/* Programs may run as another user than ours. */
static int make_late_file(struct recorder *rec)
{
	if (snprintf(rec->late_file, PATH_MAX, "%s/late", rec->path) >= PATH_MAX)
		return err(-ENAMETOOLONG, "'%s' is too long a name", rec->path);
	cleanup(fdp) int fd = open(rec->late_file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0622))
		return err(-errno, "cannot write '%s': %s", rec->late_file, strerror(errno));
	return 0;
}

static int open_session(struct recorder *rec)
{
	struct session_options options = {
		.name = rec->name, .output = rec->path, .buffer_bytes = rec->buffer_bytes,
		.flight_bytes = rec->flight_bytes, .per_user = rec->per_user,
	};
	int r = daemon_join(&rec->daemon,
			    rec->everything ? DAEMON_OF_THOSE_THAT_RUN : DAEMON_OF_A_PROGRAM, rec->name);

	if (r)
		return r;
	r = session_open(&rec->session, &options);
	daemon_settle(rec->daemon);
	return r;
}

/* Sizes are powers of two, and what fits. */
static void tell_buffers(const struct recorder *rec)
{
	uint64_t bytes = session_cpu_buffer_bytes(rec->session);

	if (rec->buffer_bytes > 2 * bytes)
		cli_warn("--buffer-size: each process gets %" PRIu64 " KiB per CPU, a quarter of what is free "
			 "in /dev/shm", bytes >> 10);
}

int recorder_open(struct recorder *rec)
{
	int r = output_prepare(rec->output, rec->path);

	if (r)
		return r;
	r = rec->everything ? 0 : make_late_file(rec);
	if (r)
		return r;
	name_session(rec);
	rec->info.flight_recorder = rec->flight_bytes != 0;
	r = open_session(rec);
	if (r)
		return r;
	if (disk_is_low(rec))
		return err(-ENOSPC, "only %" PRIu64 " MiB are free where '%s' would be written, "
				    "%" PRIu64 " MiB are needed: choose another place with -o, or a "
				    "smaller --buffer-size", output_free_bytes(rec->path) >> 20, rec->path,
			   needed_bytes(rec) >> 20);
	tell_buffers(rec);
	clock_gettime(CLOCK_MONOTONIC, &rec->began);
	return 0;
}

const char *recorder_home(const struct recorder *rec)
{
	return daemon_home(rec->daemon);
}

/* ---- meanwhile ----------------------------------------------------------------- */

const char *recorder_watch(struct recorder *rec)
{
	rec->out_of_memory |= session_free_bytes() < session_buffers_bytes(rec->session);
	if (!daemon_lives(rec->daemon))
		return "LTTng's session daemon died";
	if (!rec->disk_full && disk_is_low(rec)) {
		rec->disk_full = true;
		return "the disk is nearly full";
	}
	if (rec->max_bytes && output_size_bytes(rec->path) >= rec->max_bytes)
		return "the trace has reached the size given with --max-size";
	if (rec->duration_ns && seconds_since(&rec->began) * 1e9 >= (double)rec->duration_ns)
		return "the time given with --duration is over";
	return NULL;
}

/* ---- end ------------------------------------------------------------------------- */

static bool was_recorded(const struct gilscope_survey *survey, uint32_t nonce)
{
	for (size_t i = 0; survey && i < survey->n; i++)
		if (survey->processes[i]->nonce == nonce && survey->processes[i]->took_gil)
			return true;
	return false;
}

/* See note_if_late() in emit.c. */
static void count_late(struct recorder *rec)
{
	cleanup(filep) FILE *file = fopen(rec->late_file, "re");
	uint32_t nonce;

	rec->info.late = rec->info.absent = 0;
	while (file && fscanf(file, "%" SCNu32, &nonce) == 1) {
		if (was_recorded(rec->survey, nonce))
			rec->info.late++;
		else
			rec->info.absent++;
	}
}

/*
 * The daemon forgets what processes lost that are gone, and counts the programs of root's other
 * recordings: the packets' own counters say it exactly. `lost_packets` are known already.
 */
static int count(struct recorder *rec, bool loss_known)
{
	int r = 0;

	gilscope_survey_free(rec->survey);
	rec->survey = NULL;
	if (output_traces(rec->result))
		r = gilscope_survey(&rec->survey, rec->result, rec->everything ? NULL : rec->info.id);
	if (!rec->everything)
		count_late(rec);
	rec->info.lost_events = rec->survey ? rec->survey->lost_events : 0;
	rec->info.loss_known = loss_known && !r && !(rec->survey && rec->survey->loss_unknown);
	return r;
}

int recorder_snapshot(struct recorder *rec)
{
	int r = recording_snapshot_path(rec->result, sizeof(rec->result), rec->path, rec->info.snapshots + 1);
	struct recording snapshot;

	if (!r)
		r = session_snapshot(rec->session, rec->result);
	if (r == -ETIMEDOUT)
		rec->session = NULL; /* it may still be in use */
	if (r)
		return r;
	rec->info.snapshots++;
	rec->seconds = seconds_since(&rec->began);
	r = count(rec, true);
	if (r)
		return r;
	snapshot = rec->info;
	snapshot.snapshots = 0;
	r = output_traces(rec->result) ? recording_write(&snapshot, rec->result) : 0;
	return r ? r : recording_write(&rec->info, rec->path);
}

static int close_session(struct recorder *rec)
{
	struct session_loss loss = { 0 };
	int r = session_close(rec->session, &loss), counted = 0, written;

	rec->session = NULL;
	if (rec->flight_bytes)
		return r;
	snprintf(rec->result, sizeof(rec->result), "%s", rec->path);
	rec->info.lost_packets = loss.packets;
	if (!r)
		counted = count(rec, loss.known);
	written = recording_write(&rec->info, rec->path);
	return r ? r : counted ? counted : written;
}

int recorder_close(struct recorder *rec)
{
	int r = 0, closed = 0;

	rec->seconds = seconds_since(&rec->began);
	if (rec->session && rec->flight_bytes)
		r = recorder_snapshot(rec);
	if (rec->session)
		closed = close_session(rec);
	rec->daemon = daemon_leave(rec->daemon);
	if (!rec->everything)
		unlink(rec->late_file);
	return r ? r : closed;
}
