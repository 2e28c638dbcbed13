/* SPDX-License-Identifier: MIT */
#include "viz/battle_pick.h"

#include "base/err.h"
#include "viz/array.h"
#include "viz/line_ring.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The lines of one GIL; of --around those of all GILs are in the first one. */
struct stage {
	struct line_ring ring;
	uint64_t announced;
};

struct picker {
	struct page page; /* for names */
	struct pick_options options;
	picker_print *print;
	void *data;
	int64_t origin_ns;
	struct stage *stages; /* by GIL index; `n_stages` is their room */
	size_t n_stages;
	/* --around: */
	int64_t around_ns;
	uint64_t turn;        /* the first line after it; UINT64_MAX: still to come */
	uint64_t after;       /* lines put since */
	bool turned;
	/* --min-wait: */
	uint64_t *entries;    /* by thread index: the line of its ENTRY + 1; 0: not seen */
	size_t n_entries;
	uint64_t shown, shorter, unseen;
	bool due;
	struct attempt wait;  /* that is due */
};

int picker_new(struct picker **out, const struct page *page, const struct pick_options *options,
	       picker_print *print, void *data)
{
	struct picker *p = calloc(1, sizeof(*p));

	if (!p)
		return err(-ENOMEM, "out of memory");
	*p = (struct picker){ .page = *page, .options = *options,
			      .print = print, .data = data, .turn = UINT64_MAX };
	*out = p;
	return 0;
}

struct picker *picker_free(struct picker *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->n_stages; i++)
		line_ring_deinit(&p->stages[i].ring);
	free(p->stages);
	free(p->entries);
	free(p);
	return NULL;
}

void picker_begin(struct picker *p, int64_t origin_ns, int64_t around_ns)
{
	p->origin_ns = origin_ns;
	p->around_ns = around_ns;
}

/* Prints words of ours. */
__attribute__((format(printf, 3, 4)))
static void shout(const struct picker *p, const struct gil_info *gil, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->print(p->data, gil, text, strlen(text), true);
}

/* "+1.500000000s", as --time and --around take it. */
static const char *when(char *buffer, size_t size, const struct picker *p, int64_t ts_ns)
{
	int64_t ns = ts_ns - p->origin_ns;

	snprintf(buffer, size, "%c%lld.%09llds", ns < 0 ? '-' : '+', llabs(ns) / 1000000000,
		 llabs(ns) % 1000000000);
	return buffer;
}
#define WHEN(p, ts_ns) when((char[48]){ 0 }, 48, (p), (ts_ns))

/* ---- lines ------------------------------------------------------------------------ */

static int reach_stage(struct picker *p, const struct gil_info *gil)
{
	size_t index = gil && !p->options.around ? gil->index : 0;

	return array_reach(&p->stages, &p->n_stages, index, sizeof(*p->stages));
}

int picker_announce(struct picker *p, const struct gil_info *gil)
{
	int r = reach_stage(p, gil);

	if (r)
		return r;
	if (p->options.around)
		p->stages[0].announced++;
	else if (gil)
		p->stages[gil->index].announced++;
	else
		for (size_t i = 0; i < p->n_stages; i++)
			p->stages[i].announced++;
	return 0;
}

static void show(const struct picker *p, const struct gil_info *gil, const struct line_ring *ring, uint64_t from)
{
	for (; from < ring->n; from++) {
		const struct ring_line *l = line_ring_at(ring, p->options.context, from);

		p->print(p->data, gil, l->text, l->len, false);
	}
}

/* The lines before the time asked for. */
static void show_before(struct picker *p)
{
	const struct line_ring *ring = p->n_stages ? &p->stages[0].ring : NULL;

	if (ring)
		show(p, NULL, ring, line_ring_first(ring, p->options.context));
	p->turned = true;
}

static void say_where(const struct picker *p)
{
	if (p->around_ns < p->origin_ns)
		shout(p, NULL, "The time asked for is before the trace");
	else
		shout(p, NULL, "Here it is %s", WHEN(p, p->around_ns));
}

