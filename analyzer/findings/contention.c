/* SPDX-License-Identifier: MIT */
/* Somebody waits, and most of it is none of the patterns that have a name. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

static uint64_t claim_all(const struct claim *claim, const struct thread_metrics *waiter,
			  const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	(void)claim;
	(void)waiter;
	(void)holder;
	return pair->wait_ns;
}

static void say_whom(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		     const struct claimed *sum)
{
	const struct pair_metrics *top = sum->top;
	struct cast holder = { .n = 0 };

	if (top->holder < r->n_threads)
		cast_add(&holder, top->holder, 1);
	SAY(found->verdict, "Contention: %s waited %s for the GIL in %s, most of it while %s %s.",
	    NAMES(r, &sum->waiters), DURATION(sum->cost_ns), DURATION(gil->wall_ns),
	    holder.n ? FIRST_NAME(r, &holder) : "nobody known", holder.n ? "held it" : "had it");
	SAY(found->evidence, "Of waiting_ns %s, %s is in none of the named patterns. %s, the longest share: wait_ns %s in %s waits, wait_max_ns %s. The GIL: contention %.1f %%, waiters_mean %.2f.",
	    DURATION(gil->waiting_ns), DURATION(sum->cost_ns), FIRST_NAME(r, &sum->waiters), DURATION(top->wait_ns),
	    COUNT(top->waits), DURATION(top->max_ns), 100 * gil->contention, gil->waiters_mean);
	SAY(found->advice, "Look at this range event by event (gilscope battle, gilscope timeline); the pairs tell who waits for whom.");
	cast_into(found, &sum->waiters, &holder);
}

/* Waits without a pair: of threads that were seen waiting, and nothing else. */
static void say_waiting(struct finding *found, const struct gil_metrics *gil)
{
	SAY(found->verdict, "Contention: threads waited %s for the GIL in %s, and the trace does not tell for whom.",
	    DURATION(gil->waiting_ns), DURATION(gil->wall_ns));
	SAY(found->evidence, "The GIL: waiting_ns %s, acquisitions %s.", DURATION(gil->waiting_ns),
	    COUNT(gil->acquisitions));
	SAY(found->advice, "Record it from the program's begin (gilscope record COMMAND), so that each ENTRY is in the trace.");
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_all, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns, .from_ns = sum.first_ns, .to_ns = sum.last_ns };

	if (kinds_matters(gil, sum.cost_ns) && sum.cost_ns > findings_cost(out)) {
		claim_take(out, r, &claim);
		say_whom(&found, r, gil, &sum);
	} else if (kinds_matters(gil, gil->waiting_ns) && !findings_count(out)) {
		found = (struct finding){ .cost_ns = gil->waiting_ns, .from_ns = gil->first_ns, .to_ns = gil->last_ns };
		say_waiting(&found, gil);
	} else {
		return 0;
	}
	return findings_add(out, &found);
}

const struct detector detect_contention = { .name = "contention", .look = look };
