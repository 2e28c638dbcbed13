/* SPDX-License-Identifier: MIT */
/*
 * The probe's grammar beside CPython's own variables. Three threads take and drop a GIL by the rules of take_gil() and
 * drop_gil(); every order in which their steps can follow each other is tried, each kind of wake-up, too, and what is
 * said must be what CPython's variables show. Then real threads do it, for the thread sanitizer.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "runtime/cpython/grammar.h"

enum { THREADS = 3 };

/* ---- instead of tracepoints/emit.c ---------------------------------------- */

enum said { NOTHING, ENTRY, BUSY, RETRY, ACQUIRE, RELEASE, LEAVE, SAID_KINDS };

struct saying {
	enum said kind;
	uint64_t detail; /* timed_out, the reason; of a RELEASE 2 * checks + drop_requested */
};

static const volatile int on = 1;
_Atomic(const volatile int *) emit_on[GIL_KINDS] = {
	&on, &on, &on, &on, &on, &on, &on, &on, &on, &on,
};

static _Thread_local struct saying said;
static _Thread_local uint64_t counts[SAID_KINDS];

static void say(enum said kind, uint64_t detail)
{
	/* At most one event for each call. */
	said = (struct saying){ said.kind == NOTHING ? kind : SAID_KINDS, detail };
	counts[kind]++;
}

void emit_entry_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)e, (void)tick, (void)checks;
	say(ENTRY, 0);
}

void emit_busy_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)e, (void)tick, (void)checks;
	say(BUSY, 0);
}

void emit_retry_slow(const struct emit_gil *e, int32_t tick, uint64_t checks, bool timed_out)
{
	(void)e, (void)tick, (void)checks;
	say(RETRY, timed_out);
}

void emit_acquire_slow(const struct emit_gil *e, int32_t tick, uint64_t checks)
{
	(void)e, (void)tick, (void)checks;
	say(ACQUIRE, 0);
}

void emit_release_slow(const struct emit_gil *e, int32_t tick, uint64_t checks, bool drop_requested)
{
	(void)e, (void)tick;
	say(RELEASE, 2 * checks + drop_requested);
}

void emit_leave_slow(const struct emit_gil *e, enum gil_leave_reason reason)
{
	(void)e;
	say(LEAVE, reason);
}

void emit_interval(struct emit_gil *e, int64_t value)
{
	(void)e, (void)value;
}

/* ---- a world: CPython's variables, and the probe's ------------------------- */

/* What a thread does next. */
enum at {
	BEGIN, TAKE_LOCK, TAKE_LOOK, TAKE_WAIT, TAKE_UNLOCK, DROP_LOCK, DROP_SIGNAL, UNLOCK, SWITCH_LOOK, SWITCH_WAIT,
	POKE_LOCK
};

struct actor {
	enum at at;
	unsigned done; /* of its program */
	bool waited, timed_out, signalled, asked;
	unsigned switches_at_wait;
};

struct world {
	struct gil gil;
	struct gil_thread threads[THREADS];
	struct actor actors[THREADS];
	bool locked, drop_request;
	int m, last_holder; /* a thread, or -1 */
	unsigned switches, checks;
};

/* Where the probe's pointers point to; worlds are copied in and out. */
static struct world now;

/* T take, D drop, P look who holds it (a poke), X take, but give up where it would ask the holder to drop, and skip what follows */
typedef const char *program[THREADS];

static void expect(enum said kind, uint64_t detail)
{
	assert_int_equal(said.kind, kind);
	assert_int_equal(said.detail, detail);
	said = (struct saying){ NOTHING, 0 };
}

static bool lock(int i, enum at next)
{
	if (now.m >= 0)
		return false;
	now.m = i;
	now.actors[i].at = next;
	return true;
}

static bool unlock(int i, enum at next)
{
	now.m = -1;
	now.actors[i].at = next;
	now.actors[i].done += next == BEGIN;
	return true;
}

