/* SPDX-License-Identifier: MIT */
#include "cli/experiment/child.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/cli.h"
#include "cli/tracee.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { LOOK_MS = 50 };

static sigset_t own_mask; /* before signals were held */

void child_hold_signals(void)
{
	sigprocmask(SIG_SETMASK, NULL, &own_mask);
	tracee_hold_signals(false);
}

static int redirect(int fd, const char *path, int flags)
{
	int file = open(path, flags | O_CLOEXEC, 0600);

	return file < 0 || dup2(file, fd) < 0 ? -1 : 0;
}

static _Noreturn void become(const struct child *c)
{
	const char *output = c->output ? c->output : "/dev/null";

	setpgid(0, 0);
	/* Should we be killed ourselves. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!redirect(STDIN_FILENO, "/dev/null", O_RDONLY) &&
	    !redirect(STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC) &&
	    !redirect(STDERR_FILENO, c->errors, O_WRONLY | O_CREAT | O_TRUNC) &&
	    (!c->cpus || !sched_setaffinity(0, sizeof(*c->cpus), c->cpus)) &&
	    (!c->environment || !environment_apply(c->environment))) {
		sigprocmask(SIG_SETMASK, &own_mask, NULL);
		execv(c->argv[0], c->argv);
	}
	fprintf(stderr, "cannot run '%s': %s\n", c->argv[0], strerror(errno));
	_exit(EXIT_NOT_RUNNABLE);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- how it ends ------------------------------------------------------------------- */

/* The last line that says something: where Python has the error's name and text. */
static void last_words(const char *path, char *words, size_t size)
{
	cleanup(filep) FILE *file = fopen(path, "re");
	char line[512];

	*words = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[strspn(line, " \t")])
			snprintf(words, size, "%s", line);
	}
}

static int judge(const struct child *c, int raw)
{
	char words[512];

	if (WIFEXITED(raw) && !WEXITSTATUS(raw))
		return 0;
	last_words(c->errors, words, sizeof(words));
	if (WIFSIGNALED(raw))
		return err(-ECHILD, "it was ended by signal %d%s%s", WTERMSIG(raw), *words ? ": " : "", words);
	return err(-ECHILD, "it ended with %d%s%s", WEXITSTATUS(raw), *words ? ": " : "", words);
}

static void end_group(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* @return 0, or < 0 with a sentence when it has to end now. */
static int may_go_on(const struct child *c, uint64_t began_ns)
{
	const char *reason = c->watch ? c->watch(c->data) : NULL;

	if (tracee_interrupted())
		return err(-EINTR, "interrupted");
	if (now_ns() - began_ns > c->limit_ns)
		return err(-ETIMEDOUT, "it did not end within %s", DURATION(c->limit_ns));
	return reason ? err(-ECANCELED, "it was ended: %s", reason) : 0;
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

static int attend(struct child *c, pid_t pid)
{
	static const struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };
	uint64_t began_ns = now_ns();
	struct rusage usage = { .ru_nvcsw = 0 };
	sigset_t child;
	int raw = 0, r;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (!has_ended(pid)) {
		r = may_go_on(c, began_ns);
		if (r) {
			end_group(pid);
			return r;
		}
		sigtimedwait(&child, NULL, &look);
	}
	/* What it started ends with it; its number is its own until it is waited for. */
	kill(-pid, SIGKILL);
	while (wait4(pid, &raw, 0, &usage) < 0 && errno == EINTR)
		;
	c->context_switches = (uint64_t)(usage.ru_nvcsw + usage.ru_nivcsw);
	return judge(c, raw);
}

int child_run(struct child *c)
{
	pid_t pid;

	if (tracee_interrupted())
		return err(-EINTR, "interrupted");
	pid = fork();
	if (pid < 0)
		return err(-errno, "cannot start '%s': %s", c->argv[0], strerror(errno));
	if (pid == 0)
		become(c);
	/* Whoever comes first: nobody may be missed by a kill of the group. */
	setpgid(pid, pid);
	return attend(c, pid);
}
