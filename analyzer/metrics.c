/* SPDX-License-Identifier: MIT */
#include "analyzer/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "analyzer/table.h"
#include "base/err.h"

enum {
	THREADS_LIMIT = 4096, /* then the ended ones fold into "others" */
	PAIRS_LIMIT = 32768,  /* then new holders fold into PAIR_OTHERS */
	VIOLATIONS_SHOWN = 10,
};

#define NO_ROW UINT32_MAX

struct gil_row {
	struct gil_metrics m;
	const struct gil_info *info;
	uint32_t others; /* row of its folded threads, or NO_ROW */
	struct gil_row *next;
};

struct pair {
	struct pair_metrics m;
	struct pair *next;
};

struct metrics {
	struct sink sink;
	struct trace_info trace;
	struct trace_end end;
	char *path;

	struct thread_metrics *threads;
	const struct thread_info **infos; /* of each row; NULL: the row of others */
	size_t n_threads, size;
	size_t fold_at;
	uint32_t *row_of; /* thread index -> row */
	size_t n_row_of;

	struct gil_row *first_gil, *last_used_gil;
	struct table gil_table; /* id -> row */
	size_t n_gils;
	struct gil_metrics *gils; /* at the end */

	struct table pair_table;
	struct pair *first_pair;
	size_t n_pairs;
	struct pair_metrics *pairs; /* at the end */

	char *violations[VIOLATIONS_SHOWN];
	size_t n_violations;
};

static int no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

/* ---- rows ------------------------------------------------------------------ */

static void free_histograms(struct thread_metrics *t)
{
	t->wait_ns = histogram_free(t->wait_ns);
	t->wait_contended_ns = histogram_free(t->wait_contended_ns);
	t->hold_ns = histogram_free(t->hold_ns);
}

static int add_row(struct metrics *m, const struct thread_info *info, uint32_t *out)
{
	struct thread_metrics t = { .folded = !info };
	int r;

	if (m->n_threads == m->size) {
		size_t size = m->size ? 2 * m->size : 16;
		void *threads = reallocarray(m->threads, size, sizeof(*m->threads));
		void *infos = threads ? reallocarray(m->infos, size, sizeof(*m->infos)) : NULL;

		m->threads = threads ? threads : m->threads;
		m->infos = infos ? infos : m->infos;
		if (!infos)
			return no_memory();
		m->size = size;
	}
	r = histogram_new(&t.wait_ns);
	if (!r)
		r = histogram_new(&t.wait_contended_ns);
	if (!r)
		r = histogram_new(&t.hold_ns);
	if (r) {
		free_histograms(&t);
		return r;
	}
	*out = (uint32_t)m->n_threads;
	m->threads[m->n_threads] = t;
	m->infos[m->n_threads++] = info;
	return 0;
}

static struct gil_row *find_gil(struct metrics *m, const struct gil_info *info)
{
	struct gil_row *g = m->last_used_gil;

	if (g && g->info == info)
		return g;
	g = table_get(&m->gil_table, info->id);
	m->last_used_gil = g;
	return g;
}

static struct thread_metrics *find_thread(struct metrics *m, const struct thread_info *info)
{
	return &m->threads[m->row_of[info->index]];
}

/* ---- pairs ----------------------------------------------------------------- */

static int find_pair(struct metrics *m, uint32_t waiter, uint32_t holder, struct pair_metrics **out)
{
	uint64_t key = (uint64_t)waiter << 32 | holder;
	struct pair *p = table_get(&m->pair_table, key);
	int r;

	if (!p && m->n_pairs >= PAIRS_LIMIT && holder < PAIR_OTHERS)
		return find_pair(m, waiter, PAIR_OTHERS, out);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return no_memory();
		r = table_put(&m->pair_table, key, p);
		if (r) {
			free(p);
			return r;
		}
		p->m = (struct pair_metrics){ .waiter = waiter, .holder = holder };
		p->next = m->first_pair;
		m->first_pair = p;
		m->n_pairs++;
	}
	*out = &p->m;
	return 0;
}

static int add_pair(struct metrics *m, const struct pair_metrics *more)
{
	struct pair_metrics *p;
	int r = find_pair(m, more->waiter, more->holder, &p);

	if (r)
		return r;
	p->wait_ns += more->wait_ns;
	p->max_ns = more->max_ns > p->max_ns ? more->max_ns : p->max_ns;
	p->waits += more->waits;
	p->failed += more->failed;
	return 0;
}

/* ---- folding: ended threads become "others" ----------------------------------- */

