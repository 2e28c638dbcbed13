/* SPDX-License-Identifier: MIT */
#include "tracepoints/emit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

enum { NAME_SIZE = 64, OS_NAME_SIZE = 16, SAY_AGAIN_S = 1, LOOK_EVERY = 8 };

/* LTTng opened its descriptors early: they are low. */
enum { OWNED_FD_MAX = 4095 };

static const volatile int off, on = 1;
#define OFF &off
_Atomic(const volatile int *) emit_on[GIL_KINDS] = {
	OFF, OFF, OFF, OFF, OFF, OFF, OFF, OFF, OFF, OFF,
};

/* What is the same for the whole process; `nonce`, `pid` are new in a fork child. */
static struct {
	_Atomic(const struct emit_table *) table;
	_Atomic uint32_t next_gil, next_thread;
	uint32_t nonce;
	int32_t pid;
	pthread_key_t thread_end;
	atomic_bool asleep; /* a fork child that has not spoken yet */
	char recording[128];
	char late[PATH_MAX]; /* GIL_ENV_LATE, or "" */
	char main_os_name[OS_NAME_SIZE];
} process;

/* What is the same for all events of the calling thread. initial-exec: no allocation on first use. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
	int32_t tid; /* 0: not looked up yet */
	uint32_t serial;
	uint64_t said_gil;  /* the facts were last said for this GIL, */
	void *said_to;      /* to these listeners, */
	time_t said_at_s;   /* at this (coarse) time */
	uint32_t entries;   /* said; one in LOOK_EVERY looks at the clock */
	sigset_t fork_mask;
	char name[NAME_SIZE]; /* "": ask the OS */
} self;

const struct emit_table *emit_table(void)
{
	return atomic_load_explicit(&process.table, memory_order_acquire);
}

static time_t coarse_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

static void draw_nonce(void)
{
	/* Without entropy (early boot) pid and time still tell processes apart. */
	if (getrandom(&process.nonce, sizeof(process.nonce), GRND_NONBLOCK) != sizeof(process.nonce)) {
		struct timespec now;
		clock_gettime(CLOCK_REALTIME, &now);
		process.nonce = (uint32_t)now.tv_nsec * 2654435761u ^ (uint32_t)getpid();
	}
	if (!process.nonce)
		process.nonce = 1;
}

/* ---- the wait for the session daemon --------------------------------- */

