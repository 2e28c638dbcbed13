/* SPDX-License-Identifier: MIT */
#include "viz/svg/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "viz/array.h"

enum { FINEST_NS = 16 };

static uint64_t since_begin(const struct svg_record *s, int64_t ts_ns)
{
	return ts_ns > s->begin_ns ? (uint64_t)(ts_ns - s->begin_ns) : 0;
}

/* ---- strips ---------------------------------------------------------------------------- */

static void add(struct svg_bucket *to, const struct svg_bucket *from, double share)
{
	to->held_ns += from->held_ns * share;
	to->waited_ns += from->waited_ns * share;
	to->ticks += from->ticks * share;
}

static void halve(struct svg_strip *s)
{
	size_t n = (s->n + 1) / 2;

	for (size_t i = 0; i < n; i++) {
		struct svg_bucket sum = s->buckets[2 * i];

		if (2 * i + 1 < s->n) {
			add(&sum, &s->buckets[2 * i + 1], 1);
			sum.failed += s->buckets[2 * i + 1].failed;
			sum.checks += s->buckets[2 * i + 1].checks;
		}
		s->buckets[i] = sum;
	}
	for (size_t i = n; i < s->n; i++)
		s->buckets[i] = (struct svg_bucket){ 0 };
	s->n = n;
}

/* Sees to it that the time has a bucket. */
static void stretch(struct svg_record *s, uint64_t at_ns)
{
	while (at_ns / s->width_ns >= SVG_BUCKETS) {
		s->width_ns *= 2;
		for (size_t i = 0; i < s->n_threads; i++)
			halve(&s->threads[i]);
		for (size_t i = 0; i < SVG_MOST_GILS; i++)
			halve(&s->gils[i]);
	}
}

static struct svg_bucket *bucket_of(struct svg_record *s, struct svg_strip *strip, uint64_t at_ns)
{
	size_t index;

	stretch(s, at_ns);
	index = (size_t)(at_ns / s->width_ns);
	if (array_reach(&strip->buckets, &strip->room, index, sizeof(*strip->buckets)))
		return NULL;
	if (index >= strip->n)
		strip->n = index + 1;
	return &strip->buckets[index];
}

static int add_stay(struct svg_record *s, struct svg_strip *strip, const struct svg_stay *stay, double ticks)
{
	uint64_t length_ns = stay->to_ns - stay->from_ns;
	bool holding = stay->state == STATE_HOLDING;

	/* From now on the width stays as it is. */
	stretch(s, stay->to_ns);
	for (uint64_t at_ns = stay->from_ns, to_ns; at_ns < stay->to_ns; at_ns = to_ns) {
		struct svg_bucket *b = bucket_of(s, strip, at_ns);

		if (!b)
			return -ENOMEM;
		to_ns = (at_ns / s->width_ns + 1) * s->width_ns;
		if (to_ns > stay->to_ns)
			to_ns = stay->to_ns;
		*(holding ? &b->held_ns : &b->waited_ns) += (double)(to_ns - at_ns);
		b->ticks += ticks * (double)(to_ns - at_ns) / (double)length_ns;
	}
	return 0;
}

/* The last bucket ends where the range does. */
struct svg_bucket svg_strip_sum(const struct svg_record *s, const struct svg_strip *strip, double from_ns, double to_ns)
{
	struct svg_bucket sum = { 0 };
	double width = (double)s->width_ns;

	for (size_t i = (size_t)(from_ns / width); i < strip->n && (double)i * width < to_ns; i++) {
		double begin = (double)i * width, end = fmin(begin + width, (double)s->end_ns);
		double part = fmin(to_ns, end) - fmax(from_ns, begin);

		if (end > begin && part > 0)
			add(&sum, &strip->buckets[i], part / (end - begin));
		if (begin >= from_ns) {
			sum.failed += strip->buckets[i].failed;
			sum.checks += strip->buckets[i].checks;
		}
	}
	return sum;
}

/* ---- whose ------------------------------------------------------------------------------- */

/* *out is NULL for a thread that has none. */
static int find_thread(struct svg_record *s, const struct thread_info *thread, struct svg_strip **out)
{
	int r = array_reach(&s->strip_of, &s->n_strip_of, thread->index, sizeof(*s->strip_of));

	*out = NULL;
	if (r || !thread->selected)
		return r;
	if (!s->strip_of[thread->index] && s->n_threads < SVG_MOST_STRIPS)
		s->strip_of[thread->index] = (uint32_t)++s->n_threads;
	if (s->strip_of[thread->index])
		*out = &s->threads[s->strip_of[thread->index] - 1];
	return 0;
}

