/* SPDX-License-Identifier: MIT */
/* Somebody waits, and most of it is none of the patterns that have a name. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

/* So many times what the findings explain: two thirds of the waiting have no name. */
enum { UNEXPLAINED = 2 };

static uint64_t claim_held(const struct claim *claim, const struct thread_metrics *waiter,
			   const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	(void)claim;
	(void)waiter;
	(void)holder;
	return pair->holder == PAIR_NOBODY ? 0 : pair->wait_ns;
}

/* Behind one holder, which is no sum of several, is more than half of it. */
static bool is_of_one(const struct results *r, const struct claimed *sum)
{
	return sum->holders.n && sum->holders.numbers[0] > sum->cost_ns / 2 && !r->threads[sum->holders.rows[0]].folded;
}

enum { WHERE_BYTES = CAST_NAMES + 64 };

/* "most of it while t1 held it", "spread over 20 holders" */
static const char *say_where(char buffer[WHERE_BYTES], const struct results *r, const struct claimed *sum)
{
	if (is_of_one(r, sum))
		words_write(buffer, WHERE_BYTES, "most of it while %s held it", FIRST_NAME(r, &sum->holders));
	else
		words_write(buffer, WHERE_BYTES, "spread over %s holders",
			    sum->others_ns ? "many" : COUNT(sum->holders.all));
	return buffer;
}

static void say_whom(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		     const struct claimed *sum)
{
	const struct pair_metrics *top = sum->top;
	char where[WHERE_BYTES];

	SAY(found->verdict, "Contention: %s waited %s for the GIL in %s, %s.", NAMES(r, &sum->waiters),
	    DURATION(sum->cost_ns), DURATION(gil->wall_ns), say_where(where, r, sum));
	SAY(found->evidence, "Of waiting_ns %s, %s is behind a holder and in none of the named patterns. The largest pair: %s behind %s, wait_ns %s in %s %s, wait_max_ns %s. The GIL: contention %s, waiters_mean %s.",
	    DURATION(gil->waiting_ns), DURATION(sum->cost_ns), NAME(r, top->waiter), NAME(r, top->holder),
	    DURATION(top->wait_ns), COUNT(top->waits), PLURAL(top->waits, "wait"), DURATION(top->max_ns),
	    SHARE(gil->contention), RATIO(gil->waiters_mean));
	SAY(found->advice, "Look at this time event by event (gilscope battle, gilscope timeline): the pairs tell who waits for whom.");
	cast_into(found, &sum->waiters, is_of_one(r, sum) ? &sum->holders : NULL);
	cast_into_waiters(found, &sum->waiters);
}

/*
 * A tenth of the time: that woken threads come late is in every program, and
 * most of all on a machine that has other things to do.
 */
enum { FREE_SHARE = 10 };

static bool is_mostly_free(const struct claimed *held, const struct gil_metrics *gil)
{
	return gil->waiting_ns && gil->waiting_ns >= gil->wall_ns / FREE_SHARE && held->cost_ns < gil->waiting_ns / 2;
}

/* Nobody was seen to hold it meanwhile: it was free already, or its holder's events are not in the trace. */
static void say_waiting(struct finding *found, const struct gil_metrics *gil)
{
	SAY(found->verdict, "Contention: threads waited %s for the GIL in %s, most of it while nobody was seen to hold it.",
	    DURATION(gil->waiting_ns), DURATION(gil->wall_ns));
	SAY(found->evidence, "The GIL: waiting_ns %s, dead_ns %s (free, wanted, and not taken yet), acquisitions %s, contention %s.",
	    DURATION(gil->waiting_ns), DURATION(gil->dead_ns), COUNT(gil->acquisitions), SHARE(gil->contention));
	SAY(found->advice, "If it is dead time, the processors were busy when threads were woken: see what else runs. Else record the program from its begin.");
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_held, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns, .from_ns = sum.first_ns, .to_ns = sum.last_ns };

	if (claim_matters(&sum, gil) && sum.cost_ns > UNEXPLAINED * findings_cost(out)) {
		claim_take(out, r, &claim);
		say_whom(&found, r, gil, &sum);
	} else if (is_mostly_free(&sum, gil) && !findings_count(out)) {
		found = (struct finding){ .cost_ns = gil->waiting_ns, .from_ns = gil->first_ns, .to_ns = gil->last_ns };
		say_waiting(&found, gil);
	} else {
		return 0;
	}
	return findings_add(out, &found);
}

const struct detector detect_contention = { .name = "contention", .look = look };
