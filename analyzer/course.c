/* SPDX-License-Identifier: MIT */
#include "analyzer/course.h"

#include <errno.h>
#include <math.h>

#include "analyzer/table.h"
#include "base/err.h"
#include "base/numbers.h"

enum { FINEST_NS = 1000 }; /* of the widths chosen: 1, 2, 10, 20, 100, ... us */
#define WIDEST_NS (UINT64_MAX / 8)

/* The buckets of one GIL, as they grow: from the trace's begin to where it was seen last. */
struct line {
	const struct gil_info *info;
	struct bucket *buckets;
	size_t n, size;
	/* The bucket used last: */
	size_t at;
	int64_t from_ns, to_ns;
	/* What was known of the GIL when it was looked at last: */
	int64_t wanted_ns;
	uint32_t waiters;
	struct line *next;
};

struct course {
	struct sink sink;
	uint64_t asked_ns; /* 0: any width */
	uint64_t width_ns;
	unsigned coarser;  /* how often it was widened */
	int64_t begin_ns;
	size_t longest;    /* how many buckets a GIL has, beside one at the very end */

	struct line *first, *last_used;
	struct table table; /* id -> line */
	size_t n_lines;

	struct bucket *buckets; /* at the end */
	size_t n_buckets;
};

static int no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

/* ---- finding the bucket of a time; all GILs have the same width ------------------- */

static void add_bucket(struct bucket *to, const struct bucket *from)
{
	to->acquisitions += from->acquisitions;
	to->acquisitions_contended += from->acquisitions_contended;
	to->busy += from->busy;
	to->retries += from->retries;
	to->failed += from->failed;
	to->releases += from->releases;
	to->releases_requested += from->releases_requested;
	to->checks += from->checks;
	to->switches += from->switches;
	to->held_ns += from->held_ns;
	to->wait_ns += from->wait_ns;
	to->waiting_ns += from->waiting_ns;
	to->wanted_ns += from->wanted_ns;
	to->dead_ns += from->dead_ns;
	if (from->waiters_max > to->waiters_max)
		to->waiters_max = from->waiters_max;
}

/* Each `factor` buckets become one. */
static void merge(struct line *l, size_t factor)
{
	size_t n = (l->n + factor - 1) / factor;

	for (size_t i = 0; i < n; i++) {
		struct bucket sum = { 0 };

		for (size_t k = i * factor; k < l->n && k < (i + 1) * factor; k++)
			add_bucket(&sum, &l->buckets[k]);
		l->buckets[i] = sum;
	}
	l->n = n;
	l->from_ns = l->to_ns = 0;
}

static void widen(struct course *c)
{
	size_t factor = !c->asked_ns && c->coarser % 2 ? 5 : 2;

	for (struct line *l = c->first; l; l = l->next)
		merge(l, factor);
	c->width_ns *= factor;
	c->longest = (c->longest + factor - 1) / factor;
	c->coarser++;
}

/*
 * What is read is bounded, too, when the width asked for was too small: the sentence that
 * says which one would do has to wait for the trace's end.
 */
static void fit(struct course *c)
{
	while (c->longest > 1 && ((!c->asked_ns && c->longest > COURSE_BUCKETS) ||
				  c->longest > COURSE_LIMIT / c->n_lines))
		widen(c);
}

static size_t place_of(const struct course *c, int64_t ts_ns)
{
	return ts_ns > c->begin_ns ? (uint64_t)(ts_ns - c->begin_ns) / c->width_ns : 0;
}

static int reserve(struct line *l, size_t n)
{
	size_t size = l->size ? l->size : 16;
	void *buckets;

	while (size < n)
		size *= 2;
	if (size > l->size) {
		buckets = reallocarray(l->buckets, size, sizeof(*l->buckets));
		if (!buckets)
			return no_memory();
		l->buckets = buckets;
		l->size = size;
	}
	for (; l->n < n; l->n++)
		l->buckets[l->n] = (struct bucket){ 0 };
	return 0;
}

/* The last one may go on beyond the end of time. */
static int64_t begin_of_next(const struct course *c, int64_t from_ns)
{
	int64_t next_ns;

	return __builtin_add_overflow(from_ns, (int64_t)c->width_ns, &next_ns) ? INT64_MAX : next_ns;
}

static int find(struct course *c, struct line *l, int64_t ts_ns)
{
	size_t place = place_of(c, ts_ns);
	int r;

	if (place > c->longest) {
		c->longest = place;
		fit(c);
		place = place_of(c, ts_ns);
	}
	r = place < l->n ? 0 : reserve(l, place + 1);
	l->at = place;
	l->from_ns = c->begin_ns + (int64_t)(place * c->width_ns);
	l->to_ns = begin_of_next(c, l->from_ns);
	return r;
}

/* Makes l->buckets[l->at] that of the time. */
static inline int go_to(struct course *c, struct line *l, int64_t ts_ns)
{
	return ts_ns >= l->from_ns && ts_ns < l->to_ns ? 0 : find(c, l, ts_ns);
}

