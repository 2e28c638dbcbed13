/* SPDX-License-Identifier: MIT */
/*
 * CPython 3.2 and later, in the order of 3.8: who has waited for the whole
 * interval asks the holder to let go, and who was asked waits until somebody
 * else has had it. Each pthread call is one of CPython's, in its order.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/gil/designs.h"

struct interval_gil {
	struct gil gil;
	const struct gil_thread *last_holder; /* written with both mutexes held, read with either */
	bool locked;                          /* guarded by `mutex`, as `switch_number` */
	uint64_t switch_number;               /* times that it went to another thread */
	pthread_cond_t cond;                  /* somebody let the lock go */
	pthread_mutex_t mutex;
	pthread_cond_t switch_cond;           /* somebody took it */
	pthread_mutex_t switch_mutex;
};

static struct interval_gil *of(struct gil *gil)
{
	return (struct interval_gil *)gil;
}

/* In CPython's order. @return 0 or an errno. */
static int init_all(struct interval_gil *g, const pthread_condattr_t *monotonic)
{
	int status = pthread_mutex_init(&g->mutex, NULL);

	if (status)
		return status;
	status = pthread_mutex_init(&g->switch_mutex, NULL);
	if (status)
		goto destroy_mutex;
	status = pthread_cond_init(&g->cond, monotonic);
	if (status)
		goto destroy_switch_mutex;
	status = pthread_cond_init(&g->switch_cond, monotonic);
	if (!status)
		return 0;
	pthread_cond_destroy(&g->cond);
destroy_switch_mutex:
	pthread_mutex_destroy(&g->switch_mutex);
destroy_mutex:
	pthread_mutex_destroy(&g->mutex);
	return status;
}

static int interval_new(struct gil **out)
{
	cleanup(freep) struct interval_gil *g = calloc(1, sizeof(*g));
	pthread_condattr_t monotonic;
	int status;

	if (!g)
		return err(-ENOMEM, "no memory for a GIL");
	status = pthread_condattr_init(&monotonic);
	if (!status) {
		pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
		status = init_all(g, &monotonic);
		pthread_condattr_destroy(&monotonic);
	}
	if (status)
		return err(-status, "cannot make the GIL's mutexes and conditions: %s",
			   strerror(status));
	*out = &steal(&g)->gil;
	return 0;
}

static void interval_free(struct gil *gil)
{
	struct interval_gil *g = of(gil);

	pthread_cond_destroy(&g->cond);
	pthread_mutex_destroy(&g->mutex);
	pthread_cond_destroy(&g->switch_cond);
	pthread_mutex_destroy(&g->switch_mutex);
	free(g);
}

/* @return did it take the whole interval? */
static bool wait_once(struct interval_gil *g)
{
	const struct timespec until = gil_slice_end(&g->gil);

	return pthread_cond_timedwait(&g->cond, &g->mutex, &until) == ETIMEDOUT;
}

static void wait_until_free(struct interval_gil *g, struct gil_thread *self)
{
	uint64_t switch_number;
	bool timed_out;

	self->counts.busy++;
	gil_says_busy(&g->gil, self);
	for (;;) {
		switch_number = g->switch_number;
		timed_out = wait_once(g);
		if (!g->locked)
			return;
		/* Nobody else had it for a whole interval. */
		if (timed_out && g->switch_number == switch_number)
			gil_ask(&g->gil);
		self->counts.retries++;
		self->counts.retries_timed_out += timed_out;
		gil_says_retry(&g->gil, self, timed_out);
	}
}

static void interval_acquire(struct gil *gil, struct gil_thread *self)
{
	struct interval_gil *g = of(gil);

	gil_says_entry(gil, self);
	pthread_mutex_lock(&g->mutex);
	if (g->locked)
		wait_until_free(g, self);
	pthread_mutex_lock(&g->switch_mutex);
	g->locked = true;
	if (g->last_holder != self) {
		g->last_holder = self;
		g->switch_number++;
	}
	gil_says_acquire(gil, self);
	pthread_cond_signal(&g->switch_cond);
	pthread_mutex_unlock(&g->switch_mutex);
	gil_forget(gil);
	pthread_mutex_unlock(&g->mutex);
}

/*
 * Else who was asked would have it again before the waiter is awake. The wait
 * has no loop, as in CPython; it ends: who asked still waits, and will take it.
 */
static void force_switch(struct interval_gil *g, struct gil_thread *self)
{
	pthread_mutex_lock(&g->switch_mutex);
	if (g->last_holder == self) {
		gil_forget(&g->gil);
		pthread_cond_wait(&g->switch_cond, &g->switch_mutex);
	}
	pthread_mutex_unlock(&g->switch_mutex);
}

static void interval_release(struct gil *gil, struct gil_thread *self)
{
	struct interval_gil *g = of(gil);
	bool drop_requested;

	pthread_mutex_lock(&g->mutex);
	drop_requested = gil_is_asked(gil);
	self->counts.releases_requested += drop_requested;
	gil_says_release(gil, self, drop_requested);
	g->locked = false;
	pthread_cond_signal(&g->cond);
	pthread_mutex_unlock(&g->mutex);
	/* Read again, as 3.8 does: whoever has it by now may have forgotten the wish. */
	if (gil_is_asked(gil))
		force_switch(g, self);
}

const struct gil_design gil_interval = {
	.name = "interval",
	.summary = "CPython 3.2 and later: a waiter asks after the switch interval; forced switching",
	.new = interval_new,
	.free = interval_free,
	.acquire = interval_acquire,
	.release = interval_release,
};
