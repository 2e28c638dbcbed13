/* SPDX-License-Identifier: MIT */
#include "analyzer/findings/kinds.h"

uint64_t kinds_interval_ns(const struct gil_metrics *gil)
{
	if (gil_is_ticked(&gil->info) || gil->info.interval <= 0)
		return NOMINAL_INTERVAL_NS;
	return (uint64_t)gil->info.interval * 1000;
}

bool kinds_counts(const struct thread_metrics *t, const struct gil_metrics *gil)
{
	return t->info.selected && !t->folded && t->info.gil->index == gil->info.index;
}

/* Of its life: what is left is for a system call now and then. */
static const double NEARLY_ALL = 0.9;

static bool knows_checks(const struct gil_info *gil)
{
	return !gil_is_ticked(gil) || gil->flags & GIL_FLAG_CHECKS_EXACT;
}

bool kinds_computes(const struct thread_metrics *t)
{
	if (!knows_checks(t->info.gil))
		return t->hold_ratio + t->wait_ratio >= NEARLY_ALL;
	return t->checks && t->checks >= t->releases / 2;
}

bool kinds_is_behind_computing(const struct thread_metrics *holder, const struct pair_metrics *pair)
{
	return holder ? kinds_computes(holder) : pair->holder == PAIR_NOBODY;
}

bool kinds_is_brief(const struct thread_metrics *t)
{
	return !kinds_computes(t) &&
	       histogram_mean(t->hold_ns) * BRIEF <= histogram_mean(t->wait_contended_ns);
}

static const struct thread_metrics *row(const struct results *r, uint32_t i, const struct gil_metrics *gil)
{
	return i < r->n_threads && kinds_counts(&r->threads[i], gil) ? &r->threads[i] : NULL;
}

const struct thread_metrics *kinds_waiter(const struct results *r, const struct pair_metrics *p,
					  const struct gil_metrics *gil)
{
	return row(r, p->waiter, gil);
}

const struct thread_metrics *kinds_holder(const struct results *r, const struct pair_metrics *p,
					  const struct gil_metrics *gil)
{
	return row(r, p->holder, gil);
}
