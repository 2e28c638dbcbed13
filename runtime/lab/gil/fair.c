/* SPDX-License-Identifier: MIT */
/*
 * First come, first served, as with tickets: who lets the lock go hands it to
 * the thread that has waited longest, and wakes nobody else. It is never free
 * while somebody waits, so nothing is tried in vain; the price is that each
 * hand-over waits until the next thread is awake.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/gil/designs.h"

/* On the stack of the thread that waits; its place in the queue is its ticket. */
struct waiter {
	pthread_cond_t cond;
	bool has_lock; /* handed over */
	struct waiter *next;
};

struct fair_gil {
	struct gil gil;
	pthread_mutex_t mutex; /* guards all that follows, and the waiters */
	bool locked;
	struct waiter *first;
	struct waiter **end;   /* where the next one is put */
};

static struct fair_gil *of(struct gil *gil)
{
	return (struct fair_gil *)gil;
}

static int fair_new(struct gil **out)
{
	cleanup(freep) struct fair_gil *g = calloc(1, sizeof(*g));
	int status;

	if (!g)
		return err(-ENOMEM, "no memory for a GIL");
	status = pthread_mutex_init(&g->mutex, NULL);
	if (status)
		return err(-status, "cannot make the GIL's mutex: %s", strerror(status));
	g->end = &g->first;
	*out = &steal(&g)->gil;
	return 0;
}

static void fair_free(struct gil *gil)
{
	struct fair_gil *g = of(gil);

	pthread_mutex_destroy(&g->mutex);
	free(g);
}

static void wait_for_turn(struct fair_gil *g, struct gil_thread *self)
{
	struct waiter w = { .cond = PTHREAD_COND_INITIALIZER };

	*g->end = &w;
	g->end = &w.next;
	self->counts.busy++;
	gil_says_busy(&g->gil, self);
	pthread_cond_wait(&w.cond, &g->mutex);
	while (!w.has_lock) {
		self->counts.retries++;
		gil_says_retry(&g->gil, self, false);
		pthread_cond_wait(&w.cond, &g->mutex);
	}
	pthread_cond_destroy(&w.cond);
}

static void fair_acquire(struct gil *gil, struct gil_thread *self)
{
	struct fair_gil *g = of(gil);

	gil_says_entry(gil, self);
	pthread_mutex_lock(&g->mutex);
	if (g->locked)
		wait_for_turn(g, self);
	g->locked = true;
	gil_says_acquire(gil, self);
	pthread_mutex_unlock(&g->mutex);
}

static void hand_over(struct fair_gil *g)
{
	struct waiter *w = g->first;

	g->first = w->next;
	if (!g->first)
		g->end = &g->first;
	w->has_lock = true;
	pthread_cond_signal(&w->cond);
}

static void fair_release(struct gil *gil, struct gil_thread *self)
{
	struct fair_gil *g = of(gil);

	pthread_mutex_lock(&g->mutex);
	gil_says_release(gil, self, false);
	if (g->first)
		hand_over(g);
	else
		g->locked = false;
	/* Not before this is the waiter, and its condition, gone. */
	pthread_mutex_unlock(&g->mutex);
}

const struct gil_design gil_fair = {
	.name = "fair",
	.summary = "first come, first served: handed over at every check to who has waited longest",
	.ticked = true,
	.new = fair_new,
	.free = fair_free,
	.acquire = fair_acquire,
	.release = fair_release,
};