static bool begin(int i, char what)
{
	bool holds = now.locked && now.last_holder == i;
	struct actor *a = &now.actors[i];

	if (!what)
		return false;
	gil_enter(&now.gil, &now.threads[i]);
	expect(holds ? NOTHING : ENTRY, 0);
	a->waited = a->timed_out = a->asked = false;
	a->at = what == 'D' ? DROP_LOCK : what == 'P' ? POKE_LOCK : TAKE_LOCK;
	return true;
}

static bool wait_for_it(int i)
{
	struct actor *a = &now.actors[i];

	gil_wait(&now.gil, &now.threads[i]);
	expect(a->waited ? RETRY : BUSY, a->waited && a->timed_out);
	a->waited = true;
	a->signalled = false;
	a->switches_at_wait = now.switches;
	return unlock(i, TAKE_WAIT);
}

static bool take_or_wait(int i)
{
	if (now.locked)
		return wait_for_it(i);
	now.locked = true;
	now.switches += now.last_holder != i;
	now.last_holder = i;
	gil_acquire(&now.gil, &now.threads[i]);
	expect(ACQUIRE, 0);
	now.drop_request = false;
	now.actors[i].at = TAKE_UNLOCK;
	return true;
}

/* choice 0: woken by a signal; 1: its time is over; 2: woken by nobody, as POSIX allows */
static bool wake(int i, char what, int choice)
{
	struct actor *a = &now.actors[i];
	bool asks;

	if (choice > 2 || (choice == 0) != (a->signalled && choice != 1) || !lock(i, TAKE_LOOK))
		return false;
	a->timed_out = choice == 1;
	gil_waited(&now.gil, &now.threads[i], a->timed_out);
	expect(NOTHING, 0);
	asks = a->timed_out && now.locked && now.switches == a->switches_at_wait;
	if (what == 'X' && asks) {
		if (a->asked)
			now.drop_request = false;
		gil_exit(&now.gil, &now.threads[i]);
		expect(LEAVE, GIL_LEAVE_GONE);
		a->done++;
		return unlock(i, BEGIN);
	}
	a->asked |= asks;
	now.drop_request |= asks;
	return true;
}

/* choice: the waiter that it wakes; without one, 0 */
static bool signal_one(int i, int choice)
{
	int waiters = 0;

	for (int j = 0; j < THREADS; j++)
		waiters += now.actors[j].at == TAKE_WAIT && !now.actors[j].signalled;
	if (choice >= THREADS || (waiters ? now.actors[choice].at != TAKE_WAIT || now.actors[choice].signalled : choice))
		return false;
	now.checks += now.drop_request;
	gil_release(&now.gil, &now.threads[i]);
	expect(RELEASE, 2 * now.checks + now.drop_request);
	now.locked = false;
	if (waiters)
		now.actors[choice].signalled = true;
	now.actors[i].at = UNLOCK;
	return true;
}

static bool leave(int i, enum said kind, enum at next)
{
	gil_exit(&now.gil, &now.threads[i]);
	expect(kind, kind == LEAVE ? GIL_LEAVE_POKE : 0);
	return unlock(i, next);
}

static bool look_whether_to_switch(int i)
{
	bool waits = now.drop_request && now.last_holder == i;

	if (waits)
		now.drop_request = false;
	now.actors[i].at = waits ? SWITCH_WAIT : BEGIN;
	now.actors[i].done += !waits;
	return true;
}

/* choice 0: somebody took over; 1: woken by nobody */
static bool end_switch(int i, int choice)
{
	if (choice > 1 || (choice == 0) != (now.last_holder != i))
		return false;
	now.actors[i].at = BEGIN;
	now.actors[i].done++;
	return true;
}

/* One step of thread `i`. @return whether it can make it, in this way */
static bool step(int i, const char *words, int choice)
{
	char what = words[now.actors[i].done];
	bool holds = now.locked && now.last_holder == i;

	switch (now.actors[i].at) {
	case TAKE_WAIT:
		return wake(i, what, choice);
	case DROP_SIGNAL:
		return signal_one(i, choice);
	case SWITCH_WAIT:
		return end_switch(i, choice);
	default:
		break;
	}
	if (choice)
		return false;
	switch (now.actors[i].at) {
	case BEGIN:
		return begin(i, what);
	case TAKE_LOCK:
		return lock(i, TAKE_LOOK);
	case TAKE_LOOK:
		return take_or_wait(i);
	case TAKE_UNLOCK:
		return leave(i, NOTHING, BEGIN);
	case DROP_LOCK:
		return lock(i, DROP_SIGNAL);
	case UNLOCK:
		return leave(i, NOTHING, SWITCH_LOOK);
	case SWITCH_LOOK:
		return look_whether_to_switch(i);
	case POKE_LOCK:
		return now.m < 0 && leave(i, holds ? NOTHING : LEAVE, BEGIN);
	default:
		return false;
	}
}

