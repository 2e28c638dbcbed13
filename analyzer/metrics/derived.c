/* SPDX-License-Identifier: MIT */
#include "analyzer/metrics/rows.h"

#include <math.h>

/* Unknown without a denominator. */
static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

/* ---- fairness ---------------------------------------------------------------- */

void fairness_add(struct fairness *f, double x)
{
	f->n++;
	f->sum += x;
	f->sum_of_squares += x * x;
}

static double fairness_index(const struct fairness *f)
{
	return f->sum_of_squares > 0 ? f->sum * f->sum / ((double)f->n * f->sum_of_squares) : NAN;
}

uint64_t thread_wait_ns(const struct thread_metrics *t)
{
	return t->state_ns[STATE_ENTERING] + t->state_ns[STATE_WAITING];
}

void fairness_add_thread(struct fairness *hold, struct fairness *progress, const struct thread_metrics *t)
{
	uint64_t hold_ns = t->state_ns[STATE_HOLDING], wait_ns = thread_wait_ns(t);

	if (t->acquisitions || hold_ns)
		fairness_add(hold, (double)hold_ns);
	if (hold_ns || wait_ns)
		fairness_add(progress, ratio(hold_ns, hold_ns + wait_ns));
}

/* ---- threads ------------------------------------------------------------------- */

static void finish_thread(struct metrics *m, size_t row)
{
	struct thread_metrics *t = &m->threads[row];
	const struct gil_info *gil;
	uint64_t hold_ns = t->state_ns[STATE_HOLDING], wait_ns = thread_wait_ns(t);

	if (!t->folded) {
		t->info = *m->rows[row].info;
		if (t->info.selected)
			t->life_ns = (uint64_t)(t->info.last_ns - t->info.first_ns);
	}
	if (!t->info.selected)
		t->blocked_others_ns = 0;
	gil = t->info.gil;
	t->failed = t->busy + t->retries;
	t->still_holding = t->info.state == STATE_HOLDING;
	t->still_waiting = t->info.state == STATE_ENTERING || t->info.state == STATE_WAITING;
	for (int i = 0; i < CPU_SET_WORDS; i++)
		t->cpus += (uint64_t)__builtin_popcountll(t->cpu_set[i]);
	t->hold_ratio = ratio(hold_ns, t->life_ns);
	t->wait_ratio = ratio(wait_ns, t->life_ns);
	t->progress_ratio = ratio(hold_ns, hold_ns + wait_ns);
	t->retries_per_acquisition = gil_shows_retries(gil) ? ratio(t->retries, t->acquisitions) : NAN;
	t->ticks_per_check = gil_is_ticked(gil) ? ratio(t->ticks, t->checks) : NAN;
}

static void add_to_gil(struct gil_metrics *g, const struct thread_metrics *t)
{
	g->acquisitions += t->acquisitions;
	g->acquisitions_contended += t->acquisitions_contended;
	g->busy += t->busy;
	g->retries += t->retries;
	g->retries_timed_out += t->retries_timed_out;
	g->failed += t->failed;
	g->failed_same_cpu += t->failed_same_cpu;
	g->failed_other_cpu += t->failed_other_cpu;
	g->releases += t->releases;
	g->releases_requested += t->releases_requested;
	g->checks += t->checks;
	g->ticks += t->ticks;
	g->barging += t->barging;
	g->overruns += t->overruns;
	g->overrun_ns += t->overrun_ns;
	g->held_ns += t->state_ns[STATE_HOLDING];
	g->wait_ns += thread_wait_ns(t);
	g->waiting_ns += t->state_ns[STATE_WAITING];
	g->threads += t->info.selected && !t->folded;
}

/* A thread's part in its GIL, whose sums are made. */
static void compare(struct gil_row *g, struct thread_metrics *t)
{
	t->hold_share = ratio(t->state_ns[STATE_HOLDING], g->m.held_ns);
	if (!t->info.selected || t->folded)
		return; /* the folded ones were compared one by one */
	fairness_add_thread(&g->hold, &g->progress, t);
	g->m.hold_share_max = fmax(g->m.hold_share_max, t->hold_share);
}

