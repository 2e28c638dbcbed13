/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/output.h"
#include "cli/recording.h"
#include "cli/tracee.h"

#include "analyzer/survey.h"
#include "base/err.h"
#include "tracepoints/daemon.h"
#include "tracepoints/room.h"
#include "tracepoints/session.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { LOOK_MS = 100 }; /* how often the free disk space is looked at */
static const uint64_t spare_bytes = UINT64_C(16) << 20;

static const char default_output[] = "gil.trace";
static const char *output = default_output;
static uint64_t buffer_bytes;
static bool strict, no_follow;

/* What is under way; everything in it is closed by finish(). */
struct record {
	char path[PATH_MAX], program[PATH_MAX];
	struct recording info;
	struct daemon *daemon;
	struct session *session;
	struct timespec began;
	unsigned processes; /* that were recorded */
	bool disk_full;
};

static void name_recording(struct recording *info)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint32_t)time(NULL);
	snprintf(info->id, sizeof(info->id), "gilscope-%d-%08" PRIx32, (int)getpid(), number);
}

/* Enough to write out what is in the buffers, and then some. */
static bool disk_is_low(const struct record *rec)
{
	return output_free_bytes(rec->path) < 2 * session_buffers_bytes(rec->session) + spare_bytes;
}

static int open_recording(struct record *rec)
{
	struct session_options options = {
		.name = rec->info.id, .output = rec->path, .buffer_bytes = buffer_bytes,
	};
	int r = daemon_join(&rec->daemon, rec->info.id);

	if (r)
		return r;
	r = session_open(&rec->session, &options);
	daemon_settle(rec->daemon);
	if (r)
		return r;
	if (disk_is_low(rec))
		return err(-ENOSPC, "only %" PRIu64 " MiB are free where '%s' would be written, "
				    "%" PRIu64 " MiB are needed: choose another place with -o, or a "
				    "smaller --buffer-size", output_free_bytes(rec->path) >> 20, rec->path,
			   (2 * session_buffers_bytes(rec->session) + spare_bytes) >> 20);
	return 0;
}

static int run_program(struct record *rec, char **argv, int *status)
{
	struct environment e;
	pid_t pid;
	int r = environment_init(&e, rec->info.id, daemon_home(rec->daemon));

	if (r)
		return r;
	e.no_follow = no_follow;
	clock_gettime(CLOCK_MONOTONIC, &rec->began);
	r = tracee_start(rec->program, argv, &e, false, &pid);
	environment_deinit(&e);
	if (r)
		*status = EXIT_NOT_RUNNABLE;
	while (!r && !tracee_wait(pid, LOOK_MS, status)) {
		if (rec->disk_full || !disk_is_low(rec))
			continue;
		rec->disk_full = true;
		cli_warn("the disk is nearly full: recording stopped, the program goes on");
		if (session_stop(rec->session))
			err_print(stderr);
	}
	return r;
}

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

static void print_summary(const struct record *rec, double seconds)
{
	if (!rec->processes) {
		fprintf(stderr, "gilscope: nothing was recorded: no process created a GIL that gilscope knows "
				"(CPython 3.7 or later,\ndynamically linked), or the session daemon was "
				"too busy to answer it within a second\n");
		return;
	}
	fprintf(stderr, "gilscope: recorded %u process%s in %.2f s: %.1f MiB in %s; ", rec->processes,
		rec->processes == 1 ? "" : "es", seconds,
		(double)output_size_bytes(rec->path) / (1 << 20), output);
	if (!rec->info.loss_known)
		fputs("whether events were lost is not known\n", stderr);
	else if (rec->info.lost_events || rec->info.lost_packets)
		fprintf(stderr, "%" PRIu64 " events LOST: use a larger --buffer-size\n",
			rec->info.lost_events);
	else
		fputs("no event was lost\n", stderr);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "gilscope: look at it with 'gilscope report%s%s'\n",
			strcmp(output, default_output) ? " " : "",
			strcmp(output, default_output) ? output : "");
}

/*
 * The daemon forgets what processes lost that are gone, and counts the programs of root's other
 * recordings: the packets' own counters say it exactly.
 */
static int count_losses(struct record *rec, const struct session_loss *loss)
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

/* Closes what is open, in every case; what was recorded stays. */
static int finish(struct record *rec)
{
	struct session_loss loss = { 0 };
	int r = 0;

	if (rec->session)
		r = session_close(rec->session, &loss);
	rec->session = NULL;
	rec->daemon = daemon_leave(rec->daemon);
	return r ? r : count_losses(rec, &loss);
}

static int record(struct record *rec, char **argv, int *status)
{
	double seconds;
	int r = open_recording(rec), closed, interrupted = tracee_interrupted();

	if (!r && interrupted) {
		*status = interrupted;
		return finish(rec);
	}
	if (!r)
		r = run_program(rec, argv, status);
	if (r) {
		finish(rec);
		return r;
	}
	seconds = seconds_since(&rec->began);
	closed = finish(rec);
	r = recording_write(&rec->info, rec->path);
	if (closed || r)
		return closed ? closed : r;
	print_summary(rec, seconds);
	return 0;
}

static int run(int argc, char **argv)
{
	struct record rec = { .info.command = argv };
	int status = EXIT_RECORDER, r;

	if (!argc)
		return cli_usage("record needs a command, such as: gilscope record python3 prog.py");
	r = tracee_find(argv[0], rec.program);
	if (r)
		return r;
	if (output_prepare(output, rec.path))
		return EXIT_RECORDER;
	name_recording(&rec.info);
	if (room_lacks())
		cli_warn("%s: the program runs, unrecorded", room_lacks());
	tracee_hold_signals();
	if (record(&rec, argv, &status))
		return status == EXIT_NOT_RUNNABLE ? status : EXIT_RECORDER;
	if (strict && status == EXIT_OK &&
	    (!rec.info.loss_known || rec.info.lost_events || rec.info.lost_packets || rec.disk_full))
		return EXIT_LOSS;
	return status;
}

static const struct cli_option options[] = {
	{ "output", 'o', CLI_STRING, "DIR", "write the trace to DIR (default: gil.trace)", &output },
	{ "buffer-size", 0, CLI_SIZE, "SIZE",
	  "buffer memory per CPU and process (default: at most 16M)", &buffer_bytes },
	{ "no-follow", 0, CLI_FLAG, NULL, "record the program itself, none of its children", &no_follow },
	{ "strict", 0, CLI_FLAG, NULL, "end with 3 when the program succeeded but events were lost", &strict },
	{ 0 },
};

static const char *const examples[] = {
	"gilscope record python3 prog.py", "record a program into ./gil.trace",
	"gilscope record -o /var/tmp/web.trace -- gunicorn app:app", "to another place",
	"gilscope record gilrun battle", "record the laboratory's battle of two threads",
	NULL,
};

const struct cli_command cmd_record = {
	.name = "record",
	.arguments = "[--] COMMAND [ARGUMENT]...",
	.summary = "Run a program and record every attempt to take its GIL",
	.text = "Runs COMMAND unchanged and records the GILs of it and its children until it ends.\n"
		"Processes that it leaves behind go on, unrecorded.\n"
		"A trace that exists already becomes DIR.old. Ends with the status of COMMAND,\n"
		"128+N when signal N ended it, 127 when it is not there, 126 when it cannot be run,\n"
		"125 when the recorder itself failed. Lost events are said, and are no failure.",
	.options = options,
	.run = run,
	.examples = examples,
	.stops_at_argument = true,
};
