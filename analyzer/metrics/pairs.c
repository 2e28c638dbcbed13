/* SPDX-License-Identifier: MIT */
#include "analyzer/metrics/rows.h"

static int new_pair(struct metrics *m, uint64_t key, struct pair **out)
{
	struct pair *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return metrics_no_memory();
	r = table_put(&m->pair_table, key, p);
	if (r) {
		free(p);
		return r;
	}
	p->m = (struct pair_metrics){
		.waiter = (uint32_t)(key >> 32),
		.holder = (uint32_t)key,
		.first_ns = INT64_MIN,
		.last_ns = INT64_MIN,
		.max_at_ns = INT64_MIN,
	};
	p->next = m->first_pair;
	m->first_pair = p;
	m->n_pairs++;
	*out = p;
	return 0;
}

int pairs_find(struct metrics *m, uint32_t waiter, uint32_t holder, struct pair_metrics **out)
{
	uint64_t key = (uint64_t)waiter << 32 | holder;
	struct pair *p = m->rows[waiter].last_pair;
	int r = 0;

	if (!p || p->m.holder != holder)
		p = table_get(&m->pair_table, key);
	if (!p && m->n_pairs >= PAIRS_LIMIT && holder < PAIR_OTHERS)
		return pairs_find(m, waiter, PAIR_OTHERS, out);
	if (!p)
		r = new_pair(m, key, &p);
	if (r)
		return r;
	m->rows[waiter].last_pair = p;
	*out = &p->m;
	return 0;
}

/* The longer share; of two as long, the earlier one. */
static void keep_longest(struct pair_metrics *p, uint64_t ns, int64_t at_ns)
{
	if (ns > p->max_ns || (ns == p->max_ns && at_ns < p->max_at_ns)) {
		p->max_ns = ns;
		p->max_at_ns = at_ns;
	}
}

static void widen(struct pair_metrics *p, int64_t first_ns, int64_t last_ns)
{
	if (p->first_ns == INT64_MIN || first_ns < p->first_ns)
		p->first_ns = first_ns;
	if (last_ns > p->last_ns)
		p->last_ns = last_ns;
}

int pairs_blame(struct metrics *m, const struct attempt *attempt)
{
	uint32_t waiter = rows_of(m, attempt->thread);

	for (uint32_t i = 0; i < attempt->n_blames; i++) {
		const struct blame *b = &attempt->blames[i];
		uint32_t holder = rows_of(m, b->holder);
		struct pair_metrics *p;
		int r = pairs_find(m, waiter, holder, &p);

		if (r)
			return r;
		p->wait_ns += (uint64_t)b->ns;
		p->waits++;
		keep_longest(p, (uint64_t)b->ns, attempt->from_ns);
		widen(p, attempt->from_ns, attempt->to_ns);
		if (b->holder) /* it may be asked for later, when it is named */
			m->threads[holder].blocked_others_ns += (uint64_t)b->ns;
	}
	return 0;
}

static int add(struct metrics *m, const struct pair_metrics *more)
{
	struct pair_metrics *p;
	int r = pairs_find(m, more->waiter, more->holder, &p);

	if (r)
		return r;
	p->wait_ns += more->wait_ns;
	p->waits += more->waits;
	p->failed += more->failed;
	p->handovers += more->handovers;
	p->handover_ns += more->handover_ns;
	if (!more->waits)
		return 0;
	keep_longest(p, more->max_ns, more->max_at_ns);
	widen(p, more->first_ns, more->last_ns);
	return 0;
}

int pairs_remap(struct metrics *m, const uint32_t *place)
{
	struct pair *old = m->first_pair;
	int r = 0;

	table_deinit(&m->pair_table);
	m->first_pair = NULL;
	m->n_pairs = 0;
	for (size_t i = 0; i < m->n_threads; i++)
		m->rows[i].last_pair = NULL;
	for (struct pair *next; old; old = next) {
		next = old->next;
		old->m.waiter = place[old->m.waiter];
		if (old->m.holder < PAIR_OTHERS)
			old->m.holder = place[old->m.holder];
		if (!r)
			r = add(m, &old->m);
		free(old);
	}
	return r;
}

static int by_wait(const void *a, const void *b)
{
	const struct pair_metrics *x = a, *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns < y->wait_ns ? 1 : -1;
	if (x->failed != y->failed)
		return x->failed < y->failed ? 1 : -1;
	if (x->handovers != y->handovers)
		return x->handovers < y->handovers ? 1 : -1;
	if (x->waiter != y->waiter)
		return x->waiter < y->waiter ? -1 : 1;
	return (x->holder > y->holder) - (x->holder < y->holder);
}

int pairs_make_table(struct metrics *m)
{
	size_t n = 0;

	m->pairs = calloc(m->n_pairs + 1, sizeof(*m->pairs));
	if (!m->pairs)
		return metrics_no_memory();
	for (struct pair *p = m->first_pair; p; p = p->next)
		m->pairs[n++] = p->m;
	qsort(m->pairs, n, sizeof(*m->pairs), by_wait);
	return 0;
}

void pairs_free(struct metrics *m)
{
	for (struct pair *p = m->first_pair, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	table_deinit(&m->pair_table);
	free(m->pairs);
}
