/* SPDX-License-Identifier: MIT */
#include "analyzer/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/metrics/rows.h"

static int on_begin(void *data, const struct trace_info *trace)
{
	struct metrics *m = data;

	m->trace = *trace;
	m->path = strdup(trace->path);
	m->trace.path = m->path;
	return m->path ? 0 : metrics_no_memory();
}

static int on_gil(void *data, const struct gil_info *info)
{
	struct metrics *m = data;
	int r = rows_find_gil(m, info) ? 0 : rows_add_gil(m, info);
	struct gil_row *g = r ? NULL : rows_find_gil(m, info);
	bool sliced = !gil_is_ticked(info) && info->interval > 0;

	if (r)
		return r;
	g->overrun_ns = sliced ? (uint64_t)info->interval * 1000 : UINT64_MAX;
	g->long_wait_ns = sliced ? LONG_INTERVALS * g->overrun_ns : UINT64_MAX;
	return 0;
}

static int on_thread(void *data, const struct thread_info *info)
{
	struct metrics *m = data;

	if (info->index >= m->n_row_of) {
		size_t n = 2 * (size_t)info->index + 16;
		uint32_t *row_of = reallocarray(m->row_of, n, sizeof(*row_of));

		if (!row_of)
			return metrics_no_memory();
		m->row_of = row_of;
		for (size_t i = m->n_row_of; i < n; i++)
			row_of[i] = NO_ROW;
		m->n_row_of = n;
	}
	if (m->row_of[info->index] != NO_ROW)
		return 0;
	return rows_add_thread(m, info, &m->row_of[info->index]);
}

static int on_retire(void *data, const struct thread_info *const *threads, size_t n)
{
	return others_fold(data, threads, n);
}

/* ---- events -------------------------------------------------------------------- */

static int note_violation(struct metrics *m, const struct gil_event *event, const struct step *step)
{
	int64_t at_ns = event->ts_ns - m->trace.origin_ns;
	int r;

	if (m->n_violations == VIOLATIONS_SHOWN)
		return 0;
	r = asprintf(&m->violations[m->n_violations], "%s: %s, at +%" PRId64 ".%09" PRId64 " s",
		     step->thread->name, step->violation, at_ns / 1000000000, at_ns % 1000000000);
	if (r < 0)
		return metrics_no_memory();
	m->n_violations++;
	return 0;
}

