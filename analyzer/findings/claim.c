/* SPDX-License-Identifier: MIT */
#include "analyzer/findings/claim.h"

#include "analyzer/findings/kinds.h"

static uint64_t claim_pair(const struct findings *f, const struct results *r, const struct claim *claim, size_t i)
{
	const struct pair_metrics *p = &r->pairs[i];
	uint64_t ns, left_ns = findings_unexplained(f, i);

	if (!left_ns)
		return 0;
	ns = claim->of(claim, kinds_waiter(r, p, claim->gil), kinds_holder(r, p, claim->gil), p);
	return ns < left_ns ? ns : left_ns;
}

static bool is_behind_others(const struct results *r, const struct pair_metrics *p)
{
	return p->holder == PAIR_OTHERS || (p->holder < r->n_threads && r->threads[p->holder].folded);
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
	sum->free_ns += p->holder == PAIR_NOBODY ? ns : 0;
	sum->failed += p->failed;
	sum->waits += p->waits;
}

static void add_pairs(struct claimed *sum, struct findings *f, const struct results *r, const struct claim *claim)
{
	const struct rows pairs = findings_pairs(f);
	struct tally *tally = findings_tally(f);
	uint64_t top_ns = 0;

	for (size_t i = 0; i < pairs.n; i++) {
		const struct pair_metrics *p = &r->pairs[pairs.list[i].row];
		uint64_t ns = claim_pair(f, r, claim, pairs.list[i].row);

		if (!ns)
			continue;
		add(sum, p, ns, &top_ns);
		sum->others_ns += is_behind_others(r, p) ? ns : 0;
		tally->waited[p->waiter] += ns;
		if (p->holder < r->n_threads)
			tally->blocked[p->holder] += ns;
	}
}

struct claimed claim_look(struct findings *f, const struct results *r, const struct claim *claim)
{
	const struct rows threads = findings_threads(f);
	struct tally *tally = findings_tally(f);
	struct claimed sum = { .cost_ns = 0 };

	for (size_t i = 0; i < threads.n; i++)
		tally->waited[threads.list[i].row] = tally->blocked[threads.list[i].row] = 0;
	add_pairs(&sum, f, r, claim);
	for (size_t i = 0; i < threads.n; i++) {
		const uint32_t row = threads.list[i].row;
		uint64_t waited_ns = tally->waited[row];

		cast_add(&sum.waiters, row, waited_ns);
		cast_add(&sum.holders, row, tally->blocked[row]);
		if (waited_ns > sum.hurt_ns && waited_ns >= r->threads[row].life_ns / MATTERS_SHARE)
			sum.hurt_ns = waited_ns;
	}
	return sum;
}

bool claim_matters(const struct claimed *sum, const struct gil_metrics *gil)
{
	const uint64_t share_ns = gil->wall_ns / MATTERS_SHARE;

	if (!sum->cost_ns || (!sum->hurt_ns && gil->wanted_ns < share_ns))
		return false;
	return sum->cost_ns >= share_ns || sum->hurt_ns >= MATTERS_NS;
}

uint32_t claim_longest(struct findings *f, const struct results *r, const uint64_t *tally,
		       uint64_t (*length_ns)(const struct thread_metrics *t))
{
	const struct rows threads = findings_threads(f);
	uint32_t longest = PAIR_NOBODY;

	for (size_t i = 0; i < threads.n; i++) {
		const uint32_t row = threads.list[i].row;

		if (tally[row] && (longest == PAIR_NOBODY ||
				   length_ns(&r->threads[row]) > length_ns(&r->threads[longest])))
			longest = row;
	}
	return longest;
}

void claim_take(struct findings *f, const struct results *r, const struct claim *claim)
{
	const struct rows pairs = findings_pairs(f);

	for (size_t i = 0; i < pairs.n; i++)
		findings_explain(f, pairs.list[i].row, claim_pair(f, r, claim, pairs.list[i].row));
}
