/* SPDX-License-Identifier: MIT */
#include "runtime/cpython/sem_gil.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cpython/real.h"

/* ---- the semaphore, as glibc has it since 2.21 on 64-bit machines ------------------ */

/* The value, which is also the futex, is the lower half; the number of waiters the upper. */
#define ONE_WAITER (UINT64_C(1) << 32)

static uint64_t *word_of(sem_t *sem)
{
	return (uint64_t *)(void *)sem;
}

static uint32_t value_in(uint64_t word)
{
	return (uint32_t)word;
}

static void futex(sem_t *sem, int operation, unsigned value)
{
	syscall(SYS_futex, sem, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

/* @waiter ONE_WAITER if the caller is counted as one, which then ends; else 0. */
static bool try_take(sem_t *sem, uint64_t waiter)
{
	uint64_t word = __atomic_load_n(word_of(sem), __ATOMIC_RELAXED);

	while (value_in(word))
		if (__atomic_compare_exchange_n(word_of(sem), &word, word - 1 - waiter, true,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

static void give(sem_t *sem)
{
	uint64_t before = __atomic_fetch_add(word_of(sem), 1, __ATOMIC_RELEASE);

	if (before >= ONE_WAITER)
		futex(sem, FUTEX_WAKE, 1);
}

/* While the value is zero; until somebody gives, or a signal came. May be cancelled. */
static void sleep_on(sem_t *sem)
{
	int type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	futex(sem, FUTEX_WAIT, 0);
	pthread_setcanceltype(type, NULL);
}

/*
 * A thread that is cancelled while it sleeps ends, as one waiter less. Not with a cleanup handler:
 * the unwinder's library that those need would have to be in every program that the probe is in.
 */
static pthread_key_t waiter_end;
static bool has_waiter_end;

static void waiter_ends(void *arg)
{
	struct sem_thread *st = arg;

	if (st->waits_for)
		__atomic_fetch_sub(word_of(st->waits_for), ONE_WAITER, __ATOMIC_RELAXED);
	st->waits_for = NULL;
}

static void make_waiter_end(void)
{
	has_waiter_end = !pthread_key_create(&waiter_end, waiter_ends);
}

static bool is(sem_t *sem, uint64_t word)
{
	return __atomic_load_n(word_of(sem), __ATOMIC_RELAXED) == word;
}

bool sem_gil_can_own(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const struct timespec past = { 0 };
	sem_t sem;
	bool ok;

	if (sizeof(sem_t) < sizeof(uint64_t) || real.sem_init(&sem, 0, 1))
		return false;
	ok = is(&sem, 1);
	ok = ok && !real.sem_wait(&sem) && is(&sem, 0);
	ok = ok && real.sem_trywait(&sem) && is(&sem, 0);
	/* One who waits in vain leaves no trace. */
	ok = ok && sem_timedwait(&sem, &past) && is(&sem, 0);
	/* Waiters are counted where we think, and keep the fast way from being taken. */
	*word_of(&sem) = ONE_WAITER;
	ok = ok && !real.sem_post(&sem) && is(&sem, ONE_WAITER + 1);
	ok = ok && !real.sem_trywait(&sem) && is(&sem, ONE_WAITER);
	*word_of(&sem) = 0;
	real.sem_destroy(&sem);
	pthread_once(&once, make_waiter_end);
	return ok;
}

/* ---- ticks and checks ---------------------------------------------------------------- */

/* Where a PyThreadState has them; the layout is frozen in 2.7. */
enum { TICK_COUNTER_AT = 128, THREAD_ID_AT = 144 };

/* Ticks that are left; it stands at -1 when a check is due, which is none left too. */
static int32_t tick_of(const struct sem_gil *s)
{
	int ticks = *s->ticker->ticks;

	return ticks < 0 ? 0 : ticks;
}

static bool is_of_this_thread(const char *thread)
{
	long ident;

	memcpy(&ident, thread + THREAD_ID_AT, sizeof(ident));
	return ident == (long)pthread_self();
}

bool sem_gil_finds_thread(const struct sem_gil *s)
{
	const char *current = *s->ticker->current;

	return current && is_of_this_thread(current);
}

/*
 * A state carries the ident of the thread that made it until its own thread runs, and that of a
 * thread that did not survive a fork for ever. So of several with our ident only one that was
 * ours before is certain to be ours.
 * @return is the answer certain? NULL: this thread has no state (any more).
 */
static bool find_tick_counter(const struct ticker *k, const volatile int *was, const volatile int **out)
{
	const volatile int *counter;
	unsigned matches = 0;

	*out = NULL;
	for (void *i = k->first_interpreter(); i; i = k->next_interpreter(i))
		for (char *thread = k->first_thread(i); thread; thread = k->next_thread(thread)) {
			if (!is_of_this_thread(thread))
				continue;
			counter = (const volatile int *)(void *)(thread + TICK_COUNTER_AT);
			matches++;
			*out = counter;
			if (counter == was)
				return true;
		}
	return matches <= 1;
}

/*
 * Does not wait for the list: the caller asks again at its next event.
 * @return is st->tick_counter right now?
 */
static bool look_up_tick_counter(const struct sem_gil *s, struct sem_thread *st)
{
	const volatile int *found;
	int saved = errno;

	if (st->current)
		return true;
	if (real.sem_trywait(s->threads_lock)) {
		errno = saved;
		return false;
	}
	st->current = find_tick_counter(s->ticker, st->tick_counter, &found);
	real.sem_post(s->threads_lock);
	if (!st->current)
		found = NULL;
	if (found != st->tick_counter)
		st->counting = false;
	st->tick_counter = found;
	return st->current;
}

static void begin_counting(const struct sem_gil *s, struct sem_thread *st)
{
	st->counting = s->counts_checks && look_up_tick_counter(s, st) && st->tick_counter;
	if (st->counting)
		st->tick_counter_at_acquire = *st->tick_counter;
}

/* Checks since begin_counting(). */
static unsigned checks_in_hold(const struct sem_gil *s, struct sem_thread *st)
{
	bool counted = st->counting;
	int ticks = *s->ticker->ticks;

	if (counted && look_up_tick_counter(s, st))
		/* Else the thread has just removed its state: no check. */
		return st->counting ? (unsigned)*st->tick_counter - (unsigned)st->tick_counter_at_acquire : 0;
	return ticks == 0 || ticks == *s->ticker->check_interval;
}

/* ---- the calls ------------------------------------------------------------------------- */

static void wait_owned(struct gil *g, const struct sem_gil *s, struct sem_thread *st, sem_t *sem)
{
	emit_busy(&g->emit, tick_of(s), gil_checks(g));
	if (!st->has_end && has_waiter_end)
		st->has_end = !pthread_setspecific(waiter_end, st);
	st->waits_for = sem;
	__atomic_fetch_add(word_of(sem), ONE_WAITER, __ATOMIC_RELAXED);
	for (;;) {
		sleep_on(sem);
		if (try_take(sem, ONE_WAITER))
			break;
		emit_retry(&g->emit, tick_of(s), gil_checks(g), false);
	}
	st->waits_for = NULL;
}

static int wait_observed(struct gil *g, const struct sem_gil *s, sem_t *sem)
{
	int ret;

	emit_busy(&g->emit, tick_of(s), gil_checks(g));
	do
		ret = real.sem_wait(sem);
	while (ret && errno == EINTR); /* as CPython does */
	return ret;
}

/*
 * The first attempt comes before its ENTRY: it takes nanoseconds and never sleeps, but an event in
 * front of it would give the thread that has just been woken time to get there first. Such races
 * are what is recorded here; they must go as they would without us.
 */
int sem_gil_wait(struct gil *g, const struct sem_gil *s, struct gil_thread *t, struct sem_thread *st,
		 sem_t *sem)
{
	int saved = errno, ret = 0;
	bool taken;

	pthread_testcancel();
	taken = s->owned ? try_take(sem, 0) : !real.sem_trywait(sem);
	if (!t->number)
		t->number = gil_new_thread_number();
	emit_entry(&g->emit, tick_of(s), gil_checks(g));
	if (!taken && s->owned)
		wait_owned(g, s, st, sem);
	else if (!taken)
		ret = wait_observed(g, s, sem);
	if (ret)
		return ret;
	errno = saved;
	atomic_store_explicit(&g->holder, t->number, memory_order_relaxed);
	if (emit_enabled(GIL_ACQUIRE)) {
		begin_counting(s, st);
		emit_acquire(&g->emit, tick_of(s), gil_checks(g));
	}
	return 0;
}

int sem_gil_post(struct gil *g, const struct sem_gil *s, struct gil_thread *t, struct sem_thread *st,
		 sem_t *sem)
{
	int saved = errno;

	if (gil_held_by(g, t) && t->number) {
		atomic_store_explicit(&g->holder, 0, memory_order_relaxed);
		if (emit_enabled(GIL_RELEASE)) {
			atomic_store_explicit(&g->checks, gil_checks(g) + checks_in_hold(s, st),
					      memory_order_relaxed);
			emit_interval(&g->emit, *s->ticker->check_interval);
			emit_release(&g->emit, tick_of(s), gil_checks(g), false);
		}
	}
	if (!s->owned)
		return real.sem_post(sem);
	give(sem);
	errno = saved;
	return 0;
}
