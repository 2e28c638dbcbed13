/* SPDX-License-Identifier: MIT */
/* Threads that compute fight for the GIL: each takes it back from the others, or they take turns at it. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

static uint64_t claim_battle(const struct claim *claim, const struct thread_metrics *waiter,
			     const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	(void)claim;
	return waiter && kinds_computes(waiter) && kinds_is_behind_computing(holder, pair) ? pair->wait_ns : 0;
}

static uint64_t lives_ns(struct findings *f, const struct results *r)
{
	const struct rows threads = findings_threads(f);
	const struct tally *tally = findings_tally(f);
	uint64_t sum_ns = 0;

	for (size_t i = 0; i < threads.n; i++)
		if (tally->waited[threads.list[i].row])
			sum_ns += r->threads[threads.list[i].row].life_ns;
	return sum_ns;
}

/* Whether letting go is mostly in vain: who lets go has it again before a waiter is awake. */
static bool is_fight(const struct gil_metrics *gil)
{
	return gil->barging > gil->switches;
}

/* Not 0 where they cannot be seen. */
static uint64_t retries_of(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	return gil_shows_retries(&gil->info) ? t->retries : METRIC_UNKNOWN;
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct claimed *sum, uint64_t life_ns)
{
	const struct thread_metrics *first = &r->threads[sum->waiters.rows[0]];

	SAY(found->verdict, "GIL battle: %s %s: they waited %s of their %s (%s), in %s failed attempts.",
	    NAMES(r, &sum->waiters), is_fight(gil) ? "fight for the GIL" : "compute, and take turns at the GIL",
	    DURATION(sum->cost_ns), DURATION(life_ns), PERCENT(sum->cost_ns, life_ns), COUNT(sum->failed));
	SAY(found->evidence, "%s: busy %s, retries %s (timed out %s), wait_ns %s of life_ns %s, hold_ns mean %s. The GIL: barging %s, switches %s, badness %s, utilisation %s.",
	    FIRST_NAME(r, &sum->waiters), COUNT(first->busy), KNOWN(retries_of(first, gil)), COUNT(first->retries_timed_out),
	    DURATION(histogram_total(first->wait_ns)), DURATION(first->life_ns), DURATION(histogram_mean(first->hold_ns)),
	    COUNT(gil->barging), COUNT(gil->switches), RATIO(gil->badness), SHARE(gil->utilisation));
	if (gil_is_ticked(&gil->info))
		SAY(found->advice, "Compute in one thread, or in processes (multiprocessing); Python 3.2 and later fight less; sys.setcheckinterval(10000) makes fewer checks.");
	else
		SAY(found->advice, "Threads do not make Python code faster: compute in processes (multiprocessing, ProcessPoolExecutor), in C that releases the GIL, or on free-threaded Python.");
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_battle, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns, .from_ns = sum.first_ns, .to_ns = sum.last_ns };

	/* It takes two: who waits is also waited for. */
	if (sum.waiters.all < 2 || sum.holders.all < 2 || !claim_matters(&sum, gil))
		return 0;
	say(&found, r, gil, &sum, lives_ns(out, r));
	claim_take(out, r, &claim);
	cast_into(&found, &sum.waiters, NULL);
	cast_into_waiters(&found, &sum.waiters);
	return findings_add(out, &found);
}

const struct detector detect_battle = { .name = "battle", .look = look };
