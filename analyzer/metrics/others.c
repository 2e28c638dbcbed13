/* SPDX-License-Identifier: MIT */
#include "analyzer/metrics/rows.h"

#include <stdio.h>

static void keep_longer(struct longest *a, const struct longest *b)
{
	if (b->at_ns != INT64_MIN && (a->at_ns == INT64_MIN || b->ns > a->ns))
		*a = *b;
}

static void add_counts(struct thread_metrics *o, const struct thread_metrics *t)
{
	o->entries += t->entries;
	o->acquisitions += t->acquisitions;
	o->acquisitions_contended += t->acquisitions_contended;
	o->busy += t->busy;
	o->retries += t->retries;
	o->retries_timed_out += t->retries_timed_out;
	o->failed_same_cpu += t->failed_same_cpu;
	o->failed_other_cpu += t->failed_other_cpu;
	o->releases += t->releases;
	o->releases_requested += t->releases_requested;
	o->checks += t->checks;
	o->ticks += t->ticks;
	o->switches_in += t->switches_in;
	o->barging += t->barging;
	o->overruns += t->overruns;
	o->waits_long += t->waits_long;
	o->migrations += t->migrations;
	o->overrun_ns += t->overrun_ns;
	for (int i = 0; i < GIL_LEAVE_REASONS; i++)
		o->left[i] += t->left[i];
	for (int i = 0; i < THREAD_STATES; i++)
		o->state_ns[i] += t->state_ns[i];
	for (int i = 0; i < CPU_SET_WORDS; i++)
		o->cpu_set[i] |= t->cpu_set[i];
}

static void add_extremes(struct thread_metrics *o, const struct thread_metrics *t)
{
	if (t->retries_max > o->retries_max)
		o->retries_max = t->retries_max;
	keep_longer(&o->overrun, &t->overrun);
	keep_longer(&o->blocking, &t->blocking);
	keep_longer(&o->attempt, &t->attempt);
}

static void widen(struct thread_metrics *o, const struct thread_info *info)
{
	if (!o->info.selected || info->first_ns < o->info.first_ns)
		o->info.first_ns = info->first_ns;
	if (info->last_ns > o->info.last_ns)
		o->info.last_ns = info->last_ns;
	o->life_ns += (uint64_t)(info->last_ns - info->first_ns);
}

/* What cannot be told from the sums of many threads is taken from each of them now. */
static void keep_apart(struct gil_row *g, const struct thread_metrics *t)
{
	uint64_t hold_ns = t->state_ns[STATE_HOLDING];

	g->folded_threads++;
	if (hold_ns > g->folded_hold_max_ns)
		g->folded_hold_max_ns = hold_ns;
	fairness_add_thread(&g->hold, &g->progress, t);
}

static int fold(struct metrics *m, size_t row)
{
	const struct thread_row *from = &m->rows[row];
	const struct thread_metrics *t = &m->threads[row];
	struct gil_row *g = rows_find_gil(m, from->info->gil);
	struct thread_metrics *o = &m->threads[g->others];
	struct thread_row *to = &m->rows[g->others];
	int r;

	/* As in the pairs, where the others are one holder. */
	o->blocked_others_ns += t->blocked_others_ns;
	if (!from->info->selected)
		return 0;
	widen(o, from->info);
	o->info.selected = true;
	r = histogram_merge(o->wait_ns, t->wait_ns);
	if (!r)
		r = histogram_merge(o->wait_contended_ns, t->wait_contended_ns);
	if (!r)
		r = histogram_merge(o->hold_ns, t->hold_ns);
	add_counts(o, t);
	add_extremes(o, t);
	if (from->longest_contended_ns > to->longest_contended_ns) {
		to->longest_contended_ns = from->longest_contended_ns;
		o->longest_holder = t->longest_holder;
	}
	keep_apart(g, t);
	return r;
}

static int others_of(struct metrics *m, struct gil_row *g)
{
	struct thread_metrics *o;
	int r;

	if (g->others != NO_ROW)
		return 0;
	r = rows_add_thread(m, NULL, &g->others);
	if (r)
		return r;
	o = &m->threads[g->others];
	o->info = (struct thread_info){ .gil = g->info, .pid = g->info->pid, .named = true,
					.state = STATE_ENDED }; /* selected with the first one that is */
	snprintf(o->info.name, sizeof(o->info.name), "others");
	return 0;
}

/* Adds the retired rows to the others of their GIL. @place gets each row's new place. */
static int fold_rows(struct metrics *m, uint32_t *place)
{
	uint32_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < m->n_threads; i++)
		if (!m->rows[i].retired)
			place[i] = kept++;
	for (size_t i = 0; i < m->n_threads && !r; i++)
		if (m->rows[i].retired) {
			place[i] = place[rows_find_gil(m, m->rows[i].info->gil)->others];
			r = fold(m, i);
		}
	return r;
}

static void close_up(struct metrics *m, const uint32_t *place)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_threads; i++) {
		if (m->rows[i].retired) {
			rows_free_histograms(&m->threads[i]);
			m->row_of[m->rows[i].info->index] = NO_ROW;
			continue;
		}
		if (m->rows[i].info)
			m->row_of[m->rows[i].info->index] = place[i];
		m->threads[kept] = m->threads[i];
		if (m->threads[kept].longest_holder < PAIR_OTHERS)
			m->threads[kept].longest_holder = place[m->threads[kept].longest_holder];
		m->rows[kept++] = m->rows[i];
	}
	m->n_threads = kept;
	for (struct gil_row *g = m->first_gil; g; g = g->next)
		if (g->others != NO_ROW)
			g->others = place[g->others];
}

int others_fold(struct metrics *m, const struct thread_info *const *threads, size_t n)
{
	cleanup(freep) uint32_t *place = NULL;
	int r = 0;

	for (size_t i = 0; i < n && !r; i++) {
		m->rows[rows_of(m, threads[i])].retired = true;
		r = others_of(m, rows_find_gil(m, threads[i]->gil));
	}
	if (r)
		return r;
	place = calloc(m->n_threads + 1, sizeof(*place));
	if (!place)
		return metrics_no_memory();
	r = fold_rows(m, place);
	if (r)
		return r;
	close_up(m, place);
	return pairs_remap(m, place);
}
