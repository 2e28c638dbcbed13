/* SPDX-License-Identifier: MIT */
#include "runtime/lab/run.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

int run_init(struct run *run, const struct gil_design *design, int32_t check_interval,
	     size_t n_workers)
{
	size_t n = n_workers + 1;

	memset(run, 0, sizeof(*run));
	run->threads = aligned_alloc(alignof(struct gil_thread), n * sizeof(*run->threads));
	if (!run->threads)
		return err(-ENOMEM, "no memory for %zu threads", n);
	memset(run->threads, 0, n * sizeof(*run->threads));
	run->n_threads = n;
	for (size_t i = 1; i < n; i++)
		snprintf(run->threads[i].name, sizeof(run->threads[i].name), "t%zu", i);
	strcpy(run->threads[0].name, "MainThread");
	run->threads[0].tid = gettid();
	run->threads[0].is_main = true;
	emit_thread_name((uint64_t)pthread_self(), run->threads[0].name);
	return interp_new(&run->interp, design, check_interval);
}

void run_deinit(struct run *run)
{
	run->interp = interp_free(run->interp);
	free(run->threads);
	run->threads = NULL;
}

struct gil_counts run_total(const struct run *run)
{
	struct gil_counts total = { 0 };

	for (size_t i = 0; i < run->n_threads; i++) {
		const struct gil_counts *c = &run->threads[i].counts;

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

int run_verify(const struct run *run)
{
	const struct gil_counts t = run_total(run);

	if (!interp_was_exclusive(run->interp, t.ticks))
		return err(-EBUSY, "GIL design '%s' let two threads in at once: after %" PRIu64
			   " ticks the ticker or a reference count is wrong",
			   run->interp->gil->design->name, t.ticks);
	if (t.events[GIL_ENTRY] != t.acquisitions || t.events[GIL_ACQUIRE] != t.acquisitions ||
	    t.events[GIL_RELEASE] != t.releases || t.events[GIL_BUSY] != t.busy ||
	    t.events[GIL_RETRY] != t.retries || t.acquisitions != t.releases)
		return err(-EPROTO, "GIL design '%s' does not say what it does",
			   run->interp->gil->design->name);
	return 0;
}
