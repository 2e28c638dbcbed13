/* SPDX-License-Identifier: MIT */
/* A thread of many short holds, as I/O makes them, pays a wait per operation behind threads that compute. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

/* Fewer waits are an accident, or the program's start. */
enum { CONVOY_WAITS = 20 };

/* About an interval: it gets the GIL when the neighbour has to let go, or the neighbour after that. */
enum { CONVOY_INTERVALS_MAX = 3 };

/* Of half an interval at least, where there is one: else the neighbour let go by itself. */
static bool is_in_convoy(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	const uint64_t wait_ns = histogram_mean(t->wait_contended_ns), interval_ns = kinds_interval_ns(gil);

	return kinds_is_brief(t) && t->acquisitions_contended >= CONVOY_WAITS &&
	       wait_ns <= CONVOY_INTERVALS_MAX * interval_ns &&
	       (gil_is_ticked(&gil->info) || wait_ns >= interval_ns / 2);
}

static uint64_t claim_convoy(const struct claim *claim, const struct thread_metrics *waiter,
			     const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	return waiter && is_in_convoy(waiter, claim->gil) && kinds_is_behind_computing(holder, pair) ?
		       pair->wait_ns : 0;
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct claimed *sum)
{
	const struct thread_metrics *waiter = &r->threads[sum->waiters.rows[0]], *holder = &r->threads[sum->holders.rows[0]];
	const uint64_t wait_ns = histogram_mean(waiter->wait_contended_ns);

	SAY(found->verdict, "Convoy: %s %s %s per operation behind %s, %s times: %s in %s.", NAMES(r, &sum->waiters),
	    VERB(&sum->waiters, "wait"), DURATION(wait_ns), NAMES(r, &sum->holders),
	    COUNT(waiter->acquisitions_contended), DURATION(sum->cost_ns), DURATION(gil->wall_ns));
	SAY(found->evidence, "%s: acquisitions %s, contended %s, wait_contended_ns mean %s, hold_ns mean %s, wait_ratio %s. %s: hold_ns mean %s, %s of %s releases at a check or on request.",
	    FIRST_NAME(r, &sum->waiters), COUNT(waiter->acquisitions), COUNT(waiter->acquisitions_contended),
	    DURATION(wait_ns), DURATION(histogram_mean(waiter->hold_ns)), SHARE(waiter->wait_ratio),
	    FIRST_NAME(r, &sum->holders), DURATION(histogram_mean(holder->hold_ns)), COUNT(holder->checks),
	    COUNT(holder->releases));
	if (gil_is_ticked(&gil->info))
		SAY(found->advice, "Run %s in a process of its own, move to Python 3.2 or later, or let %s do more per operation.",
		    FIRST_NAME(r, &sum->holders), FIRST_NAME(r, &sum->waiters));
	else
		SAY(found->advice, "Run %s in a process of its own, or make sys.setswitchinterval() smaller than %s; more bytes per operation help, too.",
		    FIRST_NAME(r, &sum->holders), DURATION(kinds_interval_ns(gil)));
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_convoy, gil };
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

const struct detector detect_convoy = { .name = "convoy", .look = look };
