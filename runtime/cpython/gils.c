/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/gils.h"

#include <stdlib.h>

#include "runtime/cpython/no_follow.h"

struct gils_range gils_mutexes = { .begin = UINTPTR_MAX }, gils_conds = { .begin = UINTPTR_MAX };
struct known_gil gils[GILS_MAX];
_Atomic unsigned gils_count;

/* How far the calling thread came in creating a GIL. */
static _Thread_local __attribute__((tls_model("initial-exec"))) struct {
	const void *parts[GILS_PARTS]; /* a lone first mutex waits in GILS_SM */
	unsigned calls;
} creation;

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
	for (int part = 0; part < GILS_PARTS; part++)
		atomic_store(&k->parts[part], parts[part]);
	range_add(&gils_conds, parts[GILS_C]);
	range_add(&gils_conds, parts[GILS_SC]);
	range_add(&gils_mutexes, parts[GILS_M]);
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

	if (k) {
		emit_gil_destroy(&k->gil.emit);
		withdraw(k);
	}
}

/* ---- recognition ----------------------------------------------------------- */

static void created(const void *const parts[GILS_PARTS], clockid_t clock, const void *caller)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct interpreter interpreter;
	struct known_gil *k;

	if (interpreter_at(caller, &interpreter))
		return;
	pthread_once(&once, load_provider);
	if (!provider_loaded)
		return;
	k = claim();
	if (!k) {
		emit_gil_flag(&gils[0].gil.emit, GIL_FLAG_MORE_GILS);
		return;
	}
	k->clock = clock;
	k->interpreter = interpreter;
	k->gil = (struct gil){
		.emit = {
			.design = "cpython",
			.version = k->interpreter.version,
			.interval = GIL_DEFAULT_INTERVAL_US,
		},
	};
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