static int fold_into(struct thread_metrics *o, const struct thread_metrics *t,
		     const struct thread_info *info)
{
	int r = histogram_merge(o->wait_ns, t->wait_ns);

	if (!r)
		r = histogram_merge(o->wait_contended_ns, t->wait_contended_ns);
	if (!r)
		r = histogram_merge(o->hold_ns, t->hold_ns);
	if (!o->life_ns || info->first_ns < o->info.first_ns)
		o->info.first_ns = info->first_ns;
	if (info->last_ns > o->info.last_ns)
		o->info.last_ns = info->last_ns;
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
	o->life_ns += (uint64_t)(info->last_ns - info->first_ns);
	for (int i = 0; i < GIL_LEAVE_REASONS; i++)
		o->left[i] += t->left[i];
	for (int i = 0; i < THREAD_STATES; i++)
		o->state_ns[i] += t->state_ns[i];
	return r;
}

static int others_of(struct metrics *m, struct gil_row *g)
{
	struct thread_metrics *o;
	int r;

	if (g->others != NO_ROW)
		return 0;
	r = add_row(m, NULL, &g->others);
	if (r)
		return r;
	o = &m->threads[g->others];
	o->info = (struct thread_info){ .gil = g->info, .pid = g->info->pid, .named = true,
					.selected = true, .state = STATE_ENDED };
	snprintf(o->info.name, sizeof(o->info.name), "others");
	return 0;
}

static bool is_ended(const struct metrics *m, size_t row)
{
	return m->infos[row] && m->infos[row]->state == STATE_ENDED;
}

/* Adds the ended rows to the others of their GIL. @place gets each row's new place. */
static int fold_rows(struct metrics *m, uint32_t *place)
{
	uint32_t kept = 0;

	for (size_t i = 0; i < m->n_threads; i++)
		if (!is_ended(m, i))
			place[i] = kept++;
	for (size_t i = 0; i < m->n_threads; i++)
		if (is_ended(m, i)) {
			uint32_t others = find_gil(m, m->infos[i]->gil)->others;
			int r = fold_into(&m->threads[others], &m->threads[i], m->infos[i]);
			if (r)
				return r;
			place[i] = place[others];
		}
	return 0;
}

static void close_up(struct metrics *m, const uint32_t *place)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_threads; i++) {
		if (is_ended(m, i)) {
			free_histograms(&m->threads[i]);
			continue;
		}
		m->threads[kept] = m->threads[i];
		m->infos[kept++] = m->infos[i];
	}
	m->n_threads = kept;
	for (size_t i = 0; i < m->n_row_of; i++)
		if (m->row_of[i] != NO_ROW)
			m->row_of[i] = place[m->row_of[i]];
	for (struct gil_row *g = m->first_gil; g; g = g->next)
		if (g->others != NO_ROW)
			g->others = place[g->others];
}

static int remap_pairs(struct metrics *m, const uint32_t *place)
{
	struct pair *old = m->first_pair;
	int r = 0;

	table_deinit(&m->pair_table);
	m->first_pair = NULL;
	m->n_pairs = 0;
	for (struct pair *next; old; old = next) {
		next = old->next;
		old->m.waiter = place[old->m.waiter];
		if (old->m.holder < PAIR_OTHERS)
			old->m.holder = place[old->m.holder];
		if (!r)
			r = add_pair(m, &old->m);
		free(old);
	}
	return r;
}

static int fold_ended(struct metrics *m)
{
	cleanup(freep) uint32_t *place = NULL;
	size_t n = m->n_threads;
	int r = 0;

	for (size_t i = 0; i < n && !r; i++)
		if (is_ended(m, i))
			r = others_of(m, find_gil(m, m->infos[i]->gil));
	if (r)
		return r;
	place = calloc(m->n_threads + 1, sizeof(*place));
	if (!place)
		return no_memory();
	r = fold_rows(m, place);
	if (r)
		return r;
	close_up(m, place);
	/* When most of them live on, there is no point in trying again at once. */
	m->fold_at = 2 * m->n_threads > THREADS_LIMIT ? 2 * m->n_threads : THREADS_LIMIT;
	return remap_pairs(m, place);
}

/* ---- the sink ---------------------------------------------------------------- */

static int on_begin(void *data, const struct trace_info *trace)
{
	struct metrics *m = data;

	m->trace = *trace;
	m->path = strdup(trace->path);
	m->trace.path = m->path;
	return m->path ? 0 : no_memory();
}

