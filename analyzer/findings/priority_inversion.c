/* SPDX-License-Identifier: MIT */
/* A thread that needs the GIL for a moment, as a user interface or an event loop does, queues behind long holds. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

/* Fewer waits are the program's start: it starts its threads, and they compute. */
enum { INVERSION_WAITS = 5 };

static uint64_t claim_inversion(const struct claim *claim, const struct thread_metrics *waiter,
				const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	(void)claim;
	return waiter && kinds_is_brief(waiter) && waiter->acquisitions_contended >= INVERSION_WAITS &&
	       kinds_is_behind_computing(holder, pair) ? pair->wait_ns : 0;
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct claimed *sum)
{
	const struct thread_metrics *waiter = &r->threads[sum->waiters.rows[0]], *holder = &r->threads[sum->holders.rows[0]];

	SAY(found->verdict, "Priority inversion: %s %s the GIL for %s at a time, but %s %s for it behind %s: %s in %s.",
	    NAMES(r, &sum->waiters), VERB(&sum->waiters, "need"), DURATION(histogram_mean(waiter->hold_ns)),
	    VERB(&sum->waiters, "wait"), DURATION(histogram_mean(waiter->wait_contended_ns)), NAMES(r, &sum->holders),
	    DURATION(sum->cost_ns), DURATION(gil->wall_ns));
	SAY(found->evidence, "%s: acquisitions %s, contended %s, hold_ns mean %s, wait_contended_ns mean %s, p99 %s, max %s, wait_ratio %s. %s: hold_ns mean %s, max %s.",
	    FIRST_NAME(r, &sum->waiters), COUNT(waiter->acquisitions), COUNT(waiter->acquisitions_contended),
	    DURATION(histogram_mean(waiter->hold_ns)), DURATION(histogram_mean(waiter->wait_contended_ns)),
	    DURATION(histogram_percentile(waiter->wait_contended_ns, 0.99)),
	    DURATION(histogram_max(waiter->wait_contended_ns)), SHARE(waiter->wait_ratio),
	    FIRST_NAME(r, &sum->holders), DURATION(histogram_mean(holder->hold_ns)),
	    DURATION(histogram_max(holder->hold_ns)));
	SAY(found->advice, "The GIL knows no priorities: let %s work in a process of its own, or in smaller pieces with a time.sleep() between them.",
	    FIRST_NAME(r, &sum->holders));
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_inversion, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns, .from_ns = sum.first_ns, .to_ns = sum.last_ns };

	if (!sum.holders.n || !claim_matters(&sum, gil))
		return 0;
	claim_take(out, r, &claim);
	say(&found, r, gil, &sum);
	cast_into(&found, &sum.waiters, &sum.holders);
	cast_into_waiters(&found, &sum.waiters);
	return findings_add(out, &found);
}

const struct detector detect_priority_inversion = { .name = "priority_inversion", .look = look };
