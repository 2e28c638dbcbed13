/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/gils.h"

#include <string.h>

#include "runtime/cpython/interpreter.h"

struct gils_range gils_mutexes = { .begin = UINTPTR_MAX }, gils_conds = { .begin = UINTPTR_MAX };
struct known_gil gils[GILS_MAX];
_Atomic unsigned gils_count;

/* How far the calling thread came in creating a GIL. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
	const void *mutex, *switch_mutex, *cond;
	unsigned calls;
} creation;

static bool provider_loaded;

static void load_provider(void)
{
	provider_loaded = emit_load() == 0;
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

static struct known_gil *claim(void)
{
	for (unsigned i = 0; i < GILS_MAX; i++) {
		unsigned count = i;

		if (atomic_exchange(&gils[i].used, true))
			continue;
		atomic_compare_exchange_strong(&gils_count, &count, i + 1);
		return &gils[i];
	}
	return NULL;
}

static void publish(struct known_gil *k, const void *switch_cond)
{
	atomic_store(&k->switch_cond, switch_cond);
	atomic_store(&k->switch_mutex, creation.switch_mutex);
	atomic_store(&k->cond, creation.cond);
	atomic_store(&k->mutex, creation.mutex);
	range_add(&gils_conds, switch_cond);
	range_add(&gils_conds, creation.cond);
	range_add(&gils_mutexes, creation.mutex);
}

static void withdraw(struct known_gil *k)
{
	atomic_store(&k->mutex, NULL);
	atomic_store(&k->cond, NULL);
	atomic_store(&k->switch_mutex, NULL);
	atomic_store(&k->switch_cond, NULL);
	atomic_store(&k->used, false);
}

static struct known_gil *find(const void *object)
{
	unsigned count = atomic_load_explicit(&gils_count, memory_order_relaxed);

	for (struct known_gil *k = gils; k < gils + count; k++)
		if (gils_same(&k->mutex, object) || gils_same(&k->cond, object) ||
		    gils_same(&k->switch_mutex, object) || gils_same(&k->switch_cond, object))
			return k;
	return NULL;
}

void gils_saw_destroy(const void *object)
{
	struct known_gil *k = find(object);

	if (k) {
		emit_gil_destroy(&k->gil.emit);
		withdraw(k);
	}
}

/* ---- recognition ----------------------------------------------------------- */

static void created(const pthread_cond_t *switch_cond, clockid_t clock, const void *caller)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char version[GILS_VERSION_SIZE];
	struct known_gil *k;

	if (interpreter_at(caller, version, sizeof(version)))
		return;
	pthread_once(&once, load_provider);
	k = provider_loaded ? claim() : NULL;
	if (!k)
		return;
	k->clock = clock;
	memcpy(k->version, version, sizeof(version));
	k->gil = (struct gil){
		.emit = {
			.design = "cpython",
			.version = k->version,
			.interval = GIL_DEFAULT_INTERVAL_US,
		},
	};
	emit_gil_create(&k->gil.emit);
	publish(k, switch_cond);
}

/* The memory of a freed GIL serves anew, or a fork child creates its own on the same addresses. */
static void forget(const void *object)
{
	struct known_gil *k = find(object);

	if (k)
		withdraw(k);
}

void gils_saw_mutex_init(const pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
	forget(mutex);
	if (attr) {
		creation.calls = 0;
	} else if ((creation.calls == 1 || creation.calls == 2) && mutex != creation.switch_mutex) {
		/* Of more than two in a row the last two may be the ones. */
		creation.mutex = creation.switch_mutex;
		creation.switch_mutex = mutex;
		creation.calls = 2;
	} else {
		creation.switch_mutex = mutex;
		creation.calls = 1;
	}
}

void gils_saw_cond_init(const pthread_cond_t *cond, const pthread_condattr_t *attr,
			const void *caller)
{
	unsigned calls = creation.calls;
	clockid_t clock = CLOCK_REALTIME;

	forget(cond);
	creation.calls = 0;
	if (calls == 2) {
		creation.cond = cond;
		creation.calls = 3;
	} else if (calls == 3 && cond != creation.cond) {
		if (attr)
			pthread_condattr_getclock(attr, &clock);
		created(cond, clock, caller);
	}
}
