/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/recorder.h"
#include "cli/summary.h"
#include "cli/tracee.h"

#include "base/err.h"
#include "tracepoints/names.h"
#include "tracepoints/room.h"
#include "tracepoints/session.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 100 }; /* how often the recorder looks whether it must stop */

static const char default_output[] = "gil.trace";
static struct recorder recorder = { .output = default_output };
static const char *buffers, *running_pid;
static bool strict, observe_only, no_python_names, no_follow;

/* What the program is to carry. */
static int prepare(struct environment *e)
{
	int r = environment_init(e, recorder.info.id, recorder_home(&recorder));

	if (!r)
		r = environment_add(e, GIL_ENV_LATE, recorder.late_file);
	if (!r && observe_only)
		r = environment_add(e, GIL_ENV_OBSERVE_ONLY, "1");
	if (!r && no_python_names)
		r = environment_add(e, GIL_ENV_NO_PYTHON_NAMES, "1");
	e->no_follow = no_follow;
	return r;
}

/* ---- recording ------------------------------------------------------------------- */

static int write_snapshot(const struct binary *program)
{
	int r = recorder_snapshot(&recorder);

	if (!r)
		summary_print(&recorder, program);
	return r;
}

static int close_recording(const struct binary *program)
{
	int r = recorder_close(&recorder);

	if (!r)
		summary_print(&recorder, program);
	return r;
}

/* Looks after the recording until the program ends, or without one until we are interrupted. */
static int attend(pid_t pid, const struct binary *program, int *status)
{
	enum tracee_news news;
	const char *reason;
	int r = 0;

	while ((news = tracee_wait(pid, LOOK_MS, status)) != TRACEE_ENDED && news != TRACEE_INTERRUPTED) {
		if (!recorder.session)
			continue;
		if (news == TRACEE_ASKS)
			r = write_snapshot(program);
		reason = r ? NULL : recorder_watch(&recorder);
		if (reason) {
			fprintf(stderr, "gilscope: recording stopped: %s%s\n", reason,
				pid ? "; the program goes on" : "");
			r = close_recording(program);
		}
		if (!recorder.session && !pid)
			break;
	}
	return r || !recorder.session ? r : close_recording(program);
}

static int run_program(const char *path, char **argv, int *status)
{
	struct environment e;
	struct binary program;
	pid_t pid;
	int r = prepare(&e);

	if (r) {
		environment_deinit(&e);
		return r;
	}
	binary_look(&program, path);
	r = tracee_start(path, argv, &e, false, &pid);
	environment_deinit(&e);
	if (r) {
		*status = EXIT_NOT_RUNNABLE;
		return r;
	}
	return attend(pid, &program, status);
}

/* Programs that others started, or will. */
static int run_everything(int *status)
{
	fprintf(stderr, "gilscope: recording all of %s programs that carry the probe, until Ctrl-C; it comes "
			"with:\n    env $(gilscope env) COMMAND\n", geteuid() ? "your" : "everybody's");
	*status = EXIT_OK;
	return attend(0, NULL, status);
}

static void tell_flight(void)
{
	fprintf(stderr, "gilscope: flight recorder: the last %" PRIu64 " KiB of events per user are kept; "
			"'kill -USR1 %d' writes them\n",
		session_cpu_buffer_bytes(recorder.session) * (uint64_t)sysconf(_SC_NPROCESSORS_CONF) >> 10,
		(int)getpid());
}

/* @program NULL: none of our own. @status the program's, or that of our failure. */
static int record(const char *program, char **argv, int *status)
{
	int r = recorder_open(&recorder), interrupted = tracee_interrupted();

	if (!r && interrupted) {
		*status = interrupted;
		return recorder_close(&recorder);
	}
	if (!r && recorder.flight_bytes)
		tell_flight();
	if (!r)
		r = program ? run_program(program, argv, status) : run_everything(status);
	if (r)
		recorder_close(&recorder);
	return r;
}

/* ---- the command line ------------------------------------------------------------ */

static int check_options(void)
{
	if (running_pid)
		return cli_usage("record cannot attach to process %s: the probe has to be there when Python "
				 "starts; start it again with 'env $(gilscope env) COMMAND', then "
				 "'gilscope record' takes it", running_pid);
	if (buffers && strcmp(buffers, "pid") && strcmp(buffers, "uid"))
		return cli_usage("--buffers wants pid or uid, not '%s'", buffers);
	recorder.per_user = buffers && !strcmp(buffers, "uid");
	if (!recorder.flight_bytes)
		return EXIT_OK;
	if (buffers && !recorder.per_user)
		return cli_usage("--flight-recorder has its buffers per user: those of a process vanish with it");
	if (recorder.buffer_bytes || recorder.max_bytes)
		return cli_usage("--flight-recorder has its size: --%s makes no sense with it",
				 recorder.max_bytes ? "max-size" : "buffer-size");
	return EXIT_OK;
}