/* ---- all orders ------------------------------------------------------------ */

struct search {
	struct world *stack;
	size_t n, size;
	uint64_t *seen; /* hashes; 0: free */
	size_t n_seen, seen_size;
	size_t n_ends;
};

static uint64_t hash_of(const struct world *w)
{
	const unsigned char *bytes = (const unsigned char *)w;
	uint64_t hash = 0xCBF29CE484222325;

	for (size_t i = 0; i < sizeof(*w); i++)
		hash = (hash ^ bytes[i]) * 0x100000001B3;
	return hash | 1;
}

static bool is_new(struct search *s, uint64_t hash)
{
	size_t i = (hash >> 16) % s->seen_size;

	for (; s->seen[i]; i = (i + 1) % s->seen_size)
		if (s->seen[i] == hash)
			return false;
	s->seen[i] = hash;
	assert_true(++s->n_seen < s->seen_size / 2);
	return true;
}

static void push(struct search *s)
{
	if (!is_new(s, hash_of(&now)))
		return;
	if (s->n == s->size) {
		s->size = s->size ? 2 * s->size : 64;
		s->stack = reallocarray(s->stack, s->size, sizeof(*s->stack));
		assert_non_null(s->stack);
	}
	memcpy(&s->stack[s->n++], &now, sizeof(now));
}

static void follow(struct search *s, const program words)
{
	bool goes_on = false;
	struct world from;

	memcpy(&from, &s->stack[--s->n], sizeof(from));
	for (int i = 0; i < THREADS; i++) {
		for (int choice = 0; choice < THREADS; choice++) {
			memcpy(&now, &from, sizeof(now));
			if (!step(i, words[i], choice))
				continue;
			goes_on = true;
			push(s);
		}
	}
	if (goes_on)
		return;
	s->n_ends++;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(from.actors[i].done, strlen(words[i]));
	assert_false(from.locked);
	assert_int_equal(atomic_load(&from.gil.holder), 0);
	assert_int_equal(atomic_load(&from.gil.checks), from.checks);
}

static void try_all_orders(const program words, size_t *n_worlds)
{
	cleanup(freep) uint64_t *seen = NULL;
	struct search s = { .seen_size = 1 << 24 };

	s.seen = seen = calloc(s.seen_size, sizeof(*seen));
	assert_non_null(seen);
	memset(&now, 0, sizeof(now));
	now.m = now.last_holder = -1;
	for (int i = 0; i < THREADS; i++)
		now.threads[i].number = (uint32_t)i + 1;
	push(&s);
	while (s.n)
		follow(&s, words);
	free(s.stack);
	assert_true(s.n_ends > 0);
	*n_worlds += s.n_seen;
}

static bool few;

