/* SPDX-License-Identifier: MIT */
#include "tracepoints/daemon.h"

#include "base/err.h"
#include "base/tree.h"
#include "tracepoints/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { START_LIMIT_MS = 10000, END_LIMIT_MS = 10000, LOCK_LIMIT_MS = 60000, POLL_MS = 10 };
enum { HOME_LENGTH = 48 };

struct daemon {
	char home[HOME_LENGTH];  /* of a private daemon; "": it is shared */
	pid_t pid;               /* 0: not known */
	bool started;            /* by this process */
	bool seen;               /* its process: not where that is in another pid namespace */
	int alive;               /* locked while this process lives: see sweep(); or -1 */
	/* Shared: where its recordings agree on who ends it, by a lock that has the pid of the one we started. */
	int lock;                /* held from join to settle; else -1 */
	char folder[PATH_MAX];
	char lock_file[PATH_MAX];
	char mark[PATH_MAX];     /* the file of this recording, which is locked */
	char pid_file[PATH_MAX]; /* the daemon's own */
};
DEFINE_CLEANUP(DIR *, closedir);

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

/*
 * SIGTERM may miss a daemon that only just starts, and does not reach one that is stopped.
 * A private one has nothing to finish then.
 */
static void end_daemon(pid_t pid, bool private)
{
	kill(pid, SIGTERM);
	for (int ms = 0; ms < END_LIMIT_MS; ms += POLL_MS) {
		waitpid(pid, NULL, WNOHANG); /* the private one is our child */
		if (!is_session_daemon(pid))
			return;
		pause_ms(POLL_MS);
	}
	if (private) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG);
	}
}

/* ---- what recorders leave that were killed ----------------------------------- */

/* @how: of flock(). @return a descriptor that keeps `path` locked, or -1. */
static int lock_path(const char *path, int flags, int how)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd >= 0 && flock(fd, how)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/*
 * Each recorder keeps a file or folder of its own locked as long as it lives.
 * Calls `clean` for those in `folder` whose recorder is gone.
 */
static void sweep(const char *folder, const char *pattern,
		  void (*clean)(const char *path, const char *name))
{
	cleanup(closedirp) DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PATH_MAX];
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (fnmatch(pattern, entry->d_name, 0) ||
		    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path) ||
		    lstat(path, &st) || st.st_uid != geteuid())
			continue;
		cleanup(fdp) int lock = lock_path(path, O_RDONLY, LOCK_EX | LOCK_NB);
		if (lock >= 0)
			clean(path, entry->d_name);
	}
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

/* @home: a private daemon, our child; NULL: a shared one, which detaches itself. */
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
			d->pid = home ? child : read_pid_file(d->pid_file);
			return 0;
		}
		pause_ms(POLL_MS);
	}
	if (home)
		end_daemon(child, true);
	return err(-ETIMEDOUT, "lttng-sessiond did not come up within %d s", START_LIMIT_MS / 1000);
}

/* ---- a shared daemon --------------------------------------------------------- */

/* Root's is the system's, anybody else's is where LTTng looks for it. */
static int name_shared(struct daemon *d, const char *session)
{
	const char *home = getenv("LTTNG_HOME");
	bool fits = true;

	if (geteuid() == 0) {
		strcpy(d->folder, "/run/gilscope");
		strcpy(d->pid_file, "/var/run/lttng/lttng-sessiond.pid");
	} else {
		home = home ? home : getenv("HOME");
		if (!home || !*home)
			return err(-ENOENT, "HOME is not set: where is the session daemon of this user?");
		fits = snprintf(d->folder, PATH_MAX, "%s/.lttng", home) < PATH_MAX;
		if (fits && mkdir(d->folder, 0700) && errno != EEXIST)
			return err(-errno, "cannot create '%s': %s; programs of a user without a home are "
					   "recorded by root", d->folder, strerror(errno));
		fits = fits && snprintf(d->pid_file, PATH_MAX, "%s/.lttng/lttng-sessiond.pid", home) < PATH_MAX &&
		       snprintf(d->folder, PATH_MAX, "%s/.lttng/gilscope", home) < PATH_MAX;
	}
	fits = fits && snprintf(d->lock_file, PATH_MAX, "%s/daemon", d->folder) < PATH_MAX &&
	       snprintf(d->mark, PATH_MAX, "%s/%s", d->folder, session) < PATH_MAX;
	return fits ? 0 : err(-ENAMETOOLONG, "'%s' is too long a name", home);
}

