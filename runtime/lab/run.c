/* SPDX-License-Identifier: MIT */
#include "runtime/lab/run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/builtins.h"
#include "runtime/lab/channel.h"
#include "runtime/lab/engine/eval.h"
#include "runtime/lab/scenario/compile.h"
#include "runtime/lab/signals.h"
#include "runtime/lab/worker.h"

/* ---- begin --------------------------------------------------------------- */

static int make_codes(struct run *run)
{
	int r = 0;

	for (size_t i = 0; i < run->scenario->n_bodies && !r; i++)
		r = compile_body(&run->codes[i], run->scenario, &run->scenario->bodies[i]);
	return r;
}

static int make_interps(struct run *run)
{
	int r = 0;

	for (size_t i = 0; i < run->n_interps && !r; i++)
		r = interp_new(&run->interps[i], run->design, run->interval, &program);
	return r;
}

static void make_worker(struct run *run, size_t body, size_t copy)
{
	size_t i = run->first_worker[body] + copy;
	struct worker *w = &run->workers[i];
	struct gil_thread *gil = &run->gil_threads[i];

	*w = (struct worker){
		.state = { .interp = run->interps[run->design->own ? i : 0], .gil = gil,
			   .daemon = run->scenario->bodies[body].daemon },
		.run = run, .body = &run->scenario->bodies[body], .code = run->codes[body],
	};
	if (i)
		body_thread_name(w->body, copy, gil->name, sizeof(gil->name));
}

static void make_workers(struct run *run)
{
	size_t next = 0;

	for (size_t b = 0; b < run->scenario->n_bodies; b++) {
		const struct body *body = &run->scenario->bodies[b];
		size_t copies = body->kind == BODY_MAIN ? 1 : body->kind == BODY_THREAD ? body->copies : 0;

		run->first_worker[b] = next;
		for (size_t copy = 0; copy < copies; copy++)
			make_worker(run, b, copy);
		next += copies;
	}
	strcpy(run->gil_threads[0].name, "MainThread");
	run->gil_threads[0].is_main = true;
	run->gil_threads[0].tid = gettid();
	run->workers[0].started = true;
	run->workers[0].handle = pthread_self();
	emit_thread_name((uint64_t)pthread_self(), run->gil_threads[0].name);
}

static int allocate(struct run *run)
{
	const struct scenario *s = run->scenario;
	size_t gil_bytes = run->n_workers * sizeof(*run->gil_threads);

	run->codes = calloc(s->n_bodies, sizeof(struct code *));
	run->interps = calloc(run->n_interps, sizeof(struct interp *));
	run->workers = calloc(run->n_workers, sizeof(*run->workers));
	run->first_worker = calloc(s->n_bodies, sizeof(size_t));
	run->gil_threads = aligned_alloc(alignof(struct gil_thread), gil_bytes);
	if (!run->codes || !run->interps || !run->workers || !run->first_worker || !run->gil_threads)
		return err(-ENOMEM, "no memory for %zu threads", run->n_workers);
	memset(run->gil_threads, 0, gil_bytes);
	return 0;
}

int run_init(struct run *run, const struct scenario *scenario, const struct gil_design *design,
	     int64_t interval)
{
	int r;

	*run = (struct run){
		.scenario = scenario, .design = design, .interval = interval,
		.n_workers = scenario->n_threads + 1,
		.n_interps = design->own ? scenario->n_threads + 1 : 1,
		.mutex = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER,
	};
	r = allocate(run);
	if (!r)
		r = make_codes(run);
	if (!r)
		r = channels_open(run);
	if (!r)
		r = make_interps(run);
	if (r)
		return r;
	make_workers(run);
	return signals_catch(run);
}

void run_deinit(struct run *run)
{
	if (run->scenario)
		signals_ignore(run);
	channels_close(run);
	for (size_t i = 0; run->codes && i < run->scenario->n_bodies; i++)
		compiled_free(run->codes[i]);
	for (size_t i = 0; run->interps && i < run->n_interps; i++)
		interp_free(run->interps[i]);
	free(run->codes);
	free(run->interps);
	free(run->workers);
	free(run->first_worker);
	free(run->gil_threads);
}

/* ---- the run ------------------------------------------------------------- */

void run_go(struct run *run)
{
	struct thread_state *ts = &run->workers[0].state;
	uint64_t begin_ns = run_now_ns();

	gil_acquire(ts->interp->gil, ts->gil);
	if (eval_call(ts, run->workers[0].code) < 0)
		run_fails();
	gil_release(ts->interp->gil, ts->gil);
	workers_wait(run);
	run->wall_ns = run_now_ns() - begin_ns;
	workers_end(run);
}

/* ---- the books ----------------------------------------------------------- */

struct gil_counts run_total(const struct run *run)
{
	struct gil_counts total = { 0 };

	for (size_t i = 0; i < run->n_workers; i++) {
		const struct gil_counts *c = &run->gil_threads[i].counts;

		total.acquisitions += c->acquisitions;
		total.acquisitions_contended += c->acquisitions_contended;
		total.busy += c->busy;
		total.retries += c->retries;
		total.retries_timed_out += c->retries_timed_out;
		total.releases += c->releases;
		total.releases_requested += c->releases_requested;
		total.checks += c->checks;
		total.ticks += c->ticks;
		for (int kind = 0; kind < GIL_KINDS; kind++)
			total.events[kind] += c->events[kind];
	}
	return total;
}

static uint64_t ticks_of(const struct run *run, const struct interp *interp)
{
	uint64_t ticks = 0;

	for (size_t i = 0; i < run->n_workers; i++)
		if (run->workers[i].state.interp == interp)
			ticks += run->gil_threads[i].counts.ticks;
	return ticks;
}

int run_verify(const struct run *run)
{
	const struct gil_counts t = run_total(run);

	for (size_t i = 0; i < run->n_interps; i++)
		if (!interp_was_exclusive(run->interps[i], ticks_of(run, run->interps[i])))
			return err(-EBUSY, "GIL design '%s' let two threads in at once: after %" PRIu64
				   " ticks their count or a reference count is wrong",
				   run->design->name, t.ticks);
	if (t.events[GIL_ENTRY] != t.acquisitions || t.events[GIL_ACQUIRE] != t.acquisitions ||
	    t.events[GIL_RELEASE] != t.releases || t.events[GIL_BUSY] != t.busy ||
	    t.events[GIL_RETRY] != t.retries || t.acquisitions != t.releases)
		return err(-EPROTO, "GIL design '%s' does not say what it does", run->design->name);
	return 0;
}
