/* SPDX-License-Identifier: MIT */
#include "runtime/lab/battle.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/eval.h"
#include "runtime/lab/thread.h"

struct worker {
	struct interp *interp;
	struct gil_thread *self;
	pthread_t handle;
	int64_t count;
	const bool *called_off; /* guarded by the GIL */
	int result;
	char why[256]; /* the sentence of a failure: the error belongs to the thread that met it */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int call_count(struct worker *w)
{
	struct frame frame;
	int r = frame_init(&frame, w->interp, &code_count, w->count);

	if (!r)
		r = eval_frame(w->interp, w->self, &frame);
	frame_deinit(&frame, w->interp);
	return r;
}

static void work(void *arg)
{
	struct worker *w = arg;

	w->self->tid = gettid();
	gil_acquire(w->interp->gil, w->self);
	if (!*w->called_off)
		w->result = call_count(w);
	gil_release(w->interp->gil, w->self);
	if (w->result)
		snprintf(w->why, sizeof(w->why), "%s", err_innermost());
	/* Said by the emit layer when the thread ends, as it has spoken. */
	w->self->counts.events[GIL_LEAVE]++;
}

/* With the GIL held, so that nobody begins before all are there. */
static int start_all(struct worker *workers, size_t n, size_t *started)
{
	for (*started = 0; *started < n; (*started)++) {
		struct worker *w = &workers[*started];
		int r = thread_start(&w->handle, w->self->name, 0, work, w);

		if (r)
			return err(r, "only %zu of %zu threads could be started", *started, n);
	}
	return 0;
}

static int join(struct run *run, struct worker *w)
{
	gil_release(run->interp->gil, &run->threads[0]);
	pthread_join(w->handle, NULL);
	gil_acquire(run->interp->gil, &run->threads[0]);
	return w->result ? err(w->result, "%s: %s", w->self->name, w->why) : 0;
}

int battle(struct run *run, int64_t count)
{
	size_t n = run->n_threads - 1, started;
	cleanup(freep) struct worker *workers = calloc(n, sizeof(*workers));
	uint64_t begin_ns;
	bool called_off;
	int r;

	if (!workers)
		return err(-ENOMEM, "no memory for %zu threads", n);
	for (size_t i = 0; i < n; i++) {
		workers[i].interp = run->interp;
		workers[i].self = &run->threads[i + 1];
		workers[i].count = count;
		workers[i].called_off = &called_off;
	}
	begin_ns = now_ns();
	gil_acquire(run->interp->gil, &run->threads[0]);
	r = start_all(workers, n, &started);
	called_off = r;
	for (size_t i = 0; i < started; i++) {
		int joined = join(run, &workers[i]);

		r = r ? r : joined;
	}
	gil_release(run->interp->gil, &run->threads[0]);
	run->wall_ns = now_ns() - begin_ns;
	return r;
}
