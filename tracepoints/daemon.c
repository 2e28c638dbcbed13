/* SPDX-License-Identifier: MIT */
#include "tracepoints/daemon.h"

#include "base/err.h"
#include "tracepoints/session.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { START_LIMIT_MS = 10000, END_LIMIT_MS = 10000, POLL_MS = 10, HOME_LENGTH = 48 };

/* Root's recordings agree here on who ends the shared daemon: a lock, and in it the pid of the one we started. */
static const char root_folder[] = "/run/gilscope";
static const char root_lock[] = "/run/gilscope/daemon";
static const char root_pid_file[] = "/var/run/lttng/lttng-sessiond.pid";

struct daemon {
	char home[HOME_LENGTH]; /* "": the system's daemon */
	pid_t pid;              /* 0: not known */
	bool started;           /* by this process */
	int lock;               /* root: held from join to settle; else -1 */
};

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static pid_t read_pid(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

static pid_t read_pid_file(const char *path)
{
	cleanup(fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? 0 : read_pid(fd);
}

/* Alive, and no other program that was given the pid since it was noted. */
static bool is_session_daemon(pid_t pid)
{
	char path[64], text[64] = "", state = 'Z';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	cleanup(fdp) int fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       sscanf(text, "%*d (lttng-sessiond) %c", &state) == 1 && state != 'Z';
}

/* ---- starting -------------------------------------------------------------- */

static _Noreturn void become_daemon(const char *home, pid_t parent)
{
	static const int ending[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	cleanup(fdp) int null = open("/dev/null", O_RDWR);
	sigset_t none;

	setsid(); /* the terminal's Ctrl-C is not for it, */
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		signal(ending[i], SIG_IGN); /* also one that came just now; the recorder holds them back */
		signal(ending[i], SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	unsetenv("LD_PRELOAD");
	/* Debian 12's babeltrace2 reads CTF 1.8 only; daemons since 2.15 would write CTF 2. */
	setenv("LTTNG_SESSIOND_DEFAULT_TRACE_FORMAT", "ctf-1.8", 1);
	if (home) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		execlp("lttng-sessiond", "lttng-sessiond", "--no-kernel", NULL);
	} else {
		execlp("lttng-sessiond", "lttng-sessiond", "--no-kernel", "--daemonize", NULL);
	}
	_exit(127);
}

static int no_daemon_program(void)
{
	return err(-ENOENT, "lttng-sessiond is not installed: type 'apt install lttng-tools' "
			    "(as root), then 'gilscope doctor'");
}

/* @home: a private daemon, our child; NULL: the system's, which detaches itself. */
static int start(struct daemon *d, const char *home)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child < 0)
		return err(-errno, "cannot start lttng-sessiond: %s", strerror(errno));
	if (child == 0)
		become_daemon(home, parent);
	for (int ms = 0; ms < START_LIMIT_MS; ms += POLL_MS) {
		pid_t gone = waitpid(child, &status, WNOHANG);
		if (gone == child && WIFEXITED(status) && WEXITSTATUS(status) == 127)
			return no_daemon_program();
		if (gone == child && (home || !WIFEXITED(status) || WEXITSTATUS(status)))
			return err(-EIO, "lttng-sessiond ended as soon as it was started; run it in a "
					 "terminal to see why: %s%s lttng-sessiond --no-kernel",
				   home ? "LTTNG_HOME=" : "", home ? home : "");
		if (session_daemon_answers()) {
			d->started = true;
			d->pid = home ? child : read_pid_file(root_pid_file);
			return 0;
		}
		pause_ms(POLL_MS);
	}
	if (home)
		kill(child, SIGTERM);
	return err(-ETIMEDOUT, "lttng-sessiond did not come up within %d s", START_LIMIT_MS / 1000);
}

/* ---- root: the system's daemon ------------------------------------------- */

static int lock_root(int *out)
{
	int fd;

	if (mkdir(root_folder, 0700) && errno != EEXIST)
		return err(-errno, "cannot create %s: %s", root_folder, strerror(errno));
	fd = open(root_lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		int saved = errno;
		if (fd >= 0)
			close(fd);
		return err(-saved, "cannot lock %s: %s", root_lock, strerror(saved));
	}
	*out = fd;
	return 0;
}

static int join_root(struct daemon *d)
{
	int r = lock_root(&d->lock);

	if (r)
		return r;
	if (session_daemon_answers()) {
		d->pid = read_pid_file(root_pid_file);
		return 0;
	}
	if (is_session_daemon(read_pid_file(root_pid_file)))
		return err(-EIO, "the LTTng session daemon (pid %d) does not answer: continue it with "
				 "'kill -CONT %d' or end it, then try again",
			   (int)read_pid_file(root_pid_file), (int)read_pid_file(root_pid_file));
	r = start(d, NULL);
	if (!r && (ftruncate(d->lock, 0) || dprintf(d->lock, "%d\n", (int)d->pid) < 0))
		r = err(-errno, "cannot write %s: %s", root_lock, strerror(errno));
	return r;
}

static void end_daemon(pid_t pid)
{
	kill(pid, SIGTERM);
	for (int ms = 0; ms < END_LIMIT_MS; ms += POLL_MS) {
		waitpid(pid, NULL, WNOHANG); /* the private one is our child */
		if (!is_session_daemon(pid))
			return;
		pause_ms(POLL_MS);
	}
}

/* Whoever leaves last ends it. A failure here is nobody's: the daemon just goes on. */
static void leave_root(struct daemon *d)
{
	cleanup(fdp) int lock = -1;
	int mark = err_mark();

	if (!lock_root(&lock) && read_pid(lock) == d->pid && is_session_daemon(d->pid) &&
	    session_daemon_sessions() == 0) {
		end_daemon(d->pid);
		if (ftruncate(lock, 0))
			err(-errno, "cannot write %s", root_lock);
	}
	err_forget(mark);
}

/* ---- anybody else: a private daemon --------------------------------------- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void remove_home(const char *home)
{
	nftw(home, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Short: the path of a Unix socket below it has at most 107 bytes. */
static int make_home(char home[HOME_LENGTH])
{
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (run && strlen(run) + sizeof("/gilscope-XXXXXX") <= HOME_LENGTH) {
		snprintf(home, HOME_LENGTH, "%s/gilscope-XXXXXX", run);
		if (mkdtemp(home))
			return 0;
	}
	strcpy(home, "/tmp/gilscope-XXXXXX");
	if (mkdtemp(home))
		return 0;
	return err(-errno, "cannot create a private folder in /tmp: %s", strerror(errno));
}

static int join_private(struct daemon *d)
{
	int r = make_home(d->home);

	if (r)
		return r;
	setenv("LTTNG_HOME", d->home, 1); /* where liblttng-ctl looks for the daemon */
	r = start(d, d->home);
	if (r)
		remove_home(d->home);
	return r;
}

/* ---- the interface --------------------------------------------------------- */

int daemon_join(struct daemon **out)
{
	cleanup(freep) struct daemon *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err(-ENOMEM, "out of memory");
	d->lock = -1;
	r = geteuid() == 0 ? join_root(d) : join_private(d);
	if (r) {
		daemon_settle(d);
		return r;
	}
	*out = steal(&d);
	return 0;
}

void daemon_settle(struct daemon *d)
{
	fdp(&d->lock); /* closing gives the lock back */
	d->lock = -1;
}

struct daemon *daemon_leave(struct daemon *d)
{
	if (!d)
		return NULL;
	daemon_settle(d);
	if (!d->home[0]) {
		leave_root(d);
	} else {
		end_daemon(d->pid);
		remove_home(d->home);
	}
	free(d);
	return NULL;
}

const char *daemon_home(const struct daemon *d)
{
	return d->home[0] ? d->home : NULL;
}

bool daemon_was_started(const struct daemon *d)
{
	return d->started;
}

int daemon_pid(const struct daemon *d)
{
	return d->pid;
}
