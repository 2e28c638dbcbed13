/* SPDX-License-Identifier: MIT */
#include "tracepoints/last_thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { LIVES, DEAD, LTTNG };

static bool ends_with(const char *text, size_t n, const char *end)
{
	return n >= strlen(end) && !memcmp(text + n - strlen(end), end, strlen(end));
}

/* All that can be: not SIGKILL, SIGSTOP and the two that the C library keeps for itself. */
static bool all_blocked(const char *hexadecimal)
{
	const uint64_t never = UINT64_C(1) << 8 | UINT64_C(1) << 18 | UINT64_C(3) << 31;

	return (strtoull(hexadecimal, NULL, 16) | never) == UINT64_MAX;
}

/* LTTng's listeners are called PROGRAM-ust and block all signals. */
static enum kind kind_in(const char *status)
{
	const char *name = strstr(status, "Name:\t"), *state = strstr(status, "\nState:\t");
	const char *blocked = strstr(status, "\nSigBlk:\t");

	if (!name || !state || !blocked)
		return LIVES;
	name += strlen("Name:\t");
	state += strlen("\nState:\t");
	if (*state == 'Z' || *state == 'X')
		return DEAD;
	if (ends_with(name, strcspn(name, "\n"), "-ust") && all_blocked(blocked + strlen("\nSigBlk:\t")))
		return LTTNG;
	return LIVES;
}

static enum kind kind_of(const char *tid)
{
	char path[64], status[2048];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) /* gone since it was listed */
		return DEAD;
	n = read(fd, status, sizeof(status) - 1);
	syscall(SYS_close, fd);
	if (n <= 0)
		return DEAD;
	status[n] = '\0';
	return kind_in(status);
}

static pid_t main_left; /* the process (a fork child is another) whose main thread came here */

/*
 * Nearly always so, and found with one call: the files of /proc take longer than all else in a thread's end.
 * A thread's list of robust mutexes, which the C library sets at its start, is gone when it ends.
 */
static bool main_lives(pid_t own)
{
	void *head = NULL;
	size_t size;

	return own != getpid() && main_left != getpid() &&
	       syscall(SYS_get_robust_list, getpid(), &head, &size) == 0 && head;
}

/* Looks no further than to the first that lives: nearly always the main thread. */
static bool only_lttng_is_left(void)
{
	long own = syscall(SYS_gettid);
	bool lttng = false, others = false;
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;

	while (tasks && !others && (task = readdir(tasks))) {
		enum kind kind;

		if (task->d_name[0] == '.' || atol(task->d_name) == own)
			continue;
		kind = kind_of(task->d_name);
		lttng |= kind == LTTNG;
		others |= kind == LIVES;
	}
	if (tasks)
		closedir(tasks);
	return lttng && !others;
}

bool last_thread_leaves(void)
{
	sigset_t all;
	pid_t own = (pid_t)syscall(SYS_gettid);
	bool last;
	int state;

	/* The caller holds a lock. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	last = !main_lives(own) && only_lttng_is_left();
	if (own == getpid())
		main_left = own;
	pthread_setcancelstate(state, NULL);
	if (last)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	syscall(SYS_prctl, PR_SET_NAME, "gone-ust");
	return false;
}
