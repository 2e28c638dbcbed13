/* SPDX-License-Identifier: MIT */
#include "analyzer/findings/detector.h"

#include <errno.h>

#include "base/err.h"

/* In this order: a specific one explains waits before a general one sees them, the healthy one comes last. */
static const struct detector *const detectors[] = {
	&detect_signal_storm, &detect_long_hold, &detect_starvation, &detect_convoy,
	&detect_priority_inversion, &detect_battle, &detect_oversubscription, &detect_contention,
	&detect_no_contention,
};

/* The rows of a table by GIL, and which of them are those of the present one. */
struct sorted {
	struct placed *list;
	size_t n, first, end;
};

struct findings {
	struct finding *list;
	size_t n, size;
	const struct detector *detector; /* that looks now */
	uint32_t gil;                    /* at this one */
	size_t first;                    /* finding of this one */
	struct sorted threads, pairs;
	uint64_t *unexplained;           /* of each pair */
	struct tally tally;
};

int findings_add(struct findings *f, const struct finding *finding)
{
	if (f->n == f->size) {
		size_t size = f->size ? 2 * f->size : 8;
		void *list = reallocarray(f->list, size, sizeof(*f->list));

		if (!list)
			return err(-ENOMEM, "out of memory");
		f->list = list;
		f->size = size;
	}
	f->list[f->n] = *finding;
	f->list[f->n].name = f->detector->name;
	f->list[f->n++].gil = f->gil;
	return 0;
}

uint64_t findings_cost(const struct findings *f)
{
	uint64_t sum_ns = 0;

	for (size_t i = f->first; i < f->n; i++)
		sum_ns += f->list[i].cost_ns;
	return sum_ns;
}

size_t findings_count(const struct findings *f)
{
	return f->n - f->first;
}

uint64_t findings_unexplained(const struct findings *f, size_t pair)
{
	return f->unexplained[pair];
}

void findings_explain(struct findings *f, size_t pair, uint64_t ns)
{
	f->unexplained[pair] -= ns;
}

struct tally *findings_tally(struct findings *f)
{
	return &f->tally;
}

struct rows findings_threads(const struct findings *f)
{
	return (struct rows){ f->threads.list + f->threads.first, f->threads.end - f->threads.first };
}

struct rows findings_pairs(const struct findings *f)
{
	return (struct rows){ f->pairs.list + f->pairs.first, f->pairs.end - f->pairs.first };
}

/* ---- by GIL ------------------------------------------------------------------------ */

static int by_gil(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->gil != y->gil)
		return x->gil < y->gil ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int sort_by_gil(struct sorted *s, const struct results *r, size_t n, bool pairs)
{
	s->list = calloc(n + 1, sizeof(*s->list));
	if (!s->list)
		return err(-ENOMEM, "out of memory");
	for (s->n = 0; s->n < n; s->n++) {
		size_t thread = pairs ? r->pairs[s->n].waiter : s->n;

		s->list[s->n] = (struct placed){ r->threads[thread].info.gil->index, (uint32_t)s->n };
	}
	qsort(s->list, n, sizeof(*s->list), by_gil);
	return 0;
}

/* The GILs come in the order of their indexes. */
static void go_to(struct sorted *s, uint32_t gil)
{
	while (s->end < s->n && s->list[s->end].gil < gil)
		s->end++;
	s->first = s->end;
	while (s->end < s->n && s->list[s->end].gil == gil)
		s->end++;
}

/* ---- the whole --------------------------------------------------------------------- */

static int by_cost(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->cost_ns != y->cost_ns)
		return x->cost_ns < y->cost_ns ? 1 : -1;
	return (x->gil > y->gil) - (x->gil < y->gil);
}

static int prepare(struct findings *f, const struct results *r)
{
	int code;

	f->unexplained = calloc(r->n_pairs + 1, sizeof(*f->unexplained));
	f->tally.waited = calloc(r->n_threads + 1, sizeof(*f->tally.waited));
	f->tally.blocked = calloc(r->n_threads + 1, sizeof(*f->tally.blocked));
	if (!f->unexplained || !f->tally.waited || !f->tally.blocked)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < r->n_pairs; i++)
		f->unexplained[i] = r->pairs[i].wait_ns;
	code = sort_by_gil(&f->threads, r, r->n_threads, false);
	return code ? code : sort_by_gil(&f->pairs, r, r->n_pairs, true);
}

static int look_at(struct findings *f, const struct results *r, const struct gil_metrics *gil)
{
	int code = 0;

	f->gil = gil->info.index;
	f->first = f->n;
	go_to(&f->threads, f->gil);
	go_to(&f->pairs, f->gil);
	for (size_t d = 0; d < sizeof(detectors) / sizeof(detectors[0]) && !code; d++) {
		f->detector = detectors[d];
		code = f->detector->look(f, r, gil);
	}
	return code;
}

int findings_new(struct findings **out, const struct results *results)
{
	cleanup(findings_freep) struct findings *f = calloc(1, sizeof(*f));
	int r = f ? prepare(f, results) : err(-ENOMEM, "out of memory");

	for (size_t g = 0; g < results->n_gils && !r; g++)
		r = look_at(f, results, &results->gils[g]);
	if (r)
		return r;
	if (f->n)
		qsort(f->list, f->n, sizeof(*f->list), by_cost);
	*out = steal(&f);
	return 0;
}

struct findings *findings_free(struct findings *f)
{
	if (!f)
		return NULL;
	free(f->list);
	free(f->threads.list);
	free(f->pairs.list);
	free(f->unexplained);
	free(f->tally.waited);
	free(f->tally.blocked);
	free(f);
	return NULL;
}

size_t findings_list(const struct findings *f, const struct finding **out)
{
	*out = f->list;
	return f->n;
}

const char *findings_name(size_t i)
{
	return i < sizeof(detectors) / sizeof(detectors[0]) ? detectors[i]->name : NULL;
}
