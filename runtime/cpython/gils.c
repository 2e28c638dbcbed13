/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/gils.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/cpython/no_follow.h"
#include "runtime/cpython/pypy.h"

struct gils_range gils_mutexes = { .begin = UINTPTR_MAX }, gils_conds = { .begin = UINTPTR_MAX },
		  gils_sems = { .begin = UINTPTR_MAX };
struct known_gil gils[GILS_MAX];
_Atomic unsigned gils_count;

/* How far the calling thread came in creating a GIL. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
	const void *parts[GILS_PARTS]; /* a lone first mutex waits in GILS_SM */
	unsigned calls;
} creation;

/* The same for CPython 2's semaphore. */
enum { MADE = 4 };
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
	const sem_t *made[MADE]; /* the last ones, which may be a GIL */
	unsigned n;
	bool learning; /* the next wait is for the lock on the list of threads */
} sems;

/* The one CPython 2 of this process. */
static struct {
	_Atomic bool met;
	struct interpreter interpreter;
	struct known_gil *gil;
	sem_t *threads_lock;
} python2;

static bool provider_loaded;

/* Before the destructors of libraries, LTTng's among them: see stay_if_over() in interpose.c. */
static void at_exit(void)
{
	unsigned count = atomic_load(&gils_count);

	for (struct known_gil *k = gils; k < gils + count; k++)
		if (atomic_load(&k->used) && !k->interpreter.is_initialized())
			atomic_store(&k->over, true);
}

static void load_provider(void)
{
	bool alone = emit_alone();

	if (no_follow_this())
		return;
	provider_loaded = emit_load() == 0;
	if (alone) /* else each child restores it for itself */
		no_follow_from_here();
	if (provider_loaded)
		atexit(at_exit);
}

/* ---- the table ----------------------------------------------------------- */

static void range_add(struct gils_range *range, const void *object)
{
	uintptr_t address = (uintptr_t)object;
	uintptr_t begin = atomic_load(&range->begin), end = atomic_load(&range->end);

	while (address >= end && !atomic_compare_exchange_weak(&range->end, &end, address + 1))
		;
	while (address < begin && !atomic_compare_exchange_weak(&range->begin, &begin, address))
		;
}

/* Forgets what it enclosed. */
static void range_clear(struct gils_range *range)
{
	atomic_store(&range->end, 0);
	atomic_store(&range->begin, UINTPTR_MAX);
}

static struct known_gil *claim(void)
{
	for (unsigned i = 0; i < GILS_MAX; i++) {
		unsigned count = atomic_load(&gils_count);

		if (atomic_exchange(&gils[i].used, true))
			continue;
		/* Two that claim at once may come here in either order. */
		while (count <= i && !atomic_compare_exchange_weak(&gils_count, &count, i + 1))
			;
		return &gils[i];
	}
	return NULL;
}

static void publish(struct known_gil *k, const void *const parts[GILS_PARTS])
{
	struct gils_range *const range_of[GILS_PARTS] = {
		[GILS_M] = &gils_mutexes, [GILS_C] = &gils_conds, [GILS_SC] = &gils_conds, [GILS_S] = &gils_sems,
	};

	for (int part = 0; part < GILS_PARTS; part++) {
		atomic_store(&k->parts[part], parts[part]);
		if (parts[part] && range_of[part])
			range_add(range_of[part], parts[part]);
	}
}

static void withdraw(struct known_gil *k)
{
	for (int part = 0; part < GILS_PARTS; part++)
		atomic_store(&k->parts[part], NULL);
	atomic_store(&k->used, false);
}

struct known_gil *gils_search(enum gils_part part, const void *object)
{
	unsigned count = atomic_load_explicit(&gils_count, memory_order_relaxed);

	for (struct known_gil *k = gils; k < gils + count; k++)
		if (gils_is(k, part, object))
			return k;
	return NULL;
}

static struct known_gil *search_all_parts(const void *object)
{
	struct known_gil *k = NULL;

	for (enum gils_part part = 0; !k && part < GILS_PARTS; part++)
		k = gils_search(part, object);
	return k;
}

void gils_saw_end(const void *object)
{
	struct known_gil *k = search_all_parts(object);

	if (!k)
		return;
	if (k == python2.gil)
		python2.gil = NULL;
	emit_gil_destroy(&k->gil.emit);
	withdraw(k);
}

/* ---- recognition: CPython 3.2 and later ---------------------------------------- */

/* A place in the table, not published yet; NULL: there is none, or nobody to speak to. */
static struct known_gil *begin_gil(const struct interpreter *interpreter)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct known_gil *k;

	pthread_once(&once, load_provider);
	if (!provider_loaded)
		return NULL;
	k = claim();
	if (!k) {
		emit_gil_flag(&gils[0].gil.emit, GIL_FLAG_MORE_GILS);
		return NULL;
	}
	k->interpreter = *interpreter;
	k->gil = (struct gil){
		.emit = { .design = "cpython", .version = k->interpreter.version },
	};
	return k;
}

static void created(const void *const parts[GILS_PARTS], clockid_t clock, const void *caller)
{
	struct interpreter interpreter;
	struct known_gil *k = interpreter_at(caller, &interpreter) ? NULL : begin_gil(&interpreter);

	if (!k)
		return;
	k->clock = clock;
	k->gil.emit.interval = GIL_DEFAULT_INTERVAL_US;
	emit_gil_create(&k->gil.emit);
	publish(k, parts);
}