/* Without a time slice nothing is longer than it. */
static void forget_overruns(struct thread_metrics *t)
{
	t->overruns = t->overrun_ns = t->waits_long = METRIC_UNKNOWN;
	t->overrun = (struct longest){ .ns = METRIC_UNKNOWN, .at_ns = INT64_MIN };
}

/* ---- GILs ---------------------------------------------------------------------- */

static void finish_gil(struct gil_row *row)
{
	struct gil_metrics *g = &row->m;

	g->info = *row->info;
	g->wanted_ns = (uint64_t)row->info->wanted_ns;
	g->active_ns = (uint64_t)row->info->active_ns;
	g->waiters_max = row->info->waiters_max;
	g->wall_ns = (uint64_t)(g->last_ns - g->first_ns);
	g->threads += row->folded_threads;
	g->utilisation = ratio(g->held_ns, g->wall_ns);
	g->contention = ratio(g->wanted_ns, g->wall_ns);
	g->waiters_mean = ratio(g->waiting_ns, g->wall_ns);
	g->demand = ratio(g->wait_ns + g->held_ns, g->wall_ns);
	g->badness = ratio(g->failed, g->checks);
	g->dead_ratio = ratio(g->dead_ns, g->wall_ns);
	g->switches_per_s = ratio(g->switches, g->wall_ns) * 1e9;
	g->fairness_hold = fairness_index(&row->hold);
	g->fairness_progress = fairness_index(&row->progress);
	g->parallelism_bound = ratio(g->wait_ns + g->held_ns, g->active_ns);
	if (row->overrun_ns == UINT64_MAX)
		g->overruns = g->overrun_ns = METRIC_UNKNOWN;
}

static int by_index(const void *a, const void *b)
{
	const struct gil_metrics *x = a, *y = b;

	return (x->info.index > y->info.index) - (x->info.index < y->info.index);
}

static int make_gil_table(struct metrics *m)
{
	size_t n = 0;

	m->gils = calloc(m->n_gils + 1, sizeof(*m->gils));
	if (!m->gils)
		return metrics_no_memory();
	for (struct gil_row *g = m->first_gil; g; g = g->next)
		m->gils[n++] = g->m;
	qsort(m->gils, n, sizeof(*m->gils), by_index);
	return 0;
}

static int gil_by_index(const void *key, const void *element)
{
	const struct gil_info *info = key;
	const struct gil_metrics *g = element;

	return (info->index > g->info.index) - (info->index < g->info.index);
}

/* Every thread's GIL was announced before it. */
static const struct gil_info *copy_of(const struct metrics *m, const struct gil_info *info)
{
	const struct gil_metrics *g =
		bsearch(info, m->gils, m->n_gils, sizeof(*m->gils), gil_by_index);

	return g ? &g->info : info;
}

/* ---- in order -------------------------------------------------------------------- */

int derived_make(struct metrics *m)
{
	int r;

	for (size_t i = 0; i < m->n_threads; i++) {
		finish_thread(m, i);
		add_to_gil(&rows_find_gil(m, m->threads[i].info.gil)->m, &m->threads[i]);
	}
	for (struct gil_row *g = m->first_gil; g; g = g->next)
		g->m.hold_share_max = ratio(g->folded_hold_max_ns, g->m.held_ns);
	for (size_t i = 0; i < m->n_threads; i++) {
		struct gil_row *g = rows_find_gil(m, m->threads[i].info.gil);

		compare(g, &m->threads[i]);
		if (g->overrun_ns == UINT64_MAX && m->threads[i].info.selected)
			forget_overruns(&m->threads[i]);
	}
	for (struct gil_row *g = m->first_gil; g; g = g->next)
		finish_gil(g);
	r = make_gil_table(m);
	for (size_t i = 0; i < m->n_threads && !r; i++)
		m->threads[i].info.gil = copy_of(m, m->threads[i].info.gil);
	return r;
}