/* ---- what lasts is split at the edges ---------------------------------------------- */

static void add_time(struct bucket *b, enum thread_state state, uint64_t ns)
{
	if (state == STATE_HOLDING) {
		b->held_ns += ns;
		return;
	}
	b->wait_ns += ns;
	b->waiting_ns += state == STATE_WAITING ? ns : 0;
}

/* From the end to the begin: the end may widen the buckets. */
static int add_stay(struct course *c, struct line *l, const struct interval *i)
{
	int64_t begin_ns = i->from_ns > c->begin_ns ? i->from_ns : c->begin_ns;

	for (int64_t to_ns = i->to_ns, from_ns; to_ns > begin_ns; to_ns = from_ns) {
		int r = go_to(c, l, to_ns - 1);

		if (r)
			return r;
		from_ns = begin_ns > l->from_ns ? begin_ns : l->from_ns;
		add_time(&l->buckets[l->at], i->state, (uint64_t)(to_ns - from_ns));
	}
	return 0;
}

static void note_waiters(struct line *l, uint32_t waiters)
{
	struct bucket *b = &l->buckets[l->at];

	if (waiters > b->waiters_max)
		b->waiters_max = waiters;
}

/* For `ns` up to to_ns somebody waited. */
static int add_wanted(struct course *c, struct line *l, int64_t ns, int64_t to_ns)
{
	while (ns > 0 && to_ns > c->begin_ns) {
		int r = go_to(c, l, to_ns - 1);
		int64_t part_ns = to_ns - l->from_ns < ns ? to_ns - l->from_ns : ns;

		if (r)
			return r;
		l->buckets[l->at].wanted_ns += (uint64_t)part_ns;
		note_waiters(l, l->waiters);
		to_ns -= part_ns;
		ns -= part_ns;
	}
	return 0;
}

/*
 * What the model has summed up since the last look. The number of waiters changes only
 * when we are told something: between two looks they all waited, or nobody did.
 */
static int look(struct course *c, struct line *l)
{
	const struct gil_info *info = l->info;
	int r = 0;

	if (info->wanted_ns > l->wanted_ns)
		r = add_wanted(c, l, info->wanted_ns - l->wanted_ns, info->at_ns);
	l->wanted_ns = info->wanted_ns;
	if (!r && info->waiters > l->waiters) {
		r = go_to(c, l, info->at_ns);
		if (!r)
			note_waiters(l, info->waiters);
	}
	l->waiters = info->waiters;
	return r;
}

/* ---- the sink ------------------------------------------------------------------------ */

static struct line *line_of(struct course *c, const struct gil_info *info)
{
	if (!c->last_used || c->last_used->info != info)
		c->last_used = table_get(&c->table, info->id);
	return c->last_used;
}

static int on_begin(void *data, const struct trace_info *trace)
{
	((struct course *)data)->begin_ns = trace->begin_ns;
	return 0;
}

static int add_line(struct course *c, const struct gil_info *info)
{
	struct line *l = calloc(1, sizeof(*l));
	int r = l ? table_put(&c->table, info->id, l) : no_memory();

	if (r) {
		free(l);
		return r;
	}
	l->info = info;
	l->next = c->first;
	c->first = l;
	c->n_lines++;
	fit(c);
	r = go_to(c, l, info->at_ns);
	/* Who waits by now did so since the begin of the time asked for. */
	if (!r)
		note_waiters(l, info->waiters);
	l->waiters = info->waiters;
	return r;
}

static int on_gil(void *data, const struct gil_info *info)
{
	struct line *l = line_of(data, info);
	int r = l ? 0 : add_line(data, info);

	return r ? r : look(data, line_of(data, info));
}

/* It may wait already, and be one of those asked for from now on. */
static int on_thread(void *data, const struct thread_info *info)
{
	return look(data, line_of(data, info->gil));
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct line *l = line_of(data, step->gil);
	int r = look(data, l);
	struct bucket *b;

	if (!r)
		r = go_to(data, l, event->ts_ns);
	if (r)
		return r;
	b = &l->buckets[l->at];
	b->busy += event->kind == GIL_BUSY;
	b->retries += event->kind == GIL_RETRY;
	b->failed += event->kind == GIL_BUSY || event->kind == GIL_RETRY;
	if (event->kind == GIL_ACQUIRE) {
		b->acquisitions++;
		b->acquisitions_contended += step->before == STATE_WAITING;
	}
	if (event->kind == GIL_RELEASE) {
		b->releases++;
		b->releases_requested += event->drop_requested;
	}
	return 0;
}

static int on_interval(void *data, const struct interval *interval)
{
	struct line *l = line_of(data, interval->thread->gil);
	int r = look(data, l);

	if (r || interval->state < STATE_ENTERING || interval->state > STATE_HOLDING)
		return r;
	r = add_stay(data, l, interval);
	if (r || !interval->checks)
		return r;
	r = go_to(data, l, interval->to_ns);
	if (!r)
		l->buckets[l->at].checks += interval->checks;
	return r;
}

