/* SPDX-License-Identifier: MIT */
#include "runtime/lab/worker.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/deadlock.h"
#include "runtime/lab/engine/eval.h"
#include "runtime/lab/signals.h"
#include "runtime/lab/thread.h"

static const struct timespec a_moment = { .tv_nsec = 1000000 };

/* ---- a thread's life ----------------------------------------------------- */

static void work(void *arg)
{
	struct worker *w = arg;
	struct run *run = w->run;
	struct thread_state *ts = &w->state;

	/* It is over only when `over` says so: the main thread may have the record long after it. */
	pthread_mutex_lock(&run->mutex);
	ts->gil->tid = gettid();
	pthread_mutex_unlock(&run->mutex);
	gil_acquire(ts->interp->gil, ts->gil);
	if (eval_call(ts, w->code) < 0)
		run_fails();
	gil_release(ts->interp->gil, ts->gil);
	/* Said by the emit layer when the thread ends, as it has spoken. */
	ts->gil->counts.events[GIL_LEAVE]++;
	pthread_mutex_lock(&run->mutex);
	w->over = true;
	deadlock_look(run);
	pthread_cond_broadcast(&run->news);
	pthread_mutex_unlock(&run->mutex);
}

int worker_start_all(struct run *run, size_t body)
{
	const struct body *b = &run->scenario->bodies[body];
	const struct thread_options options = { .stack_bytes = b->stack_bytes, .detached = b->detached };

	for (size_t i = 0; i < b->copies; i++) {
		struct worker *w = &run->workers[run->first_worker[body] + i];
		int r;

		pthread_mutex_lock(&run->mutex);
		w->started = true;
		pthread_mutex_unlock(&run->mutex);
		r = thread_start(&w->handle, w->state.gil->name, &options, work, w);
		if (r)
			return err(r, "only %zu of %zu threads could be started", i, b->copies);
	}
	return 0;
}

/* ---- waiting for others -------------------------------------------------- */

int worker_join(void *arg)
{
	struct joining *j = arg;
	struct run *run = j->joiner->run;
	bool over;

	deadlock_begin_wait(j->joiner, WAIT_JOIN, (size_t)(j->joined - run->workers));
	pthread_mutex_lock(&run->mutex);
	while (!j->joined->over && !run->ending)
		pthread_cond_wait(&run->news, &run->mutex);
	over = j->joined->over;
	j->joiner->wait.kind = WAIT_NONE;
	pthread_mutex_unlock(&run->mutex);
	return over ? 0 : -EINTR;
}

void workers_wait(struct run *run)
{
	deadlock_begin_wait(&run->workers[0], WAIT_ALL, 0);
	pthread_mutex_lock(&run->mutex);
	while (!workers_are_over(run, false))
		pthread_cond_wait(&run->news, &run->mutex);
	run->workers[0].wait.kind = WAIT_NONE;
	pthread_mutex_unlock(&run->mutex);
}

/* ---- the end ------------------------------------------------------------- */

/* Those that block in a call are woken; under the mutex. */
static void wake_daemons(const struct run *run)
{
	for (size_t i = 1; i < run->n_workers; i++) {
		const struct worker *w = &run->workers[i];

		if (w->started && !w->over && w->state.gil->tid)
			signals_wake(w->state.gil->tid);
	}
}

static void end_daemons(struct run *run)
{
	struct timespec until;

	for (size_t i = 0; i < run->n_interps; i++)
		atomic_fetch_or(&run->interps[i]->clock.breaker, GIL_BREAK_END);
	pthread_mutex_lock(&run->mutex);
	run->ending = true;
	pthread_cond_broadcast(&run->news);
	while (!workers_are_over(run, true)) {
		/* Again and again: the signal may come just before the call that it is to end. */
		wake_daemons(run);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += a_moment.tv_nsec;
		if (until.tv_nsec >= 1000000000)
			until = (struct timespec){ until.tv_sec + 1, until.tv_nsec - 1000000000 };
		pthread_cond_timedwait(&run->news, &run->mutex, &until);
	}
	pthread_mutex_unlock(&run->mutex);
}

/* Nobody can join a detached thread: its last event is said when the system knows it no more. */
static void wait_until_gone(int32_t tid)
{
	while (tgkill(getpid(), tid, 0) == 0)
		nanosleep(&a_moment, NULL);
}

void workers_end(struct run *run)
{
	end_daemons(run);
	for (size_t i = 1; i < run->n_workers; i++) {
		struct worker *w = &run->workers[i];

		if (!w->started)
			continue;
		if (w->body->detached)
			wait_until_gone(w->state.gil->tid);
		else
			pthread_join(w->handle, NULL);
	}
}