static struct svg_strip *find_gil(struct svg_record *s, const struct gil_info *gil)
{
	return gil->index < SVG_MOST_GILS ? &s->gils[gil->index] : NULL;
}

const struct svg_strip *svg_record_thread(const struct svg_record *s, uint32_t thread)
{
	if (thread >= s->n_strip_of || !s->strip_of[thread])
		return NULL;
	return &s->threads[s->strip_of[thread] - 1];
}

/* ---- one by one, while they are few ------------------------------------------------------- */

static int keep(struct svg_record *s, const struct svg_stay *stay)
{
	if (s->n_stays >= SVG_MOST_STAYS) {
		free(s->stays);
		s->stays = NULL;
		s->n_stays = SVG_MOST_STAYS + 1;
		return 0;
	}
	if (!s->stays) {
		s->stays = calloc(SVG_MOST_STAYS, sizeof(*s->stays));
		if (!s->stays)
			return err(-ENOMEM, "out of memory");
	}
	s->stays[s->n_stays++] = *stay;
	return 0;
}

/* ---- the sink ------------------------------------------------------------------------------ */

static int on_begin(void *data, const struct trace_info *trace)
{
	((struct svg_record *)data)->begin_ns = trace->begin_ns;
	return 0;
}

static int on_interval(void *data, const struct interval *v)
{
	struct svg_record *s = data;
	struct svg_stay stay = {
		.thread = v->thread->index, .state = v->state,
		.from_ns = since_begin(s, v->from_ns), .to_ns = since_begin(s, v->to_ns),
	};
	struct svg_strip *thread, *gil = find_gil(s, v->thread->gil);
	struct svg_bucket *b;
	int r;

	if (v->state < STATE_ENTERING || v->state > STATE_HOLDING || !v->thread->selected)
		return 0;
	r = find_thread(s, v->thread, &thread);
	if (!r)
		r = keep(s, &stay);
	if (!r && thread)
		r = add_stay(s, thread, &stay, 0);
	if (!r && gil && v->state != STATE_ENTERING)
		r = add_stay(s, gil, &stay, (double)v->ticks);
	if (r || !gil || !v->checks)
		return r;
	b = bucket_of(s, gil, stay.to_ns);
	if (!b)
		return -ENOMEM;
	b->checks += (uint32_t)v->checks;
	return 0;
}

static int on_failed(struct svg_record *s, struct svg_strip *strip, uint64_t at_ns)
{
	struct svg_bucket *b = strip ? bucket_of(s, strip, at_ns) : NULL;

	if (b)
		b->failed++;
	return strip && !b ? -ENOMEM : 0;
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct svg_record *s = data;
	struct svg_strip *thread;
	struct svg_stay mark = { .state = STATE_UNKNOWN, .from_ns = since_begin(s, event->ts_ns) };
	int r;

	if ((event->kind != GIL_BUSY && event->kind != GIL_RETRY) || !step->thread || !step->thread->selected)
		return 0;
	mark.to_ns = mark.from_ns;
	mark.thread = step->thread->index;
	r = find_thread(s, step->thread, &thread);
	if (!r)
		r = keep(s, &mark);
	if (!r)
		r = on_failed(s, thread, mark.from_ns);
	return r ? r : on_failed(s, find_gil(s, step->gil), mark.from_ns);
}

/* Beyond the limit the last one grows. */
static int on_lost(void *data, const struct gil_loss *loss)
{
	struct svg_record *s = data;
	struct svg_span span = { since_begin(s, loss->from_ns), since_begin(s, loss->to_ns) };

	if (s->n_losses < SVG_MOST_LOSSES)
		s->losses[s->n_losses++] = span;
	else if (span.to_ns > s->losses[s->n_losses - 1].to_ns)
		s->losses[s->n_losses - 1].to_ns = span.to_ns;
	return 0;
}

static int on_end(void *data, const struct trace_end *end)
{
	struct svg_record *s = data;

	s->end_ns = since_begin(s, end->end_ns);
	return 0;
}

void svg_record_init(struct svg_record *s)
{
	*s = (struct svg_record){
		.width_ns = FINEST_NS,
		.sink = { .name = "svg", .data = s, .begin = on_begin, .event = on_event,
			  .interval = on_interval, .lost = on_lost, .end = on_end },
	};
}

void svg_record_deinit(struct svg_record *s)
{
	for (size_t i = 0; i < s->n_threads; i++)
		free(s->threads[i].buckets);
	for (size_t i = 0; i < SVG_MOST_GILS; i++)
		free(s->gils[i].buckets);
	free(s->strip_of);
	free(s->stays);
}