/* Nobody else can read the environment while there is no other thread. */
static bool alone(void)
{
	struct stat tasks;

	return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

/*
 * LTTng waits for the session daemon when it is loaded and in a fork child, 3 s
 * unless told. One second is enough.
 */
static const char register_timeout[] = "LTTNG_UST_REGISTER_TIMEOUT";

static bool set_register_timeout(void)
{
	return alone() && !getenv(register_timeout) && !setenv(register_timeout, "1000", 0);
}

static void unset_register_timeout(bool ours)
{
	if (ours)
		unsetenv(register_timeout);
}

/*
 * The recording that started us did not switch us on, now that LTTng waited for it: too many
 * processes at once, or no memory for our buffers. The recorder could not know without being told.
 */
static void note_if_late(void)
{
	char line[16];
	int fd, n;

	if (!process.late[0] || emit_enabled(GIL_ENTRY))
		return;
	fd = open(process.late, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%d\n", (int)process.pid);
	if (write(fd, line, (size_t)n) < 0)
		errno = 0; /* then it is not said */
	close(fd);
}

/* ---- fork ------------------------------------------------------------------ */

/* emit_on[] follows the provider's switches. */
static void follow(const struct emit_table *t)
{
	for (int kind = 0; kind < GIL_KINDS; kind++)
		atomic_store_explicit(&emit_on[kind], t->on[kind], memory_order_release);
}

static void before_fork(void)
{
	emit_table()->before_fork(&self.fork_mask);
}

static void after_fork_parent(void)
{
	emit_table()->after_fork_parent(&self.fork_mask);
}

/*
 * Most children only close their descriptors and become another program. LTTng
 * would start its threads in them, and abort when it finds its descriptors
 * closed. So LTTng is left as the parent had it, without threads, until the
 * child takes or drops a GIL: the hot events are switched on to learn of that.
 */
static void after_fork_child(void)
{
	emit_table()->after_fork_parent(&self.fork_mask);
	for (int kind = 0; kind < GIL_KINDS; kind++)
		atomic_store(&emit_on[kind], kind < GIL_FIRST_HOT ? OFF : &on);
	draw_nonce();
	process.pid = getpid();
	atomic_store(&process.asleep, true);
	atomic_store_explicit(&process.next_thread, 0, memory_order_relaxed);
	self.tid = 0;
	self.said_gil = 0;
}

/* LTTng registers the child as a process of its own. */
static void wake(const struct emit_table *t)
{
	static pthread_mutex_t waking = PTHREAD_MUTEX_INITIALIZER;
	sigset_t mask;
	bool timeout;

	pthread_mutex_lock(&waking);
	if (atomic_load(&process.asleep)) {
		timeout = set_register_timeout();
		t->before_fork(&mask);
		t->after_fork_child(&mask);
		unset_register_timeout(timeout);
		follow(t);
		note_if_late();
		atomic_store(&process.asleep, false);
	}
	pthread_mutex_unlock(&waking);
}

static int find_owned_fd(const struct emit_table *t, unsigned first, unsigned last)
{
	for (unsigned fd = first; fd <= last && fd <= OWNED_FD_MAX; fd++) {
		if (!t->may_own_fd((int)fd))
			continue;
		/* Another pid: a child that came without fork()'s handlers, and is about to exec. */
		if (getpid() != process.pid)
			return -1;
		if (t->owns_fd((int)fd))
			return (int)fd;
	}
	return -1;
}

int emit_owned_fd(unsigned first, unsigned last)
{
	const struct emit_table *t = emit_table();
	int saved = errno, fd = t ? find_owned_fd(t, first, last) : -1;

	errno = saved;
	return fd;
}

/* ---- facts ------------------------------------------------------------- */

/* A GIL that a fork child inherited and still uses is another one there: it goes by the child's nonce. */
static uint64_t id_here(const struct emit_gil *g)
{
	return (uint64_t)process.nonce << 32 | (uint32_t)g->id;
}

static struct emit_gil_facts gil_facts(const struct emit_gil *g)
{
	return (struct emit_gil_facts){
		.gil = id_here(g),
		.interval = atomic_load_explicit(&g->interval, memory_order_relaxed),
		.pid = process.pid,
		.schema = GIL_SCHEMA,
		.flags = g->flags,
		.recording = process.recording,
		.design = g->design,
		.version = g->version,
	};
}

/* A thread that kept the name it inherited from the main thread has no name of its own. */
static const char *own_name(char os_name[OS_NAME_SIZE], bool is_main)
{
	if (self.name[0])
		return self.name;
	if (is_main || prctl(PR_GET_NAME, os_name) || !strcmp(os_name, process.main_os_name))
		return "";
	return os_name;
}

static void say_thread(const struct emit_table *t, uint64_t gil)
{
	char os_name[OS_NAME_SIZE] = "";
	struct emit_thread_facts facts = {
		.gil = gil,
		.ident = (uint64_t)pthread_self(),
		.tid = self.tid,
		.pid = process.pid,
		.serial = self.serial,
		.is_main = self.tid == process.pid,
	};

	if (!emit_enabled(GIL_THREAD))
		return;
	facts.name = own_name(os_name, facts.is_main);
	t->thread(&facts);
}

static void say_facts(const struct emit_table *t, const struct emit_gil *g)
{
	struct emit_gil_facts facts = gil_facts(g);

	if (!self.tid) {
		self.tid = (int32_t)syscall(SYS_gettid);
		self.serial = atomic_fetch_add_explicit(&process.next_thread, 1, memory_order_relaxed) + 1;
		pthread_setspecific(process.thread_end, &self);
	}
	self.said_gil = id_here(g);
	self.said_to = *t->listeners;
	self.said_at_s = coarse_now_s();
	if (emit_enabled(GIL_CREATE))
		t->create(&facts);
	say_thread(t, self.said_gil);
}

static const struct emit_table *prepare(const struct emit_gil *g)
{
	const struct emit_table *t = emit_table();

	if (__builtin_expect(atomic_load_explicit(&process.asleep, memory_order_acquire), 0))
		wake(t);
	if (__builtin_expect(self.said_gil != id_here(g) || self.said_to != *t->listeners, 0))
		say_facts(t, g);
	return t;
}

/* ---- the hot events ------------------------------------------------------ */

void emit_entry_slow(const struct emit_gil *g, int32_t tick, uint64_t checks)
{
	int saved = errno;
	const struct emit_table *t = prepare(g);

	if (__builtin_expect(self.entries++ % LOOK_EVERY == 0, 0) &&
	    coarse_now_s() - self.said_at_s >= SAY_AGAIN_S)
		say_facts(t, g);
	t->entry(id_here(g), self.tid, tick, checks);
	errno = saved;
}

void emit_busy_slow(const struct emit_gil *g, int32_t tick, uint64_t checks)
{
	int saved = errno;

	prepare(g)->busy(id_here(g), self.tid, tick, checks);
	errno = saved;
}

void emit_retry_slow(const struct emit_gil *g, int32_t tick, uint64_t checks, bool timed_out)
{
	int saved = errno;

	prepare(g)->retry(id_here(g), self.tid, tick, checks, timed_out);
	errno = saved;
}

void emit_acquire_slow(const struct emit_gil *g, int32_t tick, uint64_t checks)
{
	int saved = errno;

	prepare(g)->acquire(id_here(g), self.tid, tick, checks);
	errno = saved;
}

void emit_release_slow(const struct emit_gil *g, int32_t tick, uint64_t checks, bool drop_requested)
{
	int saved = errno;

	prepare(g)->release(id_here(g), self.tid, tick, checks, drop_requested);
	errno = saved;
}

void emit_leave_slow(const struct emit_gil *g, enum gil_leave_reason reason)
{
	int saved = errno;

	prepare(g)->leave(id_here(g), self.tid, (uint8_t)reason);
	errno = saved;
}

/* ---- the rare events ----------------------------------------------------- */

void emit_gil_create(struct emit_gil *g)
{
	int saved = errno;
	const struct emit_table *t = emit_table();

	g->id = (uint64_t)process.nonce << 32 |
		(atomic_fetch_add_explicit(&process.next_gil, 1, memory_order_relaxed) + 1);
	if (t && emit_enabled(GIL_CREATE)) {
		struct emit_gil_facts facts = gil_facts(g);
		t->create(&facts);
	}
	errno = saved;
}

void emit_gil_destroy(struct emit_gil *g)
{
	int saved = errno;
	const struct emit_table *t = emit_table();

	/* A fork child's own is a new one; the parent's lives on. */
	if (t && g->id == id_here(g) && emit_enabled(GIL_DESTROY)) {
		struct emit_gil_facts facts = gil_facts(g);
		t->destroy(&facts);
	}
	errno = saved;
}

void emit_interval(struct emit_gil *g, int64_t value)
{
	int saved = errno;
	const struct emit_table *t = emit_table();

	if (atomic_exchange_explicit(&g->interval, value, memory_order_relaxed) != value && t &&
	    emit_enabled(GIL_INTERVAL))
		t->interval(id_here(g), value);
	errno = saved;
}

void emit_thread_name(const char *name)
{
	snprintf(self.name, sizeof(self.name), "%s", name);
	self.said_gil = 0; /* says it with the next event */
}

/* ---- thread end ---------------------------------------------------------- */

static void thread_ends(void *unused)
{
	const struct emit_table *t = emit_table();

	(void)unused;
	if (self.said_gil) {
		say_thread(t, self.said_gil); /* it may have got its name after its first event */
		if (emit_enabled(GIL_LEAVE))
			t->leave(self.said_gil, self.tid, GIL_LEAVE_THREAD_END);
	}
	/* Should the thread speak again (a later destructor), it is a new one. */
	memset(&self, 0, sizeof(self));
}

/* ---- loading ------------------------------------------------------------- */

/* The folder of the object that contains this code. */
static int own_folder(char dir[PATH_MAX])
{
	Dl_info info;
	char *slash;

	if (dladdr(&process, &info) && info.dli_fname && info.dli_fname[0] == '/') {
		snprintf(dir, PATH_MAX, "%s", info.dli_fname);
	} else {
		ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);
		if (n <= 0)
			return EMIT_E_ABSENT;
		dir[n] = '\0';
	}
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	return slash ? 0 : EMIT_E_ABSENT;
}

static void *open_provider(void)
{
	/* Installed beside the probe; installed, seen from bin; in the build tree. */
	static const char *const places[] = {
		"", GILSCOPE_PKGLIBDIR_FROM_BINDIR "/", "../../tracepoints/", "../tracepoints/",
	};
	char dir[PATH_MAX], path[PATH_MAX + 128];

	if (own_folder(dir))
		return NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s" EMIT_PROVIDER_FILE, dir, places[i]);
		if (access(path, R_OK) == 0)
			return dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return NULL;
}

static void read_main_os_name(void)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)process.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, process.main_os_name, sizeof(process.main_os_name) - 1);
		close(fd);
	}
	if (n > 0)
		process.main_os_name[strcspn(process.main_os_name, "\n")] = '\0';
}

