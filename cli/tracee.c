/* SPDX-License-Identifier: MIT */
#include "cli/tracee.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static sigset_t own_mask; /* of this process before tracee_hold_signals() */
static sigset_t held;

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static int not_there(const char *name)
{
	if (strchr(name, '/') && !access(name, F_OK)) {
		err(-EACCES, "cannot run '%s': it is not an executable file", name);
		return EXIT_NOT_RUNNABLE;
	}
	err(-ENOENT, "cannot run '%s': there is no such program%s", name,
	    strchr(name, '/') ? "" : " in PATH");
	return EXIT_NOT_FOUND;
}

int tracee_find(const char *name, char path[PATH_MAX])
{
	const char *from = getenv("PATH"), *colon;

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return is_program(path) ? 0 : not_there(name);
	}
	for (; *name && from; from = *colon ? colon + 1 : NULL) {
		colon = strchrnul(from, ':');
		snprintf(path, PATH_MAX, "%.*s%s%s", (int)(colon - from), from, colon > from ? "/" : "./",
			 name);
		if (is_program(path))
			return 0;
	}
	return not_there(name);
}

void tracee_hold_signals(bool asks)
{
	static const int signals[] = { SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP };

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&held, signals[i]);
	if (asks)
		sigaddset(&held, SIGUSR1);
	sigprocmask(SIG_BLOCK, &held, &own_mask);
}

int tracee_interrupted(void)
{
	static const int ending[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	struct sigaction action;
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigismember(&pending, ending[i]) == 1 && !sigaction(ending[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			return 128 + ending[i];
	return 0;
}

static _Noreturn void become(const char *path, char **argv, const struct environment *e, bool quiet,
			     int report)
{
	int code;

	if (quiet && !freopen("/dev/null", "w", stdout))
		_exit(EXIT_RECORDER);
	if (!environment_apply(e)) {
		sigprocmask(SIG_SETMASK, &own_mask, NULL);
		execv(path, argv);
	}
	code = errno;
	if (write(report, &code, sizeof(code)) != sizeof(code))
		_exit(EXIT_RECORDER);
	_exit(EXIT_NOT_RUNNABLE);
}

int tracee_start(const char *path, char **argv, const struct environment *e, bool quiet, pid_t *out)
{
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC))
		return err(-errno, "cannot start '%s': %s", path, strerror(errno));
	cleanup(fdp) int from = ends[0];
	cleanup(fdp) int to = ends[1];
	*out = fork();
	if (*out < 0)
		return err(-errno, "cannot start '%s': %s", path, strerror(errno));
	if (*out == 0)
		become(path, argv, e, quiet, to);
	fdp(&to);
	to = -1;
	if (read(from, &code, sizeof(code)) == sizeof(code)) {
		waitpid(*out, NULL, 0);
		return err(-code, "cannot run '%s': %s", path, strerror(code));
	}
	return 0;
}

enum tracee_news tracee_wait(pid_t pid, int ms, int *status)
{
	struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	siginfo_t info;
	int raw, signal = sigtimedwait(&held, &info, &limit);

	if (signal == SIGUSR1)
		return TRACEE_ASKS;
	if (signal > 0 && signal != SIGCHLD && !pid)
		return TRACEE_INTERRUPTED;
	/* The terminal sends its signals to the program as well; kill(1) sent it to us alone. */
	if (signal > 0 && signal != SIGCHLD && info.si_code <= 0)
		kill(pid, signal);
	if (!pid || waitpid(pid, &raw, WNOHANG) != pid)
		return TRACEE_NOTHING;
	*status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return TRACEE_ENDED;
}