static int on_handover(void *data, const struct handover *handover)
{
	struct line *l = line_of(data, handover->gil);
	int r = go_to(data, l, handover->acquired_ns);

	if (r)
		return r;
	l->buckets[l->at].switches++;
	l->buckets[l->at].dead_ns += (uint64_t)handover->wanted_ns;
	return 0;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

/* ---- the end ---------------------------------------------------------------------------- */

/* An event at the last edge is still in the last bucket. */
static uint64_t buckets_of(uint64_t span_ns, uint64_t width_ns)
{
	uint64_t n = span_ns / width_ns + (span_ns % width_ns > 0);

	return n ? n : 1;
}

static bool exceeds(const struct course *c, uint64_t span_ns, uint64_t width_ns)
{
	uint64_t n = buckets_of(span_ns, width_ns);

	return n > 1 && n > COURSE_LIMIT / c->n_lines;
}

static int too_many(const struct course *c, uint64_t span_ns)
{
	const uint64_t digits[] = { 1, 2, 5 };
	uint64_t power = 1, width_ns = 1;

	for (size_t i = 0; exceeds(c, span_ns, width_ns); i++) {
		power *= i && i % 3 == 0 ? 10 : 1;
		width_ns = digits[i % 3] * power;
	}
	return err(-ERANGE, "buckets of %s are too many: %s, of at most %s; buckets of %s would do",
		   DURATION(c->asked_ns), COUNT(c->n_lines * buckets_of(span_ns, c->asked_ns)),
		   COUNT(COURSE_LIMIT), DURATION(width_ns));
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

static void finish(struct bucket *b)
{
	uint64_t ns = (uint64_t)(b->to_ns - b->from_ns);

	b->utilisation = ratio(b->held_ns, ns);
	b->contention = ratio(b->wanted_ns, ns);
	b->badness = ratio(b->failed, b->checks);
	b->demand = ratio(b->wait_ns + b->held_ns, ns);
}

/* The row of a GIL, filled up to the trace's end. */
static void lay_out(const struct course *c, const struct line *l, struct bucket *row, size_t n, int64_t end_ns)
{
	for (size_t i = 0; i < l->n; i++)
		add_bucket(&row[i < n ? i : n - 1], &l->buckets[i]);
	for (size_t i = 0; i < n; i++) {
		row[i].gil = l->info->index;
		row[i].from_ns = c->begin_ns + (int64_t)(i * c->width_ns);
		row[i].to_ns = i + 1 < n ? begin_of_next(c, row[i].from_ns) : end_ns;
		finish(&row[i]);
	}
}

static int by_gil(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	if (x->gil != y->gil)
		return x->gil < y->gil ? -1 : 1;
	return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

static int on_end(void *data, const struct trace_end *end)
{
	struct course *c = data;
	uint64_t span_ns = end->end_ns > c->begin_ns ? (uint64_t)(end->end_ns - c->begin_ns) : 0;
	size_t n;

	if (!c->n_lines)
		return 0;
	for (struct line *l = c->first; l; l = l->next) {
		int r = look(c, l);
		if (r)
			return r;
	}
	if (c->asked_ns && exceeds(c, span_ns, c->asked_ns))
		return too_many(c, span_ns);
	/* The trace may go on where no GIL is seen. */
	c->longest = buckets_of(span_ns, c->width_ns);
	fit(c);
	n = buckets_of(span_ns, c->width_ns);
	c->buckets = calloc(c->n_lines * n, sizeof(*c->buckets));
	if (!c->buckets)
		return no_memory();
	for (struct line *l = c->first; l; l = l->next) {
		lay_out(c, l, &c->buckets[c->n_buckets], n, end->end_ns);
		c->n_buckets += n;
		free(steal(&l->buckets));
	}
	qsort(c->buckets, c->n_buckets, sizeof(*c->buckets), by_gil);
	return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

int course_new(struct course **out, uint64_t width_ns)
{
	struct course *c = calloc(1, sizeof(*c));

	if (!c)
		return no_memory();
	c->asked_ns = width_ns < WIDEST_NS ? width_ns : WIDEST_NS;
	c->width_ns = width_ns ? c->asked_ns : FINEST_NS;
	c->sink = (struct sink){
		.name = "course",
		.data = c,
		.begin = on_begin,
		.gil = on_gil,
		.thread = on_thread,
		.event = on_event,
		.interval = on_interval,
		.handover = on_handover,
		.lost = on_lost,
		.end = on_end,
	};
	*out = c;
	return 0;
}

struct course *course_free(struct course *c)
{
	if (!c)
		return NULL;
	for (struct line *l = c->first, *next; l; l = next) {
		next = l->next;
		free(l->buckets);
		free(l);
	}
	table_deinit(&c->table);
	free(c->buckets);
	free(c);
	return NULL;
}

struct sink *course_sink(struct course *c)
{
	return &c->sink;
}

size_t course_buckets(const struct course *c, const struct bucket **out)
{
	*out = c->buckets;
	return c->n_buckets;
}