static bool lost_something(const struct recorder *rec)
{
	return !rec->info.loss_known || rec->info.lost_events || rec->info.lost_packets || rec->disk_full ||
	       rec->info.absent;
}

static int run(int argc, char **argv)
{
	char program[PATH_MAX];
	int status = check_options();

	if (!status && argc)
		status = tracee_find(argv[0], program);
	if (status)
		return status;
	status = EXIT_RECORDER;
	recorder.everything = !argc;
	recorder.info.command = argv;
	if (room_lacks())
		cli_warn("%s: the program runs, unrecorded", room_lacks());
	tracee_hold_signals(recorder.flight_bytes != 0);
	if (record(argc ? program : NULL, argv, &status))
		return status == EXIT_NOT_RUNNABLE ? status : EXIT_RECORDER;
	if (strict && status == EXIT_OK && lost_something(&recorder))
		return EXIT_LOSS;
	return status;
}

/* Options for the programs themselves go into their environment: see cli/environment.h. */
static const struct cli_option options[] = {
	{ "output", 'o', CLI_STRING, "DIR", "write the trace to DIR (default: gil.trace)", &recorder.output },
	{ "duration", 0, CLI_DURATION, "TIME", "stop recording after TIME: 5s, 2m, 1h", &recorder.duration_ns },
	{ "max-size", 0, CLI_SIZE, "SIZE", "stop recording when the trace has SIZE", &recorder.max_bytes },
	{ "flight-recorder", 0, CLI_SIZE, "SIZE",
	  "keep the last SIZE in memory; write it at the end and at SIGUSR1",
	  &recorder.flight_bytes },
	{ "buffer-size", 0, CLI_SIZE, "SIZE",
	  "buffer memory per CPU and process (default: at most 16M)", &recorder.buffer_bytes },
	{ "buffers", 0, CLI_STRING, "pid|uid",
	  "buffers for each process, or one set for all of a user's (default: pid)", &buffers },
	{ "no-follow", 0, CLI_FLAG, NULL, "record the program itself, none of its children", &no_follow },
	{ "no-python-names", 0, CLI_FLAG, NULL,
	  "do not ask Python for the names that the program gave its threads", &no_python_names },
	{ "observe-only", 0, CLI_FLAG, NULL,
	  "leave CPython 2's semaphore to the C library: RETRY is not seen then", &observe_only },
	{ "pid", 'p', CLI_STRING, "PID", "there is no attaching: says what to do instead", &running_pid },
	{ "strict", 0, CLI_FLAG, NULL, "end with 3 when the program succeeded but events were lost", &strict },
	{ 0 },
};

static const char *const examples[] = {
	"gilscope record python3 prog.py", "record a program into ./gil.trace",
	"gilscope record -o /var/tmp/web.trace -- gunicorn app:app", "to another place",
	"gilscope record --duration 10s", "ten seconds of all programs that carry the probe",
	"gilscope record --flight-recorder 64M python3 server.py", "only the last events; kill -USR1 writes them",
	"gilscope record gilrun battle", "record the laboratory's battle of two threads",
	NULL,
};

const struct cli_command cmd_record = {
	.name = "record",
	.arguments = "[--] [COMMAND [ARGUMENT]...]",
	.summary = "Record every attempt to take the GIL of a program, or of all that carry the probe",
	.text = "Runs COMMAND unchanged and records the GILs of it and its children until it ends.\n"
		"Processes that it leaves behind go on, unrecorded.\n"
		"A trace that exists already becomes DIR.old. Ends with the status of COMMAND,\n"
		"128+N when signal N ended it, 127 when it is not there, 126 when it cannot be run,\n"
		"125 when the recorder itself failed. Lost events are said, and are no failure.\n"
		"When recording stops early (--duration, --max-size, a full disk) COMMAND goes on.\n\n"
		"Without COMMAND it records until Ctrl-C all processes that carry the probe: those\n"
		"that were started with what 'gilscope env' prints, before or after. Root records\n"
		"the processes of all users. Another user records those of its own that look for\n"
		"LTTng's session daemon in the same $LTTNG_HOME, or else $HOME. There is no way to\n"
		"attach to a program that was started without the probe: start it again with it.\n\n"
		"A flight recorder overwrites the oldest events. Each writing is a trace of its own,\n"
		"DIR/snapshot-1 and on; reading DIR reads the last.",
	.options = options,
	.run = run,
	.examples = examples,
	.stops_at_argument = true,
};
