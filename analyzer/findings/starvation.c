/* SPDX-License-Identifier: MIT */
/* A thread wants the GIL for very long, while who has it gets it again and again. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

/* A quarter of a second of CPython's intervals: whoever waits for the thread, a person too, notices. */
enum { STARVED_INTERVALS = 50 };

/* Others got it so many times meanwhile, and wait themselves so many times less: it is not just one's turn that comes late. */
enum { STARVED_TURNS = 10 };

static uint64_t limit_of(const struct gil_metrics *gil)
{
	return STARVED_INTERVALS * kinds_interval_ns(gil);
}

struct hunger {
	uint64_t limit_ns, ns;
};

static void add_long(void *data, uint64_t from_ns, uint64_t to_ns, uint64_t count)
{
	struct hunger *hunger = data;

	if (from_ns >= hunger->limit_ns)
		hunger->ns += (from_ns + (to_ns - from_ns) / 2) * count;
}

/* How long it waited in attempts of that kind; the longest may be one that never ended. */
static uint64_t hunger_of(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	struct hunger hunger = { .limit_ns = limit_of(gil) };

	histogram_each(t->wait_contended_ns, add_long, &hunger);
	return hunger.ns > t->attempt.ns ? hunger.ns : t->attempt.ns;
}

static bool is_starved_by(const struct thread_metrics *waiter, const struct thread_metrics *holder,
			  const struct gil_metrics *gil)
{
	const uint64_t longest_ns = waiter->attempt.ns, hold_ns = histogram_mean(holder->hold_ns);

	return longest_ns >= limit_of(gil) && hold_ns && longest_ns / hold_ns >= STARVED_TURNS &&
	       longest_ns / STARVED_TURNS >= holder->attempt.ns;
}

static uint64_t claim_starved(const struct claim *claim, const struct thread_metrics *waiter,
			      const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	uint64_t hunger_ns;

	if (!waiter || !holder || !is_starved_by(waiter, holder, claim->gil))
		return 0;
	/* Where it is most of its waiting, the rest is no finding of its own. */
	hunger_ns = hunger_of(waiter, claim->gil);
	if (hunger_ns >= histogram_total(waiter->wait_contended_ns) / 2)
		return pair->wait_ns;
	return waiter->longest_holder == pair->holder ? hunger_ns : 0;
}

static uint64_t attempt_ns(const struct thread_metrics *t)
{
	return t->attempt.ns;
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct claimed *sum, uint32_t longest)
{
	const struct thread_metrics *waiter = &r->threads[longest], *holder = &r->threads[sum->holders.rows[0]];

	SAY(found->verdict, "Starvation: %s %s for the GIL, up to %s at a time, while %s %s it again and again: %s in %s.",
	    NAMES(r, &sum->waiters), VERB(&sum->waiters, "starve"), DURATION(waiter->attempt.ns),
	    NAMES(r, &sum->holders), VERB(&sum->holders, "take"), DURATION(sum->cost_ns), DURATION(gil->wall_ns));
	SAY(found->evidence, "%s: attempt_max_ns %s, waits_long %s, acquisitions %s, hold_share %s, failed_attempts %s. %s: acquisitions %s, hold_ns mean %s, attempt_max_ns %s, barging %s.",
	    NAME(r, longest), DURATION(waiter->attempt.ns), KNOWN(waiter->waits_long),
	    COUNT(waiter->acquisitions), SHARE(waiter->hold_share), COUNT(waiter->failed),
	    FIRST_NAME(r, &sum->holders), COUNT(holder->acquisitions), DURATION(histogram_mean(holder->hold_ns)),
	    DURATION(holder->attempt.ns), COUNT(holder->barging));
	SAY(found->advice, "Let %s sleep, or wait for something, where it can; or run it in a process of its own: nothing makes it let %s go first.",
	    FIRST_NAME(r, &sum->holders), FIRST_NAME(r, &sum->waiters));
	found->from_ns = waiter->attempt.at_ns;
	found->to_ns = waiter->attempt.at_ns + (int64_t)waiter->attempt.ns;
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_starved, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns };

	if (!claim_matters(&sum, gil))
		return 0;
	/* Who waited longest in one attempt, of those that this is about. */
	say(&found, r, gil, &sum, claim_longest(out, r, findings_tally(out)->waited, attempt_ns));
	claim_take(out, r, &claim);
	cast_into(&found, &sum.waiters, &sum.holders);
	cast_into_waiters(&found, &sum.waiters);
	return findings_add(out, &found);
}

const struct detector detect_starvation = { .name = "starvation", .look = look };
