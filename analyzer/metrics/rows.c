/* SPDX-License-Identifier: MIT */
#include "analyzer/metrics/rows.h"

#include <errno.h>

#include "base/err.h"

int metrics_no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

void rows_free_histograms(struct thread_metrics *t)
{
	t->wait_ns = histogram_free(t->wait_ns);
	t->wait_contended_ns = histogram_free(t->wait_contended_ns);
	t->hold_ns = histogram_free(t->hold_ns);
}

static int reserve_thread(struct metrics *m)
{
	size_t size = m->size ? 2 * m->size : 16;
	void *threads, *rows;

	if (m->n_threads < m->size)
		return 0;
	threads = reallocarray(m->threads, size, sizeof(*m->threads));
	if (!threads)
		return metrics_no_memory();
	m->threads = threads;
	rows = reallocarray(m->rows, size, sizeof(*m->rows));
	if (!rows)
		return metrics_no_memory();
	m->rows = rows;
	m->size = size;
	return 0;
}

int rows_add_thread(struct metrics *m, const struct thread_info *info, uint32_t *out)
{
	struct thread_metrics t = {
		.folded = !info,
		.last_cpu = -1,
		.overrun.at_ns = INT64_MIN,
		.blocking.at_ns = INT64_MIN,
		.attempt.at_ns = INT64_MIN,
		.longest_holder = PAIR_NOBODY,
	};
	int r = reserve_thread(m);

	if (!r)
		r = histogram_new(&t.wait_ns);
	if (!r)
		r = histogram_new(&t.wait_contended_ns);
	if (!r)
		r = histogram_new(&t.hold_ns);
	if (r) {
		rows_free_histograms(&t);
		return r;
	}
	*out = (uint32_t)m->n_threads;
	m->threads[m->n_threads] = t;
	m->rows[m->n_threads++] = (struct thread_row){ .info = info };
	return 0;
}

struct gil_row *rows_search_gil(struct metrics *m, const struct gil_info *info)
{
	m->last_used_gil = table_get(&m->gil_table, info->id);
	return m->last_used_gil;
}

int rows_add_gil(struct metrics *m, const struct gil_info *info)
{
	struct gil_row *g = calloc(1, sizeof(*g));
	int r = g ? histogram_new(&g->m.handover_ns) : metrics_no_memory();

	if (!r)
		r = table_put(&m->gil_table, info->id, g);
	if (r) {
		if (g)
			histogram_free(g->m.handover_ns);
		free(g);
		return r;
	}
	g->info = info;
	g->others = NO_ROW;
	g->next = m->first_gil;
	m->first_gil = g;
	m->n_gils++;
	return 0;
}
