/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/output.h"
#include "cli/tracee.h"

#include "base/err.h"
#include "base/paths.h"
#include "base/tree.h"
#include "tracepoints/daemon.h"
#include "tracepoints/emit_table.h"
#include "tracepoints/session.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/statvfs.h>

enum { TRIAL_LIMIT_MS = 20000, LOOK_MS = 50 };

static bool all_well;

static void __attribute__((format(printf, 2, 3))) say(bool good, const char *fmt, ...)
{
	va_list ap;

	fputs(good ? "ok    " : "FAIL  ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	all_well &= good;
}

/* A check that failed with a sentence. */
static void say_error(const char *what)
{
	say(false, "%s: %s", what, err_innermost());
	err_clear();
}

static void check_programs(void)
{
	char path[PATH_MAX];

	if (tracee_find("lttng-sessiond", path)) {
		err_clear();
		say(false, "lttng-sessiond is not installed: type 'apt install lttng-tools' (as root)");
	} else {
		say(true, "the LTTng session daemon is installed: %s", path);
	}
}

static void check_own_file(const char *name, const char *in_tree)
{
	char path[PATH_MAX];

	if (paths_find(name, in_tree, path, sizeof(path)))
		say(false, "%s is not where gilscope was installed: install gilscope again", name);
	else
		say(true, "found %s", path);
}

static void check_shared_memory(void)
{
	static const uint64_t least = UINT64_C(8) << 20;
	struct statvfs shm;
	uint64_t bytes;

	if (statvfs("/dev/shm", &shm)) {
		say(false, "/dev/shm is missing: LTTng keeps its buffers there; mount a tmpfs on it");
		return;
	}
	bytes = (uint64_t)shm.f_bavail * shm.f_frsize;
	say(bytes >= least, "/dev/shm has %" PRIu64 " MiB free for buffers%s", bytes >> 20,
	    bytes >= least ? "" : ": at least 8 are needed (docker run --shm-size=256m)");
}

/* ---- the trial: a real recording of a program ------------------------------ */

static int wait_for_trial(pid_t pid)
{
	int status;

	for (int ms = 0; ms < TRIAL_LIMIT_MS; ms += LOOK_MS)
		if (tracee_wait(pid, LOOK_MS, &status) == TRACEE_ENDED)
			return status;
	kill(pid, SIGKILL);
	tracee_wait(pid, LOOK_MS, &status);
	return -1;
}

/* Runs `words` in the open session; good when it leaves one more trace in `folder`. */
static void try_program(const char *what, char **words, const char *folder, const struct environment *e)
{
	unsigned before = output_traces(folder), after;
	char path[PATH_MAX];
	pid_t pid;
	int status;

	if (tracee_find(words[0], path) || tracee_start(path, words, e, true, &pid)) {
		say_error(what);
		return;
	}
	status = wait_for_trial(pid);
	after = output_traces(folder);
	if (status)
		say(false, "%s: '%s' ended with %d", what, path, status);
	else
		say(after > before, "%s: '%s' %s", what, path,
		    after > before ? "was recorded" :
				     "ran, but reached no session daemon or created no GIL that gilscope knows");
}

static void try_programs(struct daemon *daemon, const char *folder)
{
	char gilrun[PATH_MAX];
	struct environment e;

	if (environment_init(&e, "gilscope-doctor", daemon_home(daemon))) {
		say_error("the environment of a recorded program");
		return;
	}
	if (paths_find("gilrun", "runtime/lab", gilrun, sizeof(gilrun)))
		say(false, "gilrun is not where gilscope was installed: install gilscope again");
	else
		try_program("the laboratory", (char *[]){ gilrun, "battle", "--count", "1000", NULL },
			    folder, &e);
	if (!access("/usr/bin/python3", X_OK))
		try_program("the system's Python", (char *[]){ "/usr/bin/python3", "-c", "", NULL },
			    folder, &e);
	environment_deinit(&e);
}

static void check_recording(const char *folder)
{
	char name[64];
	struct session_options options = { .name = name, .output = folder };
	struct daemon *daemon = NULL;
	struct session *session = NULL;
	struct session_loss loss;

	snprintf(name, sizeof(name), "gilscope-doctor-%d", (int)getpid());
	tracee_hold_signals(false);
	if (daemon_join(&daemon, DAEMON_OF_A_PROGRAM, name)) {
		say_error("a session daemon");
		return;
	}
	say(true, "a session daemon answers: pid %d, %s", daemon_pid(daemon),
	    daemon_was_started(daemon) ? "started for this" : "it ran already");
	if (session_open(&session, &options)) {
		daemon_settle(daemon);
		say_error("a recording session");
	} else {
		daemon_settle(daemon);
		say(true, "a recording session can be opened, with %" PRIu64 " MiB of buffers per process",
		    session_buffers_bytes(session) >> 20);
		try_programs(daemon, folder);
		if (session_close(session, &loss))
			say_error("closing the session");
	}
	daemon_leave(daemon);
}

static int run(int argc, char **argv)
{
	char folder[] = "/tmp/gilscope-doctor-XXXXXX", trace[64];

	if (argc)
		return cli_usage("'%s': doctor takes no argument", argv[0]);
	all_well = true;
	check_programs();
	check_own_file("libgilscope-probe.so", "runtime/cpython");
	check_own_file(EMIT_PROVIDER_FILE, "tracepoints");
	check_shared_memory();
	if (!mkdtemp(folder)) {
		say(false, "/tmp cannot be written");
	} else if (all_well) {
		snprintf(trace, sizeof(trace), "%s/trace", folder);
		check_recording(trace);
	}
	tree_remove(folder);
	puts(all_well ? "Recording works here." : "Recording does not work here, for the reasons marked FAIL.");
	return all_well ? EXIT_OK : EXIT_RUNTIME;
}

static const char *const examples[] = {
	"gilscope doctor", "after installing, or when a recording stays empty",
	NULL,
};

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "Say whether recording works here, and if not, why",
	.text = "Checks what recording needs, then records two small programs for a moment: one of\n"
		"our own and the system's Python. Each line that says FAIL tells what to type.\n"
		"Ends with 0 when all is well, else 1.",
	.run = run,
	.examples = examples,
};
