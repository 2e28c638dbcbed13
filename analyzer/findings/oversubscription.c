/* SPDX-License-Identifier: MIT */
/* Several threads always queue for the GIL, and no other finding says why. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

/* On average; one that waits is a neighbour's, two are a queue. */
enum { QUEUE = 2 };

/* Of the time: a queue stands, and does not come and go with each burst of wake-ups. */
enum { STANDING = 2 };

static uint64_t claim_all(const struct claim *claim, const struct thread_metrics *waiter,
			  const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	(void)claim;
	(void)waiter;
	(void)holder;
	return pair->wait_ns;
}

static bool is_queue(const struct claimed *sum, const struct gil_metrics *gil)
{
	const uint64_t least_ns = QUEUE * gil->wall_ns;

	return sum->cost_ns >= least_ns && gil->waiting_ns >= least_ns && gil->wanted_ns >= gil->wall_ns / STANDING;
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_all, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns, .from_ns = sum.first_ns, .to_ns = sum.last_ns };

	if (!claim_matters(&sum, gil) || !is_queue(&sum, gil))
		return 0;
	claim_take(out, r, &claim);
	SAY(found.verdict, "Oversubscription: on average %.1f threads queue for the GIL (%s of them, up to %s at a time): they waited %s in %s, %s of it while nobody was seen to hold it.",
	    gil->waiters_mean, COUNT(sum.waiters.all), COUNT(gil->waiters_max), DURATION(sum.cost_ns),
	    DURATION(gil->wall_ns), PERCENT(sum.free_ns, sum.cost_ns));
	SAY(found.evidence, "The GIL: waiters_mean %s, waiters_max %s, contention %s, demand %s, threads %s, utilisation %s, dead_ns %s. Of the waits %s behind nobody. Longest in the queue: %s.",
	    RATIO(gil->waiters_mean), COUNT(gil->waiters_max), SHARE(gil->contention), RATIO(gil->demand),
	    COUNT(gil->threads), SHARE(gil->utilisation), DURATION(gil->dead_ns), DURATION(sum.free_ns), NAMES(r, &sum.waiters));
	SAY(found.advice, "Use fewer threads (a smaller pool): those in the queue do nothing. Several processes have a GIL each.");
	cast_into(&found, &sum.waiters, NULL);
	cast_into_waiters(&found, &sum.waiters);
	return findings_add(out, &found);
}

const struct detector detect_oversubscription = { .name = "oversubscription", .look = look };
