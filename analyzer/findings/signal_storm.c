/* SPDX-License-Identifier: MIT */
/* A check after every tick or so: a signal waits for a main thread that does not run. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

/*
 * A quarter of the ticks that a check should take: most checks are a storm's.
 * What it should take is the interval, of which 100 is the default: a program
 * that makes it longer midway is in no storm.
 */
enum { STORM_PART = 4, STORM_INTERVAL = 100 };

/* Checks too many: as many as a hundred thousand ticks should have; fewer cost next to nothing. */
enum { STORM_CHECKS = 1000 };

static uint64_t usual_ticks(const struct gil_metrics *gil)
{
	bool usual = gil->info.interval > 0 && gil->info.interval < STORM_INTERVAL;

	return (usual ? (uint64_t)gil->info.interval : STORM_INTERVAL) + 1;
}

/* @return the checks too many, 0 where there is no storm. The main thread would run the handler, and be done. */
static uint64_t storm_of(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	const uint64_t usual = usual_ticks(gil);
	uint64_t extra;

	if (t->info.is_main || t->checks / STORM_PART <= t->ticks / usual)
		return 0;
	extra = t->checks - t->ticks / usual;
	return extra >= STORM_CHECKS ? extra : 0;
}

static uint64_t claim_storm(const struct claim *claim, const struct thread_metrics *waiter,
			    const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	return waiter && holder && storm_of(holder, claim->gil) ? pair->wait_ns : 0;
}

/* Letting go and taking it again for nothing is waiting, too, if there is nobody who wants it. */
static uint64_t retaking_ns(const struct thread_metrics *t, uint64_t extra)
{
	return (uint64_t)((double)t->state_ns[STATE_ENTERING] * (double)extra / (double)t->checks);
}

static uint32_t find_main(const struct results *r, const struct rows *threads)
{
	for (size_t i = 0; i < threads->n; i++)
		if (r->threads[threads->list[i].row].info.is_main)
			return threads->list[i].row;
	return PAIR_NOBODY;
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct cast *stormed, uint64_t extra, uint32_t main)
{
	const struct thread_metrics *t = &r->threads[stormed->rows[0]];

	SAY(found->verdict, "Signal storm: %s %s the GIL after every %.1f ticks instead of %s, %s times too often, because a signal waits for %s, which does not run.",
	    NAMES(r, stormed), VERB(stormed, "offer"), (double)t->ticks / (double)t->checks,
	    COUNT(usual_ticks(gil)), COUNT(extra), main == PAIR_NOBODY ? "the main thread" : NAME(r, main));
	SAY(found->evidence, "%s: checks %s, ticks %s, ticks_per_check %.3f; the check interval is %s. %s acquisitions and %s failed attempts in its life of %s.",
	    FIRST_NAME(r, stormed), COUNT(t->checks), COUNT(t->ticks), (double)t->ticks / (double)t->checks,
	    COUNT((uint64_t)gil->info.interval), COUNT(t->acquisitions), COUNT(t->failed), DURATION(t->life_ns));
	SAY(found->advice, "Let the main thread run Python now and then: join(), acquire() and wait() with a timeout, or signal.pause(); or move to Python 3, where a signal interrupts them.");
	found->from_ns = t->info.first_ns;
	found->to_ns = t->info.last_ns;
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_storm, gil };
	const struct rows threads = findings_threads(out);
	struct cast stormed = { .n = 0 };
	struct claimed sum;
	struct finding found = { .cost_ns = 0 };
	uint64_t extra = 0;

	if (!gil_is_ticked(&gil->info))
		return 0;
	for (size_t i = 0; i < threads.n; i++) {
		const struct thread_metrics *t = &r->threads[threads.list[i].row];
		uint64_t more = kinds_counts(t, gil) ? storm_of(t, gil) : 0;

		cast_add(&stormed, threads.list[i].row, more);
		extra += more;
		found.cost_ns += more ? retaking_ns(t, more) : 0;
	}
	if (!stormed.n)
		return 0;
	sum = claim_look(out, r, &claim);
	claim_take(out, r, &claim);
	found.cost_ns += sum.cost_ns;
	if (found.cost_ns > gil->wait_ns)
		found.cost_ns = gil->wait_ns;
	say(&found, r, gil, &stormed, extra, find_main(r, &threads));
	cast_into(&found, &stormed, &sum.waiters);
	cast_into_waiters(&found, &sum.waiters);
	return findings_add(out, &found);
}

const struct detector detect_signal_storm = { .name = "signal_storm", .look = look };
