/* SPDX-License-Identifier: MIT */
#include "analyzer/findings/claim.h"

#include <string.h>

#include "analyzer/findings/kinds.h"

static uint64_t claim_pair(const struct findings *f, const struct results *r, const struct claim *claim, size_t i)
{
	const struct pair_metrics *p = &r->pairs[i];
	uint64_t ns, left_ns = findings_unexplained(f, i);

	if (!left_ns || r->threads[p->waiter].info.gil->index != claim->gil->info.index)
		return 0;
	ns = claim->of(claim, kinds_waiter(r, p, claim->gil), kinds_holder(r, p, claim->gil), p);
	return ns < left_ns ? ns : left_ns;
}

static void add(struct claimed *sum, const struct pair_metrics *p, uint64_t ns, uint64_t *top_ns)
{
	if (!sum->top || p->first_ns < sum->first_ns)
		sum->first_ns = p->first_ns;
	if (!sum->top || p->last_ns > sum->last_ns)
		sum->last_ns = p->last_ns;
	if (ns > *top_ns) {
		*top_ns = ns;
		sum->top = p;
	}
	sum->cost_ns += ns;
	sum->failed += p->failed;
	sum->waits += p->waits;
}

struct claimed claim_look(struct findings *f, const struct results *r, const struct claim *claim)
{
	struct tally *tally = findings_tally(f);
	struct claimed sum = { .cost_ns = 0 };
	uint64_t top_ns = 0;

	memset(tally->waited, 0, r->n_threads * sizeof(*tally->waited));
	memset(tally->blocked, 0, r->n_threads * sizeof(*tally->blocked));
	for (size_t i = 0; i < r->n_pairs; i++) {
		const struct pair_metrics *p = &r->pairs[i];
		uint64_t ns = claim_pair(f, r, claim, i);

		if (!ns)
			continue;
		add(&sum, p, ns, &top_ns);
		tally->waited[p->waiter] += ns;
		if (p->holder < r->n_threads)
			tally->blocked[p->holder] += ns;
	}
	sum.waiters = cast_of(r, tally->waited);
	sum.holders = cast_of(r, tally->blocked);
	return sum;
}

void claim_take(struct findings *f, const struct results *r, const struct claim *claim)
{
	for (size_t i = 0; i < r->n_pairs; i++)
		findings_explain(f, i, claim_pair(f, r, claim, i));
}
