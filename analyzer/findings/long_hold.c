/* SPDX-License-Identifier: MIT */
/* Who holds the GIL for much longer than the switch interval while others wait: C code that does not let go. */
#include "analyzer/findings/claim.h"
#include "analyzer/findings/kinds.h"

/* So many intervals are no late reaction of the interpreter any more, nor one time slice of the system's scheduler. */
enum { LONG_HOLD_INTERVALS = 10 };

struct excess {
	uint64_t limit_ns, ns;
};

static void add_long(void *data, uint64_t from_ns, uint64_t to_ns, uint64_t count)
{
	struct excess *excess = data;

	if (from_ns >= excess->limit_ns)
		excess->ns += (from_ns + (to_ns - from_ns) / 2) * count;
}

static uint64_t limit_of(const struct gil_metrics *gil)
{
	return LONG_HOLD_INTERVALS * kinds_interval_ns(gil);
}

/* Where no time ends a hold nothing overruns; but what takes so long between two checks is C code, too. */
static uint64_t longest_hold(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	return gil_is_ticked(&gil->info) ? histogram_max(t->hold_ns) : t->overrun.ns;
}

static uint64_t excess_of(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	struct excess excess = { .limit_ns = limit_of(gil) };

	if (!gil_is_ticked(&gil->info))
		return t->overrun_ns;
	histogram_each(t->hold_ns, add_long, &excess);
	return excess.ns;
}

/* A lone thread may hold for as long as it likes: both the hold and the wait for it must be long. */
static uint64_t claim_long(const struct claim *claim, const struct thread_metrics *waiter,
			   const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	const uint64_t limit_ns = limit_of(claim->gil);

	if (!waiter || !holder || pair->max_ns < limit_ns || longest_hold(holder, claim->gil) < limit_ns)
		return 0;
	return excess_of(holder, claim->gil);
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct claimed *sum)
{
	const struct thread_metrics *holder = &r->threads[sum->top->holder];

	SAY(found->verdict, "Long hold: %s %s on to the GIL without letting go, for up to %s at a time, and %s waited %s in %s for that.",
	    NAMES(r, &sum->holders), VERB(&sum->holders, "hold"), DURATION(sum->top->max_ns),
	    NAMES(r, &sum->waiters), DURATION(sum->cost_ns), DURATION(gil->wall_ns));
	SAY(found->evidence, "%s: hold_ns max %s, mean %s, of %s holds; overruns %s, overrun_ns %s. The longest that %s waited for it in one attempt: %s. %s: %s.",
	    FIRST_NAME(r, &sum->holders), DURATION(histogram_max(holder->hold_ns)),
	    DURATION(histogram_mean(holder->hold_ns)), COUNT(histogram_count(holder->hold_ns)),
	    COUNT(holder->overruns), DURATION(holder->overrun_ns), FIRST_NAME(r, &sum->waiters),
	    DURATION(sum->top->max_ns), gil_is_ticked(&gil->info) ? "No interval ends a hold; CPython 3's would be" :
	    "The switch interval", DURATION(kinds_interval_ns(gil)));
	SAY(found->advice, "Let the C code that %s runs release the GIL (Py_BEGIN_ALLOW_THREADS, nogil), give it less work per call, or run it in a process of its own.",
	    FIRST_NAME(r, &sum->holders));
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_long, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns };

	if (!kinds_matters(gil, sum.cost_ns))
		return 0;
	claim_take(out, r, &claim);
	say(&found, r, gil, &sum);
	cast_into(&found, &sum.holders, &sum.waiters);
	/* The attempt behind it, which lasts as long as the hold does for who waits. */
	found.from_ns = sum.top->max_at_ns;
	found.to_ns = sum.top->max_at_ns + (int64_t)sum.top->max_ns;
	return findings_add(out, &found);
}

const struct detector detect_long_hold = { .name = "long_hold", .look = look };
