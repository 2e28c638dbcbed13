/* SPDX-License-Identifier: MIT */
/*
 * CPython 2.x on Linux: a POSIX semaphore of value 1. What goes wrong in
 * sem_wait() stays inside it, so the semaphore is run here, as glibc (since
 * 2.21) does it on 64-bit machines. Like `cond` it wakes a waiter but keeps
 * nothing free for it.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/gil/designs.h"

/* The value, which is also the futex, is the lower half; the number of waiters the upper. */
#define ONE_WAITER (UINT64_C(1) << 32)

struct sem_gil {
	struct gil gil;
	_Atomic uint64_t word;
};

static struct sem_gil *of(struct gil *gil)
{
	return (struct sem_gil *)gil;
}

static int sem_new(struct gil **out)
{
	struct sem_gil *g = calloc(1, sizeof(*g));

	if (!g)
		return err(-ENOMEM, "no memory for a GIL");
	atomic_init(&g->word, 1);
	*out = &g->gil;
	return 0;
}

static void sem_free(struct gil *gil)
{
	free(of(gil));
}

static uint32_t value_in(uint64_t word)
{
	return (uint32_t)word;
}

static void futex(struct sem_gil *g, int operation, uint32_t value)
{
	const bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	syscall(SYS_futex, (uint32_t *)(void *)&g->word + big_endian,
		operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

/* While the value is zero; until somebody gives, or a signal came. */
static void sleep_on(struct sem_gil *g)
{
	futex(g, FUTEX_WAIT, 0);
}

/* @waiter ONE_WAITER if the caller is counted as one, which then ends; else 0. */
static bool try_take(struct sem_gil *g, uint64_t waiter)
{
	uint64_t word = atomic_load_explicit(&g->word, memory_order_relaxed);

	while (value_in(word))
		if (atomic_compare_exchange_weak_explicit(&g->word, &word, word - 1 - waiter,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	return false;
}

static void wait_for(struct sem_gil *g, struct gil_thread *self)
{
	uint64_t word;

	self->counts.busy++;
	gil_says_busy(&g->gil, self);
	word = atomic_fetch_add_explicit(&g->word, ONE_WAITER, memory_order_relaxed);
	if (!value_in(word))
		sleep_on(g);
	while (!try_take(g, ONE_WAITER)) {
		self->counts.retries++;
		gil_says_retry(&g->gil, self, false);
		sleep_on(g);
	}
}

static void sem_acquire(struct gil *gil, struct gil_thread *self)
{
	struct sem_gil *g = of(gil);

	gil_says_entry(gil, self);
	if (!try_take(g, 0))
		wait_for(g, self);
	gil_says_acquire(gil, self);
}

static void sem_release(struct gil *gil, struct gil_thread *self)
{
	struct sem_gil *g = of(gil);

	gil_says_release(gil, self, false);
	if (atomic_fetch_add_explicit(&g->word, 1, memory_order_release) >= ONE_WAITER)
		futex(g, FUTEX_WAKE, 1);
}

const struct gil_design gil_sem = {
	.name = "sem",
	.summary = "CPython 2.x on Linux: a semaphore; let go and retaken at every check",
	.ticked = true,
	.new = sem_new,
	.free = sem_free,
	.acquire = sem_acquire,
	.release = sem_release,
};