/*
 * What glibc's pthread_atfork() is made of. That one would be linked in with its need of this symbol,
 * and keep programs of other C libraries from starting with us.
 */
static void register_fork_handlers(void)
{
	int (*register_atfork)(void (*)(void), void (*)(void), void (*)(void), void *);

	*(void **)&register_atfork = dlsym(RTLD_DEFAULT, "__register_atfork");
	if (register_atfork)
		register_atfork(before_fork, after_fork_parent, after_fork_child, NULL);
}

int emit_load(void)
{
	const char *recording = getenv(GIL_ENV_RECORDING), *late = getenv(GIL_ENV_LATE);
	const struct emit_table *t = NULL;
	int saved = errno;
	void *handle;
	bool timeout;

	if (emit_table())
		return 0;
	process.pid = getpid();
	draw_nonce();
	snprintf(process.recording, sizeof(process.recording), "%s", recording ? recording : "");
	if (late && strlen(late) < sizeof(process.late))
		strcpy(process.late, late);
	read_main_os_name();
	timeout = set_register_timeout();
	handle = open_provider();
	unset_register_timeout(timeout);
	if (handle)
		t = dlsym(handle, EMIT_TABLE_SYMBOL);
	if (t && (t->abi != EMIT_TABLE_ABI || pthread_key_create(&process.thread_end, thread_ends)))
		t = NULL;
	errno = saved;
	if (!t)
		return EMIT_E_ABSENT;
	atomic_store_explicit(&process.table, t, memory_order_release);
	register_fork_handlers();
	follow(t);
	note_if_late();
	return 0;
}