static int put_around(struct picker *p, const char *margin, const char *line, size_t len)
{
	struct line_ring *ring = &p->stages[0].ring;
	bool is_after = ring->n >= p->turn;
	int r;

	if (is_after && !p->turned) {
		show_before(p);
		say_where(p);
	}
	r = line_ring_push(ring, p->options.context, margin, line, len);
	if (!r && is_after && p->after++ < p->options.context)
		show(p, NULL, ring, ring->n - 1);
	return r;
}

int picker_put(struct picker *p, const struct gil_info *gil, const char *margin, const char *line, size_t len)
{
	int r = 0;

	if (p->options.around)
		return put_around(p, margin, line, len);
	if (gil)
		return line_ring_push(&p->stages[gil->index].ring, p->options.context, margin, line, len);
	/* Not those of GILs that appeared after it was announced. */
	for (size_t i = 0; i < p->n_stages && !r; i++)
		if (p->stages[i].ring.n < p->stages[i].announced)
			r = line_ring_push(&p->stages[i].ring, p->options.context, margin, line,
					   len);
	return r;
}

/* ---- events ----------------------------------------------------------------------- */

int picker_event(struct picker *p, const struct gil_event *e, const struct step *step)
{
	int r = reach_stage(p, step->gil);

	if (r)
		return r;
	if (p->options.around && p->turn == UINT64_MAX && e->ts_ns >= p->around_ns)
		p->turn = p->stages[0].announced;
	if (p->options.around || e->kind != GIL_ENTRY)
		return 0;
	r = array_reach(&p->entries, &p->n_entries, step->thread->index, sizeof(*p->entries));
	if (!r)
		p->entries[step->thread->index] = p->stages[step->gil->index].announced + 1;
	return r;
}

int picker_attempt(struct picker *p, const struct attempt *a)
{
	bool entered = a->thread->index < p->n_entries && p->entries[a->thread->index];

	if (p->options.around || !a->thread->selected)
		return 0;
	if (!entered || !(a->whole || a->still_waiting)) {
		p->unseen++;
	} else if ((uint64_t)(a->to_ns - a->from_ns) < p->options.min_wait_ns) {
		p->shorter++;
	} else {
		p->due = true;
		p->wait = *a;
	}
	return 0;
}

bool picker_is_due(const struct picker *p)
{
	return p->due;
}

void picker_show_due(struct picker *p)
{
	const struct attempt *a = &p->wait;
	const struct gil_info *gil = a->thread->gil;
	const struct line_ring *ring = &p->stages[gil->index].ring;
	uint64_t from = p->entries[a->thread->index] - 1;
	uint64_t first = line_ring_first(ring, p->options.context);
	uint32_t failed = a->busy + a->retries;

	p->due = false;
	p->shown++;
	shout(p, gil, "%s %s %s, from %s on, and failed %s %s", NAME(&p->page, a->thread->name),
	      a->acquired ? "waited" : a->still_waiting ? "waits at the end, for" : "gave up after",
	      DURATION((uint64_t)(a->to_ns - a->from_ns)), WHEN(p, a->from_ns), COUNT(failed),
	      PLURAL(failed, "time"));
	if (from < first)
		shout(p, gil, "The wait's first %s %s left out: --context shows more", COUNT(first - from),
		      first - from == 1 ? "line is" : "lines are");
	show(p, gil, ring, from > first ? from : first);
}

bool picker_is_done(const struct picker *p)
{
	return p->options.around && p->after >= p->options.context;
}

void picker_end(struct picker *p)
{
	uint64_t all = p->shown + p->shorter;

	if (p->options.around && !p->turned) {
		show_before(p);
		shout(p, NULL, "No event follows until %s", WHEN(p, p->around_ns));
	}
	if (p->options.around)
		return;
	shout(p, NULL, "%s of %s %s waited at least %s; the others are left out", COUNT(p->shown), COUNT(all),
	      PLURAL(all, "attempt"), DURATION(p->options.min_wait_ns));
	if (p->unseen)
		shout(p, NULL, "%s more began or ended where nothing is known, and %s left out", COUNT(p->unseen),
		      p->unseen == 1 ? "is" : "are");
}