/* Of more than two mutexes in a row the last two may be the ones. */
void gils_saw_mutex_init(const pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
	gils_saw_end(mutex);
	if (attr) {
		creation.calls = 0;
	} else if (creation.calls == 0 || creation.calls == 3 || mutex == creation.parts[GILS_SM]) {
		creation.parts[GILS_SM] = mutex;
		creation.calls = 1;
	} else {
		creation.parts[GILS_M] = creation.parts[GILS_SM];
		creation.parts[GILS_SM] = mutex;
		creation.calls = 2;
	}
}

void gils_saw_cond_init(const pthread_cond_t *cond, const pthread_condattr_t *attr,
			const void *caller)
{
	clockid_t clock = CLOCK_REALTIME;

	gils_saw_end(cond);
	if (creation.calls == 2) {
		pypy_saw_creation();
		creation.parts[GILS_C] = cond;
		creation.calls = 3;
		return;
	}
	if (creation.calls == 3 && cond != creation.parts[GILS_C]) {
		creation.parts[GILS_SC] = cond;
		if (attr)
			pthread_condattr_getclock(attr, &clock);
		created(creation.parts, clock, caller);
	}
	creation.calls = 0;
}

/* ---- recognition: CPython 2 --------------------------------------------------------- */

static bool is_python2(const void *caller)
{
	struct interpreter interpreter;

	if (interpreter_at(caller, &interpreter) || !interpreter.ticked)
		return false;
	if (!atomic_exchange(&python2.met, true))
		python2.interpreter = interpreter;
	return python2.interpreter.ticker.ticks == interpreter.ticker.ticks;
}

/*
 * Semaphores are made in a few places, and many in each thread's life. To look at a place means to search all symbols
 * of its library several times: 100 us in Python's.
 */
static bool is_made_by_python2(const void *caller)
{
	enum { CALLERS = 16 };
	static struct {
		const void *_Atomic caller;
		_Atomic bool by_python2; /* written first */
	} known[CALLERS];
	static _Atomic unsigned next;
	unsigned i;
	bool by_python2;

	for (i = 0; i < CALLERS; i++)
		if (atomic_load_explicit(&known[i].caller, memory_order_acquire) == caller)
			return atomic_load_explicit(&known[i].by_python2, memory_order_relaxed);
	by_python2 = is_python2(caller);
	/* A place is given once: callers for whom there is none are looked at each time. */
	if (atomic_load_explicit(&next, memory_order_relaxed) < CALLERS &&
	    (i = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed)) < CALLERS) {
		atomic_store_explicit(&known[i].by_python2, by_python2, memory_order_relaxed);
		atomic_store_explicit(&known[i].caller, caller, memory_order_release);
	}
	return by_python2;
}

/* There is none yet; or only the parent's, in a fork child. */
static bool may_become_gil(void)
{
	return python2.gil ? emit_gil_is_inherited(&python2.gil->gil.emit) :
			     !python2.interpreter.ticker.threads_initialized();
}

void gils_saw_sem_init(const sem_t *sem, const void *caller)
{
	gils_saw_end(sem);
	if (!is_made_by_python2(caller) || !may_become_gil())
		return;
	sems.made[sems.n++ % MADE] = sem;
	range_add(&gils_sems, sem);
}

static bool is_now_gil(const sem_t *sem)
{
	for (int i = 0; i < MADE; i++)
		if (sems.made[i] == sem)
			return python2.gil ? emit_gil_is_inherited(&python2.gil->gil.emit) :
					     python2.interpreter.ticker.threads_initialized();
	return false;
}

/* CPython takes it to tell a thread of an exception: here to one that does not exist. */
static sem_t *find_threads_lock(void)
{
	const struct ticker *ticker = &python2.interpreter.ticker;

	if (!*ticker->current)
		return NULL;
	sems.learning = true;
	ticker->set_async_exc(-1, NULL);
	sems.learning = false;
	return python2.threads_lock;
}

static struct sem_gil sem_gil_here(const struct interpreter *interpreter)
{
	const char *observe_only = secure_getenv(GIL_ENV_OBSERVE_ONLY);
	struct sem_gil s = { .ticker = &interpreter->ticker, .threads_lock = python2.threads_lock };

	s.owned = !(observe_only && !strcmp(observe_only, "1")) && sem_gil_can_own();
	if (!s.threads_lock)
		s.threads_lock = find_threads_lock();
	s.counts_checks = s.threads_lock && sem_gil_finds_thread(&s);
	return s;
}

static struct known_gil *became_gil(const sem_t *sem)
{
	const void *const parts[GILS_PARTS] = { [GILS_S] = sem };
	struct known_gil *k;

	memset(sems.made, 0, sizeof(sems.made));
	if (python2.gil)
		withdraw(python2.gil); /* the parent's */
	k = python2.gil = begin_gil(&python2.interpreter);
	if (!k)
		return NULL;
	k->sem = sem_gil_here(&k->interpreter);
	k->gil.emit.flags = GIL_FLAG_TICKED | GIL_FLAG_TICKS_EXACT |
			    (k->sem.counts_checks ? GIL_FLAG_CHECKS_EXACT : 0) |
			    (k->sem.owned ? 0 : GIL_FLAG_NO_RETRIES);
	k->gil.emit.interval = *k->sem.ticker->check_interval;
	python2.threads_lock = k->sem.threads_lock;
	range_clear(&gils_sems);
	if (k->sem.threads_lock)
		range_add(&gils_sems, k->sem.threads_lock);
	emit_gil_create(&k->gil.emit);
	publish(k, parts);
	return k;
}

struct known_gil *gils_saw_sem_wait(sem_t *sem)
{
	struct known_gil *k = gils_with(GILS_S, sem);

	if (k)
		return k;
	if (sems.learning)
		python2.threads_lock = sem;
	return is_now_gil(sem) ? became_gil(sem) : NULL;
}

bool gils_are_guarded_by(const sem_t *sem)
{
	return sem == python2.threads_lock;
}
