/* SPDX-License-Identifier: MIT */
#include "tracepoints/emit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "tracepoints/image.h"
#include "tracepoints/last_thread.h"
#include "tracepoints/low_fds.h"
#include "tracepoints/room.h"
#include "tracepoints/threads.h"

enum { SAY_AGAIN_S = 1, LOOK_EVERY = 8 };

/* LTTng opened its descriptors early: they come soon after LOW_FDS_END. */
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
	bool no_follow;     /* fork children say nothing */
	char recording[128];
	char late[PATH_MAX]; /* GIL_ENV_LATE, or "" */
} process;

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

/* ---- around what makes LTTng register ----------------------------------- */

bool emit_alone(void)
{
	struct stat tasks;

	return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

/*
 * LTTng waits for the session daemon when it is loaded and in a fork child, 3 s
 * unless told. One second is enough.
 */
enum { LTTNG_TIMEOUT_MS = 3000 };
static const char register_timeout[] = "LTTNG_UST_REGISTER_TIMEOUT";

/* Nobody else reads the environment or opens a file while there is no other thread. */
struct registering {
	struct low_fds low_fds;
	bool alone, timeout_is_ours;
	int64_t until_ns; /* when LTTng stops waiting */
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* @return LTTng's timeout, which the user may have set; without an end it never passes. */
static int64_t timeout_ns(void)
{
	const char *text = secure_getenv(register_timeout);
	long ms = text ? atol(text) : LTTNG_TIMEOUT_MS;

	return ms < 0 ? INT64_MAX / 2 : ms * INT64_C(1000000);
}

static void registering_begins(struct registering *r)
{
	*r = (struct registering){ .alone = emit_alone() };
	if (r->alone) {
		r->timeout_is_ours = !getenv(register_timeout) && !setenv(register_timeout, "1000", 0);
		low_fds_hold(&r->low_fds);
	}
	r->until_ns = now_ns() + timeout_ns();
}

static void registering_ends(struct registering *r)
{
	if (r->timeout_is_ours)
		unsetenv(register_timeout);
	if (r->alone)
		low_fds_give_back(&r->low_fds);
}

/*
 * The recording that started us did not switch us on, now that LTTng waited for it: too many
 * processes at once, or no memory for our buffers. The recorder could not know without being told.
 * When LTTng waited in vain, switches that are on say nothing: they come before the session records.
 */
static void note_if_late(const struct registering *r)
{
	int saved = errno, fd, n;
	char line[16];

	if (!process.late[0] || (emit_enabled(GIL_ENTRY) && now_ns() < r->until_ns))
		return;
	fd = open(process.late, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		goto out;
	n = snprintf(line, sizeof(line), "%" PRIu32 "\n", process.nonce);
	n = (int)write(fd, line, (size_t)n); /* where that fails it is not said */
	close(fd);
out:
	errno = saved;
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
	threads_lock();
	emit_table()->before_fork(&self.fork_mask);
}

static void after_fork_parent(void)
{
	emit_table()->after_fork_parent(&self.fork_mask);
	threads_unlock();
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
	threads_forked();
	threads_unlock();
	for (int kind = 0; kind < GIL_KINDS; kind++)
		atomic_store(&emit_on[kind], kind < GIL_FIRST_HOT || process.no_follow ? OFF : &on);
	draw_nonce();
	process.pid = getpid();
	atomic_store(&process.asleep, true);
	atomic_store_explicit(&process.next_thread, 0, memory_order_relaxed);
	self.tid = 0;
	atomic_store_explicit(&self.said_gil, 0, memory_order_relaxed);
}

/* LTTng registers the child as a process of its own. */
static void wake(const struct emit_table *t)
{
	static pthread_mutex_t waking = PTHREAD_MUTEX_INITIALIZER;
	struct registering registering;
	sigset_t mask;

	pthread_mutex_lock(&waking);
	if (atomic_load(&process.asleep)) {
		registering_begins(&registering);
		t->before_fork(&mask);
		t->after_fork_child(&mask);
		registering_ends(&registering);
		follow(t);
		note_if_late(&registering);
		atomic_store(&process.asleep, false);
	}
	pthread_mutex_unlock(&waking);
}

static int find_owned_fd(const struct emit_table *t, unsigned first, unsigned last)
{
	for (unsigned fd = first; fd <= last && fd <= OWNED_FD_MAX; fd++)
		if (t->owns_fd((int)fd))
			return (int)fd;
	return -1;
}

/* Another pid: a child that came without fork()'s handlers, and is about to exec. */
static bool may_ask(const struct emit_table *t)
{
	return t && getpid() == process.pid;
}

int emit_owned_fd(unsigned first, unsigned last)
{
	const struct emit_table *t = emit_table();
	int saved = errno, fd = may_ask(t) ? find_owned_fd(t, first, last) : -1;

	errno = saved;
	return fd;
}

bool emit_refuses_close(int fd)
{
	const struct emit_table *t = emit_table();
	int saved = errno;
	bool refuses = fd >= 0 && fd <= OWNED_FD_MAX && may_ask(t) && t->owns_fd_or_free(fd);

	errno = saved;
	return refuses;
}

/* ---- facts ------------------------------------------------------------- */

/* A GIL that a fork child inherited and still uses is another one there: it goes by the child's nonce. */
static uint64_t id_here(const struct emit_gil *g)
{
	return (uint64_t)process.nonce << 32 | (uint32_t)g->id;
}

static uint64_t said_gil(const struct emit_thread *thread)
{
	return atomic_load_explicit(&thread->said_gil, memory_order_acquire);
}

static struct emit_gil_facts gil_facts(const struct emit_gil *g)
{
	return (struct emit_gil_facts){
		.gil = id_here(g),
		.interval = atomic_load_explicit(&g->interval, memory_order_relaxed),
		.pid = process.pid,
		.schema = GIL_SCHEMA,
		.flags = atomic_load_explicit(&g->flags, memory_order_relaxed),
		.recording = process.recording,
		.design = g->design,
		.version = g->version,
	};
}

/* Of any thread that has spoken, by any thread. Under threads_lock(), or without any name. */
static void say_thread(const struct emit_table *t, const struct emit_thread *thread, uint64_t gil,
		       const char *os_name)
{
	struct emit_thread_facts facts = {
		.gil = gil,
		.ident = thread == &self ? (uint64_t)pthread_self() : thread->ident,
		.tid = thread->tid,
		.pid = process.pid,
		.serial = thread->serial,
		.is_main = thread->tid == process.pid,
	};

	if (!emit_enabled(GIL_THREAD))
		return;
	facts.name = thread->name[0] ? thread->name : facts.is_main ? "" : os_name;
	t->thread(&facts);
}

/* Under threads_lock(). */
static void say_self(const struct emit_table *t, uint64_t gil)
{
	char os_name[THREADS_OS_NAME_SIZE] = "";

	say_thread(t, &self, gil, self.name[0] ? "" : threads_own_os_name(os_name));
}

static void begin_thread(void)
{
	self.tid = (int32_t)syscall(SYS_gettid);
	self.serial = atomic_fetch_add_explicit(&process.next_thread, 1, memory_order_relaxed) + 1;
	threads_see_os_name();
}

/* On the list, and off it when the thread ends. Under threads_lock(). */
static void join_threads(void)
{
	if (!self.ident && !pthread_setspecific(process.thread_end, &self))
		threads_join();
}

static void say_facts(const struct emit_table *t, const struct emit_gil *g)
{
	struct emit_gil_facts facts = gil_facts(g);

	if (!self.tid)
		begin_thread();
	self.said_to = *t->listeners;
	self.said_at_s = coarse_now_s();
	if (emit_enabled(GIL_CREATE))
		t->create(&facts);
	/* Others may read the block when said_gil is set: its tid and serial come before. */
	atomic_store_explicit(&self.said_gil, facts.gil, memory_order_release);
	if (threads_try_lock()) {
		join_threads();
		say_self(t, facts.gil);
		threads_unlock();
	} else {
		self.said_to = NULL; /* the next event says it */
	}
}

static const struct emit_table *prepare(const struct emit_gil *g)
{
	const struct emit_table *t = emit_table();

	if (__builtin_expect(atomic_load_explicit(&process.asleep, memory_order_acquire), 0))
		wake(t);
	if (__builtin_expect(atomic_load_explicit(&self.said_gil, memory_order_relaxed) != id_here(g) ||
			     self.said_to != *t->listeners, 0))
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
	self.holds = true;
	errno = saved;
}

void emit_release_slow(const struct emit_gil *g, int32_t tick, uint64_t checks, bool drop_requested)
{
	int saved = errno;

	prepare(g)->release(id_here(g), self.tid, tick, checks, drop_requested);
	self.holds = false;
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

bool emit_gil_is_inherited(const struct emit_gil *g)
{
	return g->id != id_here(g);
}

void emit_gil_destroy(struct emit_gil *g)
{
	int saved = errno;
	const struct emit_table *t = emit_table();

	/* A fork child's own is a new one; the parent's lives on. */
	if (t && !emit_gil_is_inherited(g) && emit_enabled(GIL_DESTROY)) {
		struct emit_gil_facts facts = gil_facts(g);
		t->destroy(&facts);
	}
	errno = saved;
}

void emit_gil_flag(struct emit_gil *g, uint32_t flag)
{
	int saved = errno;
	const struct emit_table *t = emit_table();

	if (!(atomic_fetch_or(&g->flags, flag) & flag) && t && emit_enabled(GIL_CREATE)) {
		struct emit_gil_facts facts = gil_facts(g);
		t->create(&facts);
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

/* ---- names --------------------------------------------------------------- */

void emit_thread_name(uint64_t ident, const char *name)
{
	const struct emit_table *t = emit_table();
	struct emit_thread *thread = &self;
	int saved = errno;

	threads_lock();
	if (ident != (uint64_t)pthread_self())
		thread = threads_find(ident);
	else if (t)
		join_threads();
	if (thread) {
		threads_set_name(thread, name);
		if (said_gil(thread))
			say_thread(t, thread, said_gil(thread), "");
	}
	threads_unlock();
	errno = saved;
}

static void own_os_name_set(void)
{
	/* A vfork child has our storage, but is another thread. */
	if (self.tid && self.tid != (int32_t)syscall(SYS_gettid))
		return;
	atomic_store(&self.os_name_is_own, true);
	self.said_to = NULL; /* the next event says it */
}

static void other_os_name_set(const struct emit_table *t, uint64_t ident, const char *os_name)
{
	struct emit_thread *thread;

	threads_lock();
	thread = threads_find(ident);
	if (!thread) {
		threads_leave_os_name(ident, os_name);
	} else {
		atomic_store(&thread->os_name_is_own, true);
		if (said_gil(thread))
			say_thread(t, thread, said_gil(thread), os_name);
	}
	threads_unlock();
}

void emit_os_name(uint64_t ident, const char *os_name)
{
	const struct emit_table *t = emit_table();
	int saved = errno;

	if (ident == (uint64_t)pthread_self())
		own_os_name_set();
	else if (t)
		other_os_name_set(t, ident, os_name);
	errno = saved;
}

/* ---- thread end ---------------------------------------------------------- */

static void say_end(void)
{
	const struct emit_table *t = emit_table();
	uint64_t gil = said_gil(&self);

	threads_lock();
	if (gil) {
		say_self(t, gil); /* its OS name may have changed after its last event */
		/* CPython up to 3.11 never lets go at the end of Py_Finalize(): it stays held. */
		if (emit_enabled(GIL_LEAVE) && !self.holds)
			t->leave(gil, self.tid, GIL_LEAVE_THREAD_END);
	}
	threads_leave();
	threads_unlock();
}

/* Among the destructors of a thread; in the last round nothing comes after it. */
static void thread_ends(void *unused)
{
	unsigned rounds = self.end_rounds + 1;
	bool last;

	(void)unused;
	say_end();
	/* Should the thread speak again (a later destructor), it is a new one. */
	memset(&self, 0, sizeof(self));
	self.ended = true;
	self.end_rounds = rounds;
	if (rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
		pthread_setspecific(process.thread_end, &self);
		return;
	}
	threads_lock();
	last = last_thread_leaves();
	threads_unlock();
	if (last)
		exit(0);
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
	const char *recording = secure_getenv(GIL_ENV_RECORDING), *late = secure_getenv(GIL_ENV_LATE);
	const struct emit_table *t = NULL;
	struct registering registering;
	struct image_name name;
	int saved = errno;
	void *handle;

	if (emit_table())
		return 0;
	if (room_lacks())
		return EMIT_E_ABSENT;
	process.pid = getpid();
	draw_nonce();
	snprintf(process.recording, sizeof(process.recording), "%s", recording ? recording : "");
	if (late && strlen(late) < sizeof(process.late))
		strcpy(process.late, late);
	process.no_follow = secure_getenv(GIL_ENV_NO_FOLLOW);
	registering_begins(&registering);
	image_name_begins(&name, registering.alone);
	handle = open_provider();
	image_name_ends(&name);
	registering_ends(&registering);
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
	note_if_late(&registering);
	return 0;
}
