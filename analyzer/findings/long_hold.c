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
static bool has_overruns(const struct thread_metrics *t)
{
	return t->overruns != METRIC_UNKNOWN;
}

static uint64_t excess_of(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	struct excess excess = { .limit_ns = limit_of(gil) };

	if (has_overruns(t))
		return t->overrun_ns;
	histogram_each(t->hold_ns, add_long, &excess);
	return excess.ns;
}

/* A lone thread may hold for as long as it likes, and many short holds are none: others must wait so long for one of them. */
static uint64_t claim_long(const struct claim *claim, const struct thread_metrics *waiter,
			   const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	const uint64_t limit_ns = limit_of(claim->gil);
	uint64_t excess_ns;

	if (!waiter || !holder || pair->max_ns < limit_ns || holder->blocking.ns < limit_ns)
		return 0;
	/* Where it is most of the wait, what the interval allows is no finding of its own. */
	excess_ns = excess_of(holder, claim->gil);
	return excess_ns >= pair->wait_ns / 2 ? pair->wait_ns : excess_ns;
}

static uint64_t blocking_ns(const struct thread_metrics *t)
{
	return t->blocking.ns;
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct claimed *sum, uint32_t longest)
{
	const struct thread_metrics *holder = &r->threads[longest];

	SAY(found->verdict, "Long hold: %s %s on to the GIL without letting go, for up to %s at a time, and %s waited %s in %s for that.",
	    NAMES(r, &sum->holders), VERB(&sum->holders, "hold"), DURATION(holder->blocking.ns),
	    NAMES(r, &sum->waiters), DURATION(sum->cost_ns), DURATION(gil->wall_ns));
	SAY(found->evidence, "%s: blocking_max_ns %s; %s holds, hold_ns mean %s, max %s; overruns %s, overrun_ns %s. %s: %s.",
	    NAME(r, longest), DURATION(holder->blocking.ns), COUNT(histogram_count(holder->hold_ns)),
	    DURATION(histogram_mean(holder->hold_ns)), DURATION(histogram_max(holder->hold_ns)),
	    KNOWN(holder->overruns), has_overruns(holder) ? DURATION(holder->overrun_ns) : "-",
	    has_overruns(holder) ? "The switch interval" : "No time ends a hold here; in Python 3",
	    DURATION(kinds_interval_ns(gil)));
	/* That hold, as far as others waited for it. */
	found->from_ns = holder->blocking.at_ns;
	found->to_ns = holder->blocking.at_ns + (int64_t)holder->blocking.ns;
	SAY(found->advice, "Let the C code that %s runs release the GIL (Py_BEGIN_ALLOW_THREADS, nogil), give it less work per call, or run it in a process of its own. If it runs no such code, the system gave it no CPU: look at the machine's load.",
	    FIRST_NAME(r, &sum->holders));
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct claim claim = { claim_long, gil };
	struct claimed sum = claim_look(out, r, &claim);
	struct finding found = { .cost_ns = sum.cost_ns };

	if (!claim_matters(&sum, gil))
		return 0;
	/* For whose hold the others waited longest, of those that this is about. */
	say(&found, r, gil, &sum, claim_longest(out, r, findings_tally(out)->blocked, blocking_ns));
	claim_take(out, r, &claim);
	cast_into(&found, &sum.holders, &sum.waiters);
	cast_into_waiters(&found, &sum.waiters);
	return findings_add(out, &found);
}

const struct detector detect_long_hold = { .name = "long_hold", .look = look };