static void test_all_orders(void **state)
{
	static const program programs[] = {
		{ "TD", "TD", "TD" },
		{ "TD", "XD", "" },
		{ "TD", "XD", "TD" },
		{ "TD", "XD", "XD" },
		{ "TDTD", "TDTD", "TD" },
		{ "TDTDTD", "TDTD", "" },
		{ "TPD", "PTD", "TDP" },
		{ "TDTD", "XDTD", "" },
	};
	size_t n_worlds = 0, n = few ? 3 : sizeof(programs) / sizeof(programs[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		try_all_orders(programs[i], &n_worlds);
	print_message("# %zu situations\n", n_worlds);
}

/* ---- real threads ---------------------------------------------------------- */

enum { ROUNDS = 5000, WAIT_NS = 20000, LONG_HOLD = 20000 };

static struct {
	struct gil probe;
	pthread_mutex_t m, sm;
	pthread_cond_t c, sc;
	_Atomic bool drop_request;
	bool locked;
	unsigned long switches, last_holder;
	unsigned long held; /* what the GIL guards */
} gil = { .m = PTHREAD_MUTEX_INITIALIZER, .sm = PTHREAD_MUTEX_INITIALIZER, .c = PTHREAD_COND_INITIALIZER,
	  .sc = PTHREAD_COND_INITIALIZER };

struct runner {
	pthread_t thread;
	unsigned long id;
	uint64_t counts[SAID_KINDS];
	bool wrong;
};

static bool timed_wait(struct gil_thread *t)
{
	struct timespec until;
	bool timed_out;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += WAIT_NS;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	gil_wait(&gil.probe, t);
	timed_out = pthread_cond_timedwait(&gil.c, &gil.m, &until) == ETIMEDOUT;
	gil_waited(&gil.probe, t, timed_out);
	return timed_out;
}

static void take(struct gil_thread *t, unsigned long id)
{
	gil_enter(&gil.probe, t);
	pthread_mutex_lock(&gil.m);
	while (gil.locked) {
		unsigned long switches = gil.switches;

		if (timed_wait(t) && gil.locked && gil.switches == switches)
			gil.drop_request = true;
	}
	pthread_mutex_lock(&gil.sm);
	gil.locked = true;
	gil.switches += gil.last_holder != id;
	gil.last_holder = id;
	gil_acquire(&gil.probe, t);
	pthread_cond_signal(&gil.sc);
	pthread_mutex_unlock(&gil.sm);
	gil.drop_request = false;
	gil_exit(&gil.probe, t);
	pthread_mutex_unlock(&gil.m);
}

static void drop(struct gil_thread *t, unsigned long id)
{
	gil_enter(&gil.probe, t);
	pthread_mutex_lock(&gil.m);
	gil.locked = false;
	gil_release(&gil.probe, t);
	pthread_cond_signal(&gil.c);
	gil_exit(&gil.probe, t);
	pthread_mutex_unlock(&gil.m);
	if (!gil.drop_request)
		return;
	pthread_mutex_lock(&gil.sm);
	if (gil.last_holder == id) {
		gil.drop_request = false;
		pthread_cond_wait(&gil.sc, &gil.sm);
	}
	pthread_mutex_unlock(&gil.sm);
}

static void *run(void *arg)
{
	struct gil_thread t = { 0 };
	struct runner *r = arg;

	for (int i = 0; i < ROUNDS; i++) {
		bool requested;

		said = (struct saying){ NOTHING, 0 };
		take(&t, r->id);
		gil.held++;
		for (int n = 0; i % 8 == 0 && n < LONG_HOLD && !gil.drop_request; n++)
			;
		requested = gil.drop_request;
		said = (struct saying){ NOTHING, 0 };
		drop(&t, r->id);
		/* It may be asked for after it looked, not before. */
		r->wrong |= said.kind != RELEASE || (requested && said.detail % 2 == 0);
	}
	memcpy(r->counts, counts, sizeof(counts));
	return NULL;
}

static void test_real_threads(void **state)
{
	struct runner runners[THREADS] = { 0 };

	(void)state;
	for (unsigned long i = 0; i < THREADS; i++) {
		runners[i].id = i + 1;
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(runners[i].thread, NULL);
	for (int i = 0; i < THREADS; i++) {
		const uint64_t *n = runners[i].counts;

		assert_false(runners[i].wrong);
		assert_int_equal(n[ENTRY], ROUNDS);
		assert_int_equal(n[ACQUIRE], ROUNDS);
		assert_int_equal(n[RELEASE], ROUNDS);
		assert_int_equal(n[LEAVE], 0);
		assert_true(n[BUSY] <= n[ENTRY]);
	}
	assert_int_equal(gil.held, (unsigned long)THREADS * ROUNDS);
	assert_int_equal(gil.probe.switches, gil.switches);
}

/* `test-interleavings few`: where a sanitizer makes it slow, and the many would tell it nothing new. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_orders),
		cmocka_unit_test(test_real_threads),
	};

	few = argc > 1 && !strcmp(argv[1], "few");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
