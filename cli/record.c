/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/output.h"
#include "cli/recorder.h"
#include "cli/tracee.h"

#include "base/err.h"
#include "tracepoints/names.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 100 }; /* how often the recorder looks whether it must stop */

static const char default_output[] = "gil.trace";
static struct recorder recorder = { .output = default_output };
static bool strict, observe_only;

static int run_program(const char *program, char **argv, int *status)
{
	struct environment e;
	pid_t pid;
	int r = environment_init(&e, recorder.info.id, recorder_home(&recorder));

	if (!r && observe_only)
		r = environment_add(&e, GIL_ENV_OBSERVE_ONLY, "1");
	if (!r) {
		r = tracee_start(program, argv, &e, false, &pid);
		*status = r ? EXIT_NOT_RUNNABLE : *status;
	}
	environment_deinit(&e);
	if (r)
		return r;
	while (!tracee_wait(pid, LOOK_MS, status))
		recorder_watch(&recorder);
	return 0;
}

static void print_summary(const struct recorder *rec)
{
	const struct recording *info = &rec->info;
	bool elsewhere = strcmp(rec->output, default_output) != 0;

	if (!rec->processes) {
		fprintf(stderr, "gilscope: nothing was recorded: no process created a GIL that gilscope knows "
				"(CPython 3.7 or later,\ndynamically linked), or the session daemon was "
				"too busy to answer it within a second\n");
		return;
	}
	fprintf(stderr, "gilscope: recorded %u process%s in %.2f s: %.1f MiB in %s; ", rec->processes,
		rec->processes == 1 ? "" : "es", rec->seconds,
		(double)output_size_bytes(rec->path) / (1 << 20), rec->output);
	if (!info->loss_known)
		fputs("whether events were lost is not known\n", stderr);
	else if (info->lost_events || info->lost_packets)
		fprintf(stderr, "%" PRIu64 " events LOST: use a larger --buffer-size\n", info->lost_events);
	else
		fputs("no event was lost\n", stderr);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "gilscope: look at it with 'gilscope report%s%s'\n", elsewhere ? " " : "",
			elsewhere ? rec->output : "");
}

/* @status: the program's, or that of our failure. */
static int record(const char *program, char **argv, int *status)
{
	int r = recorder_open(&recorder), interrupted = tracee_interrupted();

	if (!r && interrupted) {
		*status = interrupted;
		return recorder_close(&recorder);
	}
	if (!r)
		r = run_program(program, argv, status);
	if (r) {
		recorder_close(&recorder);
		return r;
	}
	r = recorder_close(&recorder);
	if (!r)
		print_summary(&recorder);
	return r;
}

static bool lost_something(const struct recorder *rec)
{
	return !rec->info.loss_known || rec->info.lost_events || rec->info.lost_packets ||
	       rec->stopped_by;
}

static int run(int argc, char **argv)
{
	char program[PATH_MAX];
	int status = EXIT_RECORDER, r;

	if (!argc)
		return cli_usage("record needs a command, such as: gilscope record python3 prog.py");
	r = tracee_find(argv[0], program);
	if (r)
		return r;
	recorder.info.command = argv;
	tracee_hold_signals();
	if (record(program, argv, &status))
		return status == EXIT_NOT_RUNNABLE ? status : EXIT_RECORDER;
	if (strict && status == EXIT_OK && lost_something(&recorder))
		return EXIT_LOSS;
	return status;
}

static const struct cli_option options[] = {
	{ "output", 'o', CLI_STRING, "DIR", "write the trace to DIR (default: gil.trace)", &recorder.output },
	{ "buffer-size", 0, CLI_SIZE, "SIZE",
	  "buffer memory per CPU and process (default: at most 16M)", &recorder.buffer_bytes },
	{ "observe-only", 0, CLI_FLAG, NULL,
	  "leave CPython 2's semaphore to the C library: RETRY is not seen then", &observe_only },
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
		"A trace that exists already becomes DIR.old. Ends with the status of COMMAND,\n"
		"128+N when signal N ended it, 127 when it is not there, 126 when it cannot be run,\n"
		"125 when the recorder itself failed. Lost events are said, and are no failure.",
	.options = options,
	.run = run,
	.examples = examples,
	.stops_at_argument = true,
};
