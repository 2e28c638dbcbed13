/* SPDX-License-Identifier: MIT */
/*
 * Time slices with priorities, after the proposal of 2010. Who is made to let
 * go by a timeout goes down, who lets go before anybody asked goes up: threads
 * that do I/O rise above those that compute, and need not wait for the interval.
 *
 * The lock is not handed over: who is woken has to take it, and a newcomer may
 * be faster, but never past a waiter of higher rank.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/gil/designs.h"

/*
 * One step tells the kinds of threads apart; more make it take longer until a
 * thread that goes over to computing is known as such: 8 slices from one end
 * to the other, 40 ms of CPython's.
 */
enum { PRIORITY_MIN = -4, PRIORITY_MAX = 4 };

/*
 * Who has waited for so many intervals is next, whatever the priorities: else
 * threads that always let go early, but never sleep, keep the others out for
 * ever. More than most programs have threads, so that no round gets there.
 */
enum { PATIENCE = 100, RANK_STARVED = PRIORITY_MAX + 1 };

/* On the stack of the thread that waits. */
struct waiter {
	pthread_cond_t cond;
	int32_t priority;
	unsigned timeouts;
	struct waiter *next;
};

struct priority_gil {
	struct gil gil;
	pthread_mutex_t mutex;      /* guards all that follows, and the waiters */
	pthread_cond_t switch_cond; /* somebody took the lock */
	bool locked;
	bool slice_over;            /* a waiter waited for the interval, and asked */
	int32_t priority;           /* of the holder */
	const struct gil_thread *last_holder;
	uint64_t takes;
	uint64_t switch_number;     /* times that it went to another thread */
	struct waiter *waiters;     /* the longest waiting first */
};

static struct priority_gil *of(struct gil *gil)
{
	return (struct priority_gil *)gil;
}

static int priority_new(struct gil **out)
{
	cleanup(freep) struct priority_gil *g = calloc(1, sizeof(*g));
	int status;

	if (!g)
		return err(-ENOMEM, "no memory for a GIL");
	status = pthread_mutex_init(&g->mutex, NULL);
	if (status)
		return err(-status, "cannot make the GIL's mutex: %s", strerror(status));
	status = pthread_cond_init(&g->switch_cond, NULL);
	if (status) {
		pthread_mutex_destroy(&g->mutex);
		return err(-status, "cannot make the GIL's condition: %s", strerror(status));
	}
	*out = &steal(&g)->gil;
	return 0;
}

static void priority_free(struct gil *gil)
{
	struct priority_gil *g = of(gil);

	pthread_cond_destroy(&g->switch_cond);
	pthread_mutex_destroy(&g->mutex);
	free(g);
}

/* ---- the queue --------------------------------------------------------------------------- */

static int32_t rank(const struct waiter *w)
{
	return w->timeouts >= PATIENCE ? RANK_STARVED : w->priority;
}

/* The waiter of the highest rank, the longest waiting among equals; or NULL. */
static struct waiter *first(const struct priority_gil *g)
{
	struct waiter *best = g->waiters;

	for (struct waiter *w = best; w; w = w->next)
		if (rank(w) > rank(best))
			best = w;
	return best;
}

static void enqueue(struct priority_gil *g, struct waiter *w)
{
	struct waiter **at = &g->waiters;

	while (*at)
		at = &(*at)->next;
	*at = w;
}

static void dequeue(struct priority_gil *g, struct waiter *w)
{
	struct waiter **at = &g->waiters;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

/* ---- taking it ---------------------------------------------------------------------------- */

/* @return did it take the whole interval? */
static bool wait_once(struct priority_gil *g, struct waiter *w)
{
	const struct timespec until = gil_slice_end(&g->gil);

	return pthread_cond_clockwait(&w->cond, &g->mutex, CLOCK_MONOTONIC, &until) == ETIMEDOUT;
}

/*
 * While the lock is free the first waiter is awake or about to be: release()
 * wakes it, and only a waiter that is awake can become the first meanwhile.
 */
static void wait_for_turn(struct priority_gil *g, struct gil_thread *self)
{
	struct waiter w = { .cond = PTHREAD_COND_INITIALIZER, .priority = self->priority };
	uint64_t switch_number;
	bool timed_out;

	self->counts.busy++;
	gil_says_busy(&g->gil, self);
	enqueue(g, &w);
	for (;;) {
		if (g->locked && w.priority > g->priority)
			gil_ask(&g->gil);
		switch_number = g->switch_number;
		timed_out = wait_once(g, &w);
		w.timeouts += timed_out;
		if (!g->locked && first(g) == &w)
			break;
		if (timed_out && g->locked && g->switch_number == switch_number) {
			g->slice_over = true;
			gil_ask(&g->gil);
		}
		self->counts.retries++;
		self->counts.retries_timed_out += timed_out;
		gil_says_retry(&g->gil, self, timed_out);
	}
	dequeue(g, &w);
	pthread_cond_destroy(&w.cond);
}

static void take(struct priority_gil *g, struct gil_thread *self)
{
	g->locked = true;
	g->slice_over = false;
	g->priority = self->priority;
	if (g->last_holder != self) {
		g->last_holder = self;
		g->switch_number++;
	}
	g->takes++;
	pthread_cond_signal(&g->switch_cond);
	gil_forget(&g->gil);
}

static void priority_acquire(struct gil *gil, struct gil_thread *self)
{
	struct priority_gil *g = of(gil);
	const struct waiter *ahead;

	gil_says_entry(gil, self);
	pthread_mutex_lock(&g->mutex);
	ahead = first(g);
	if (g->locked || (ahead && rank(ahead) > self->priority))
		wait_for_turn(g, self);
	take(g, self);
	gil_says_acquire(gil, self);
	pthread_mutex_unlock(&g->mutex);
}

/* ---- letting it go ------------------------------------------------------------------------ */

/* For a waiter of higher priority nobody is blamed. */
static void learn(const struct priority_gil *g, struct gil_thread *self, bool drop_requested)
{
	if (g->slice_over && self->priority > PRIORITY_MIN)
		self->priority--;
	else if (!drop_requested && self->priority < PRIORITY_MAX)
		self->priority++;
}

static void priority_release(struct gil *gil, struct gil_thread *self)
{
	struct priority_gil *g = of(gil);
	struct waiter *next;
	uint64_t takes;
	bool drop_requested;

	pthread_mutex_lock(&g->mutex);
	drop_requested = gil_is_asked(gil);
	self->counts.releases_requested += drop_requested;
	learn(g, self, drop_requested);
	gil_says_release(gil, self, drop_requested);
	g->locked = false;
	next = first(g);
	if (next)
		pthread_cond_signal(&next->cond);
	/* Forced switching: who asked still waits, and so somebody else will take it. */
	takes = g->takes;
	while (drop_requested && g->takes == takes)
		pthread_cond_wait(&g->switch_cond, &g->mutex);
	pthread_mutex_unlock(&g->mutex);
}

const struct gil_design gil_priority = {
	.name = "priority",
	.summary = "time slices with priorities: I/O threads rise, and do not wait for the interval",
	.new = priority_new,
	.free = priority_free,
	.acquire = priority_acquire,
	.release = priority_release,
};