static int lock_shared(const struct daemon *d, int *out)
{
	if (mkdir(d->folder, 0700) && errno != EEXIST)
		return err(-errno, "cannot create '%s': %s", d->folder, strerror(errno));
	for (int ms = 0; ms < LOCK_LIMIT_MS; ms += POLL_MS) {
		*out = lock_path(d->lock_file, O_RDWR | O_CREAT, LOCK_EX | LOCK_NB);
		if (*out >= 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return err(-errno, "cannot lock '%s': %s", d->lock_file, strerror(errno));
		pause_ms(POLL_MS);
	}
	return err(-ETIMEDOUT, "another recording holds '%s' for more than %d s: is it stopped?",
		   d->lock_file, LOCK_LIMIT_MS / 1000);
}

static void end_stale_session(const char *path, const char *name)
{
	int mark = err_mark();

	session_end(name);
	err_forget(mark);
	unlink(path);
}

static int join_shared(struct daemon *d, const char *session)
{
	pid_t pid;
	int r = name_shared(d, session);

	if (!r)
		r = lock_shared(d, &d->lock);
	if (r)
		return r;
	d->alive = lock_path(d->mark, O_RDWR | O_CREAT, LOCK_EX | LOCK_NB);
	pid = read_pid_file(d->pid_file);
	if (session_daemon_answers()) {
		d->pid = pid;
		sweep(d->folder, "gilscope-*", end_stale_session);
		return 0;
	}
	if (is_session_daemon(pid))
		return err(-EIO, "the LTTng session daemon (pid %d) does not answer: continue it with "
				 "'kill -CONT %d' or end it, then try again", (int)pid, (int)pid);
	r = start(d, NULL);
	if (!r && (ftruncate(d->lock, 0) || dprintf(d->lock, "%d\n", (int)d->pid) < 0))
		r = err(-errno, "cannot write '%s': %s", d->lock_file, strerror(errno));
	return r;
}

/* Whoever leaves last ends it. A failure here is nobody's: the daemon just goes on. */
static void leave_shared(struct daemon *d)
{
	cleanup(fdp) int lock = -1;
	int mark = err_mark();

	unlink(d->mark);
	if (!lock_shared(d, &lock) && read_pid(lock) == d->pid && is_session_daemon(d->pid) &&
	    session_daemon_sessions() == 0) {
		end_daemon(d->pid, false);
		if (ftruncate(lock, 0))
			err(-errno, "cannot write '%s'", d->lock_file);
	}
	err_forget(mark);
}

/* ---- a private daemon ---------------------------------------------------------- */

static void remove_home(const char *home)
{
	tree_remove(home);
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

static bool serves(pid_t pid, const char *home)
{
	char path[64], wanted[HOME_LENGTH + 16], text[1 << 14];
	int length = snprintf(wanted, sizeof(wanted), "LTTNG_HOME=%s", home) + 1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	cleanup(fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text)) : 0;
	return n > 0 && memmem(text, (size_t)n, wanted, (size_t)length) && is_session_daemon(pid);
}

/* One without .lttng may be of a recorder that is about to lock it. */
static void clean_stale_home(const char *home, const char *name)
{
	char path[PATH_MAX + 32];
	pid_t pid;

	(void)name;
	snprintf(path, sizeof(path), "%s/.lttng", home);
	if (access(path, F_OK))
		return;
	snprintf(path, sizeof(path), "%s/.lttng/lttng-sessiond.pid", home);
	pid = read_pid_file(path);
	if (pid > 0 && serves(pid, home))
		end_daemon(pid, true);
	remove_home(home);
}

static int join_private(struct daemon *d)
{
	char folder[HOME_LENGTH];
	int r = make_home(d->home);

	if (r)
		return r;
	d->alive = lock_path(d->home, O_RDONLY | O_DIRECTORY, LOCK_EX);
	strcpy(folder, d->home);
	*strrchr(folder, '/') = '\0';
	sweep(folder, "gilscope-??????", clean_stale_home);
	setenv("LTTNG_HOME", d->home, 1); /* where liblttng-ctl looks for the daemon */
	r = start(d, d->home);
	if (r)
		remove_home(d->home);
	return r;
}

/* ---- the interface --------------------------------------------------------- */

int daemon_join(struct daemon **out, enum daemon_kind kind, const char *session)
{
	cleanup(freep) struct daemon *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return err(-ENOMEM, "out of memory");
	d->lock = d->alive = -1;
	r = geteuid() == 0 || kind == DAEMON_OF_THOSE_THAT_RUN ? join_shared(d, session) : join_private(d);
	if (r) {
		if (d->mark[0])
			unlink(d->mark);
		fdp(&d->alive);
		daemon_settle(d);
		return r;
	}
	d->seen = is_session_daemon(d->pid);
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
		leave_shared(d);
	} else {
		end_daemon(d->pid, true);
		remove_home(d->home);
	}
	fdp(&d->alive);
	free(d);
	return NULL;
}

const char *daemon_home(const struct daemon *d)
{
	return d->home[0] ? d->home : NULL;
}

bool daemon_lives(const struct daemon *d)
{
	return !d->seen || is_session_daemon(d->pid);
}

bool daemon_was_started(const struct daemon *d)
{
	return d->started;
}

int daemon_pid(const struct daemon *d)
{
	return d->pid;
}