static void move(struct thread_metrics *t, int32_t cpu)
{
	unsigned bit = (unsigned)cpu % (64 * CPU_SET_WORDS);

	t->migrations += t->last_cpu >= 0 && cpu >= 0;
	t->last_cpu = cpu;
	if (cpu >= 0)
		t->cpu_set[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void count_acquire(struct thread_metrics *t, const struct gil_event *event, const struct step *step)
{
	t->acquisitions++;
	t->acquisitions_contended += step->before == STATE_WAITING;
	t->switches_in += step->switched_from != NULL;
	t->barging += step->barged;
	if (event->cpu != t->last_cpu)
		move(t, event->cpu);
}

/* Where one of the two is unknown, it is neither. */
static void count_cpu(int32_t a, int32_t b, uint64_t *same, uint64_t *other)
{
	bool known = a >= 0 && b >= 0;

	*same += known && a == b;
	*other += known && a != b;
}

static int count_failed(struct metrics *m, struct thread_metrics *t, const struct gil_event *event,
			const struct step *step)
{
	struct pair_metrics *p;
	int r = pairs_find(m, rows_of(m, step->thread), rows_of(m, step->holder), &p);

	if (r)
		return r;
	p->failed++;
	count_cpu(step->holder_cpu, event->cpu, &t->failed_same_cpu, &t->failed_other_cpu);
	return 0;
}

static void count_leave(struct thread_metrics *t, enum gil_leave_reason reason,
			enum thread_state before)
{
	t->left[reason]++;
	/* A poke counts nowhere: its ENTRY goes. */
	if (reason == GIL_LEAVE_POKE && before == STATE_ENTERING && t->entries)
		t->entries--;
}

static int count(struct metrics *m, const struct gil_event *event, const struct step *step)
{
	struct thread_metrics *t = rows_find_thread(m, step->thread);

	switch (event->kind) {
	case GIL_ENTRY:
		t->entries++;
		return 0;
	case GIL_BUSY:
		t->busy++;
		return count_failed(m, t, event, step);
	case GIL_RETRY:
		t->retries++;
		t->retries_timed_out += event->timed_out;
		return count_failed(m, t, event, step);
	case GIL_ACQUIRE:
		count_acquire(t, event, step);
		return 0;
	case GIL_RELEASE:
		t->releases++;
		t->releases_requested += event->drop_requested;
		return 0;
	case GIL_LEAVE:
		count_leave(t, event->reason, step->before);
		return 0;
	default:
		return 0;
	}
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct metrics *m = data;
	struct gil_row *g = rows_find_gil(m, step->gil);
	int r = step->violation ? note_violation(m, event, step) : 0;

	if (!g->m.first_ns)
		g->m.first_ns = event->ts_ns;
	g->m.last_ns = event->ts_ns;
	return r || !step->thread ? r : count(m, event, step);
}

/* ---- stays, attempts, hand-overs --------------------------------------------------- */

/* A stay may begin or end where no event is: at the ends of the time asked for. */
static void widen(struct gil_metrics *g, const struct interval *interval)
{
	if (!g->first_ns || interval->from_ns < g->first_ns)
		g->first_ns = interval->from_ns;
	if (interval->to_ns > g->last_ns)
		g->last_ns = interval->to_ns;
}

static void keep_longest(struct longest *longest, uint64_t ns, int64_t at_ns)
{
	if (longest->at_ns == INT64_MIN || ns > longest->ns)
		*longest = (struct longest){ .ns = ns, .at_ns = at_ns };
}

static int on_interval(void *data, const struct interval *interval)
{
	struct metrics *m = data;
	struct thread_metrics *t = rows_find_thread(m, interval->thread);
	struct gil_row *g = rows_find_gil(m, interval->thread->gil);
	uint64_t ns = (uint64_t)(interval->to_ns - interval->from_ns);

	t->state_ns[interval->state] += ns;
	widen(&g->m, interval);
	if (interval->state != STATE_HOLDING)
		return 0;
	t->checks += interval->checks;
	t->ticks += interval->ticks;
	if (interval->waited_on_ns > 0)
		keep_longest(&t->blocking, (uint64_t)interval->waited_on_ns, interval->to_ns - interval->waited_on_ns);
	if ((uint64_t)interval->waited_on_ns > g->overrun_ns) {
		t->overruns++;
		t->overrun_ns += (uint64_t)interval->waited_on_ns - g->overrun_ns;
		keep_longest(&t->overrun, ns, interval->from_ns);
	}
	return interval->whole ? histogram_add(t->hold_ns, ns) : 0;
}

static uint32_t most_blamed(const struct metrics *m, const struct attempt *attempt)
{
	const struct blame *most = NULL;

	for (const struct blame *b = attempt->blames; b < attempt->blames + attempt->n_blames; b++)
		if (b->holder && (!most || b->ns > most->ns))
			most = b;
	return most ? rows_of(m, most->holder) : PAIR_NOBODY;
}

/* Who found the GIL free waited for nobody: the pairs are about the others. */
static int count_contended(struct metrics *m, struct thread_metrics *t, const struct attempt *attempt)
{
	uint64_t ns = (uint64_t)(attempt->to_ns - attempt->from_ns);
	struct thread_row *row = &m->rows[rows_of(m, attempt->thread)];

	if (attempt->retries > t->retries_max)
		t->retries_max = attempt->retries;
	if (ns > row->longest_contended_ns) {
		row->longest_contended_ns = ns;
		t->longest_holder = most_blamed(m, attempt);
	}
	return pairs_blame(m, attempt);
}

static int on_attempt(void *data, const struct attempt *attempt)
{
	struct metrics *m = data;
	struct thread_metrics *t = rows_find_thread(m, attempt->thread);
	uint64_t wait_ns = (uint64_t)(attempt->to_ns - attempt->from_ns);
	int r = attempt->busy || attempt->retries ? count_contended(m, t, attempt) : 0;

	keep_longest(&t->attempt, wait_ns, attempt->from_ns);
	if (r || !attempt->whole || !attempt->acquired)
		return r;
	r = histogram_add(t->wait_ns, wait_ns);
	if (r || !attempt->busy)
		return r;
	t->waits_long += wait_ns > rows_find_gil(m, attempt->thread->gil)->long_wait_ns;
	return histogram_add(t->wait_contended_ns, wait_ns);
}

static int on_handover(void *data, const struct handover *handover)
{
	struct metrics *m = data;
	struct gil_row *g = rows_find_gil(m, handover->gil);
	struct pair_metrics *p;
	uint64_t ns = (uint64_t)handover->acquired_ns - (uint64_t)handover->released_ns;
	int r = pairs_find(m, rows_of(m, handover->to), rows_of(m, handover->from), &p);

	if (r)
		return r;
	p->handovers++;
	g->m.switches++;
	count_cpu(handover->cpu_from, handover->cpu_to, &g->m.switches_same_cpu,
		  &g->m.switches_other_cpu);
	if (handover->released_ns == INT64_MIN)
		return 0;
	p->handover_ns += (uint64_t)handover->wanted_ns;
	g->m.dead_ns += (uint64_t)handover->wanted_ns;
	/* Where nobody wanted it for a while, it was not on its way. */
	return (uint64_t)handover->wanted_ns == ns ? histogram_add(g->m.handover_ns, ns) : 0;
}

/* The sums are in the trace's end. */
static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

static int on_end(void *data, const struct trace_end *end)
{
	struct metrics *m = data;
	int r = derived_make(m);

	m->end = *end;
	return r ? r : pairs_make_table(m);
}

/* ---- the whole ------------------------------------------------------------------- */

int metrics_new(struct metrics **out)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return metrics_no_memory();
	m->sink = (struct sink){
		.name = "metrics",
		.data = m,
		.begin = on_begin,
		.gil = on_gil,
		.thread = on_thread,
		.event = on_event,
		.interval = on_interval,
		.attempt = on_attempt,
		.handover = on_handover,
		.retire = on_retire,
		.lost = on_lost,
		.end = on_end,
	};
	*out = m;
	return 0;
}

struct metrics *metrics_free(struct metrics *m)
{
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->n_threads; i++)
		rows_free_histograms(&m->threads[i]);
	for (struct gil_row *g = m->first_gil, *next; g; g = next) {
		next = g->next;
		histogram_free(g->m.handover_ns);
		free(g);
	}
	pairs_free(m);
	for (size_t i = 0; i < m->n_violations; i++)
		free(m->violations[i]);
	table_deinit(&m->gil_table);
	free(m->threads);
	free(m->rows);
	free(m->row_of);
	free(m->gils);
	free(m->path);
	free(m);
	return NULL;
}

struct sink *metrics_sink(struct metrics *m)
{
	return &m->sink;
}

size_t metrics_threads(const struct metrics *m, const struct thread_metrics **out)
{
	*out = m->threads;
	return m->n_threads;
}

size_t metrics_gils(const struct metrics *m, const struct gil_metrics **out)
{
	*out = m->gils;
	return m->n_gils;
}

size_t metrics_pairs(const struct metrics *m, const struct pair_metrics **out)
{
	*out = m->pairs;
	return m->n_pairs;
}

const struct trace_info *metrics_trace(const struct metrics *m)
{
	return &m->trace;
}

const struct trace_end *metrics_end(const struct metrics *m)
{
	return &m->end;
}

size_t metrics_violations(const struct metrics *m, const char *const **out)
{
	*out = (const char *const *)m->violations;
	return m->n_violations;
}