static int on_gil(void *data, const struct gil_info *info)
{
	struct metrics *m = data;
	struct gil_row *g;
	int r;

	if (find_gil(m, info))
		return 0;
	g = calloc(1, sizeof(*g));
	if (!g)
		return no_memory();
	r = table_put(&m->gil_table, info->id, g);
	if (r) {
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

static int on_thread(void *data, const struct thread_info *info)
{
	struct metrics *m = data;

	if (info->index >= m->n_row_of) {
		size_t n = 2 * (size_t)info->index + 16;
		uint32_t *row_of = reallocarray(m->row_of, n, sizeof(*row_of));

		if (!row_of)
			return no_memory();
		m->row_of = row_of;
		for (size_t i = m->n_row_of; i < n; i++)
			row_of[i] = NO_ROW;
		m->n_row_of = n;
	}
	if (m->row_of[info->index] != NO_ROW)
		return 0;
	if (m->n_threads >= m->fold_at) {
		int r = fold_ended(m);
		if (r)
			return r;
	}
	return add_row(m, info, &m->row_of[info->index]);
}

static int note_violation(struct metrics *m, const struct gil_event *event, const struct step *step)
{
	int64_t at_ns = event->ts_ns - m->trace.origin_ns;
	int r;

	if (m->n_violations == VIOLATIONS_SHOWN)
		return 0;
	r = asprintf(&m->violations[m->n_violations], "%s: %s, at +%" PRId64 ".%09" PRId64 " s",
		     step->thread->name, step->violation, at_ns / 1000000000, at_ns % 1000000000);
	if (r < 0)
		return no_memory();
	m->n_violations++;
	return 0;
}

static void count_acquire(struct gil_row *g, struct thread_metrics *t, const struct step *step)
{
	t->acquisitions++;
	t->acquisitions_contended += step->before == STATE_WAITING;
	t->switches_in += step->switched_from != NULL;
	g->m.acquisitions++;
}

/* Where one of the two is unknown, it is neither. */
static void count_cpu(int32_t a, int32_t b, uint64_t *same, uint64_t *other)
{
	bool known = a >= 0 && b >= 0;

	*same += known && a == b;
	*other += known && a != b;
}

static int count_failed(struct metrics *m, struct gil_row *g, const struct gil_event *event,
			const struct step *step)
{
	struct thread_metrics *t = find_thread(m, step->thread);
	struct pair_metrics *p;
	uint32_t holder = step->holder ? m->row_of[step->holder->index] : PAIR_NOBODY;
	int r = find_pair(m, m->row_of[step->thread->index], holder, &p);

	if (r)
		return r;
	p->failed++;
	g->m.failed++;
	count_cpu(step->holder_cpu, event->cpu, &t->failed_same_cpu, &t->failed_other_cpu);
	count_cpu(step->holder_cpu, event->cpu, &g->m.failed_same_cpu, &g->m.failed_other_cpu);
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

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct metrics *m = data;
	struct gil_row *g = find_gil(m, step->gil);
	struct thread_metrics *t = step->thread ? find_thread(m, step->thread) : NULL;

	if (!g->m.first_ns)
		g->m.first_ns = event->ts_ns;
	g->m.last_ns = event->ts_ns;
	switch (event->kind) {
	case GIL_ENTRY:
		t->entries++;
		break;
	case GIL_BUSY:
		t->busy++;
		break;
	case GIL_RETRY:
		t->retries++;
		t->retries_timed_out += event->timed_out;
		break;
	case GIL_ACQUIRE:
		count_acquire(g, t, step);
		break;
	case GIL_RELEASE:
		t->releases++;
		t->releases_requested += event->drop_requested;
		break;
	case GIL_LEAVE:
		count_leave(t, event->reason, step->before);
		break;
	default:
		break;
	}
	if (step->violation) {
		int r = note_violation(m, event, step);
		if (r)
			return r;
	}
	return event->kind == GIL_BUSY || event->kind == GIL_RETRY ?
		       count_failed(m, g, event, step) : 0;
}

/* A stay may begin or end where no event is: at the ends of the time asked for. */
static void widen(struct gil_metrics *g, const struct interval *interval)
{
	if (!g->first_ns || interval->from_ns < g->first_ns)
		g->first_ns = interval->from_ns;
	if (interval->to_ns > g->last_ns)
		g->last_ns = interval->to_ns;
}

static int on_interval(void *data, const struct interval *interval)
{
	struct metrics *m = data;
	struct thread_metrics *t = find_thread(m, interval->thread);
	struct gil_row *g = find_gil(m, interval->thread->gil);
	uint64_t ns = (uint64_t)(interval->to_ns - interval->from_ns);

	t->state_ns[interval->state] += ns;
	widen(&g->m, interval);
	if (interval->state != STATE_HOLDING)
		return 0;
	t->checks += interval->checks;
	t->ticks += interval->ticks;
	g->m.checks += interval->checks;
	g->m.ticks += interval->ticks;
	g->m.held_ns += ns;
	return interval->whole ? histogram_add(t->hold_ns, ns) : 0;
}

/* Who found the GIL free waited for nobody: the pairs are about the others. */
static int blame_pairs(struct metrics *m, const struct attempt *attempt)
{
	for (uint32_t i = 0; i < attempt->n_blames; i++) {
		const struct blame *b = &attempt->blames[i];
		struct pair_metrics share = {
			.waiter = m->row_of[attempt->thread->index],
			.holder = b->holder ? m->row_of[b->holder->index] : PAIR_NOBODY,
			.wait_ns = (uint64_t)b->ns,
			.max_ns = (uint64_t)b->ns,
			.waits = 1,
		};
		int r = add_pair(m, &share);
		if (r)
			return r;
	}
	return 0;
}

static int on_attempt(void *data, const struct attempt *attempt)
{
	struct metrics *m = data;
	struct thread_metrics *t = find_thread(m, attempt->thread);
	uint64_t wait_ns = (uint64_t)(attempt->to_ns - attempt->from_ns);
	int r = attempt->busy || attempt->retries ? blame_pairs(m, attempt) : 0;

	if (r || !attempt->whole || !attempt->acquired)
		return r;
	r = histogram_add(t->wait_ns, wait_ns);
	return r || !attempt->busy ? r : histogram_add(t->wait_contended_ns, wait_ns);
}

static int on_handover(void *data, const struct handover *handover)
{
	struct gil_row *g = find_gil(data, handover->gil);

	g->m.switches++;
	count_cpu(handover->cpu_from, handover->cpu_to, &g->m.switches_same_cpu,
		  &g->m.switches_other_cpu);
	g->m.dead_ns += (uint64_t)handover->wanted_ns;
	return 0;
}

/* The sums are in the trace's end. */
static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

/* ---- the tables ---------------------------------------------------------------- */

static int by_index(const void *a, const void *b)
{
	const struct gil_metrics *x = a, *y = b;

	return (x->info.index > y->info.index) - (x->info.index < y->info.index);
}

static int by_wait(const void *a, const void *b)
{
	const struct pair_metrics *x = a, *y = b;

	if (x->wait_ns != y->wait_ns)
		return x->wait_ns < y->wait_ns ? 1 : -1;
	if (x->failed != y->failed)
		return x->failed < y->failed ? 1 : -1;
	if (x->waiter != y->waiter)
		return x->waiter < y->waiter ? -1 : 1;
	return (x->holder > y->holder) - (x->holder < y->holder);
}

static int make_gil_table(struct metrics *m)
{
	size_t n = 0;

	m->gils = calloc(m->n_gils + 1, sizeof(*m->gils));
	if (!m->gils)
		return no_memory();
	for (struct gil_row *g = m->first_gil; g; g = g->next) {
		g->m.info = *g->info;
		g->m.wanted_ns = (uint64_t)g->info->wanted_ns;
		m->gils[n++] = g->m;
	}
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

static void finish_threads(struct metrics *m)
{
	for (size_t i = 0; i < m->n_threads; i++) {
		struct thread_metrics *t = &m->threads[i];

		if (!t->folded) {
			t->info = *m->infos[i];
			if (t->info.selected)
				t->life_ns = (uint64_t)(t->info.last_ns - t->info.first_ns);
		}
		t->failed = t->busy + t->retries;
		t->info.gil = copy_of(m, t->info.gil);
		t->still_holding = t->info.state == STATE_HOLDING;
		t->still_waiting = t->info.state == STATE_ENTERING ||
				   t->info.state == STATE_WAITING;
	}
}

static int make_pair_table(struct metrics *m)
{
	size_t n = 0;

	m->pairs = calloc(m->n_pairs + 1, sizeof(*m->pairs));
	if (!m->pairs)
		return no_memory();
	for (struct pair *p = m->first_pair; p; p = p->next)
		m->pairs[n++] = p->m;
	qsort(m->pairs, n, sizeof(*m->pairs), by_wait);
	return 0;
}

static int on_end(void *data, const struct trace_end *end)
{
	struct metrics *m = data;
	int r = make_gil_table(m);

	m->end = *end;
	if (!r)
		r = make_pair_table(m);
	if (!r)
		finish_threads(m);
	return r;
}

int metrics_new(struct metrics **out)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return no_memory();
	m->fold_at = THREADS_LIMIT;
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
		free_histograms(&m->threads[i]);
	for (struct gil_row *g = m->first_gil, *next; g; g = next) {
		next = g->next;
		free(g);
	}
	for (struct pair *p = m->first_pair, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	for (size_t i = 0; i < m->n_violations; i++)
		free(m->violations[i]);
	table_deinit(&m->gil_table);
	table_deinit(&m->pair_table);
	free(m->threads);
	free(m->infos);
	free(m->row_of);
	free(m->gils);
	free(m->pairs);
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
