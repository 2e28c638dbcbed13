/* SPDX-License-Identifier: MIT */
/*
 * CPython 2.x where it has no POSIX semaphores: a flag guarded by a mutex and
 * a condition variable, the lock of the talk. Its faults are kept: the signal
 * wakes a waiter, but nothing keeps the lock free until the waiter runs.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/gil/designs.h"

struct cond_gil {
	struct gil gil;
	bool locked;
	pthread_cond_t cond;   /* somebody let the lock go */
	pthread_mutex_t mutex; /* guards `locked` */
};

static struct cond_gil *of(struct gil *gil)
{
	return (struct cond_gil *)gil;
}

static int cond_new(struct gil **out)
{
	cleanup(freep) struct cond_gil *g = calloc(1, sizeof(*g));
	int status;

	if (!g)
		return err(-ENOMEM, "no memory for a GIL");
	status = pthread_mutex_init(&g->mutex, NULL);
	if (status)
		return err(-status, "cannot make the GIL's mutex: %s", strerror(status));
	status = pthread_cond_init(&g->cond, NULL);
	if (status) {
		pthread_mutex_destroy(&g->mutex);
		return err(-status, "cannot make the GIL's condition: %s", strerror(status));
	}
	*out = &steal(&g)->gil;
	return 0;
}

static void cond_free(struct gil *gil)
{
	struct cond_gil *g = of(gil);

	pthread_cond_destroy(&g->cond);
	pthread_mutex_destroy(&g->mutex);
	free(g);
}

static void cond_acquire(struct gil *gil, struct gil_thread *self)
{
	struct cond_gil *g = of(gil);
	bool woken = false;

	gil_says_entry(gil, self);
	pthread_mutex_lock(&g->mutex);
	while (g->locked) {
		if (!woken) {
			self->counts.busy++;
			gil_says_busy(gil, self);
		} else {
			self->counts.retries++;
			gil_says_retry(gil, self, false);
		}
		pthread_cond_wait(&g->cond, &g->mutex);
		woken = true;
	}
	g->locked = true;
	gil_says_acquire(gil, self);
	pthread_mutex_unlock(&g->mutex);
}

static void cond_release(struct gil *gil, struct gil_thread *self)
{
	struct cond_gil *g = of(gil);

	pthread_mutex_lock(&g->mutex);
	gil_says_release(gil, self, false);
	g->locked = false;
	pthread_mutex_unlock(&g->mutex);
	/* After the unlock, as 2.x does it. */
	pthread_cond_signal(&g->cond);
}

const struct gil_design gil_cond = {
	.name = "cond",
	.summary = "CPython 2.x: mutex and condition variable; let go and retaken at every check",
	.ticked = true,
	.new = cond_new,
	.free = cond_free,
	.acquire = cond_acquire,
	.release = cond_release,
};
