/* SPDX-License-Identifier: MIT */
#include "viz/laws.h"

#include <inttypes.h>
#include <stdarg.h>

/* Prints a law with both its sides and keeps whether all held. */
struct court {
	const struct page *page;
	bool lawful;
};

__attribute__((format(printf, 3, 4)))
static void rule(struct court *c, bool holds, const char *fmt, ...)
{
	va_list ap;

	c->lawful &= holds;
	fprintf(c->page->out, "%s%-4s%s  ", text_ink(c->page, holds ? INK_GOOD : INK_BAD),
		holds ? "ok" : "FAIL", text_ink(c->page, INK_PLAIN));
	va_start(ap, fmt);
	vfprintf(c->page->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->page->out);
}

static void judge_loss(struct court *c, const struct quality *q)
{
	const struct trace_end *e = &q->end;

	rule(c, !q->damage, "files: %s", q->damage ? SENTENCE(c->page, q->damage) : "all were read to their end");
	if (quality_cannot_tell_loss(q))
		rule(c, false, "lost: whether events were lost is not known");
	else
		rule(c, !e->lost_events && !e->lost_packets,
		     "lost: %s%s %s and %s %s", e->loss_unknown ? "at least " : "", COUNT(e->lost_events),
		     PLURAL(e->lost_events, "event"), COUNT(e->lost_packets),
		     PLURAL(e->lost_packets, "packet"));
	if (q->absent || q->late)
		fprintf(c->page->out, "      %s of the program's processes not in it, %s not from their begin on\n",
			COUNT(q->absent), COUNT(q->late));
	if (q->begins_late)
		fputs("      it begins in the middle: what was before is not in it\n", c->page->out);
}

static void judge_events(struct court *c, const struct results *r)
{
	const struct trace_end *e = &r->quality->end;

	rule(c, !e->violations, "unlawful: %s of %s %s", COUNT(e->violations), COUNT(e->events),
	     PLURAL(e->events, "event"));
	for (size_t i = 0; i < r->n_violations; i++)
		fprintf(c->page->out, "      %s\n", NAME(c->page, r->violations[i]));
	if (r->n_violations && e->violations > r->n_violations)
		fprintf(c->page->out, "      ... and %s more\n", COUNT(e->violations - r->n_violations));
}

static void judge_counts(struct court *c, const struct trace_end *e)
{
	uint64_t entries = e->events_by_kind[GIL_ENTRY], acquires = e->events_by_kind[GIL_ACQUIRE];
	uint64_t releases = e->events_by_kind[GIL_RELEASE];

	rule(c, entries + e->attempts_found == acquires + e->attempts_left + e->pokes +
	     e->attempts_cut + e->still_waiting,
	     "attempts: %s ENTRY + %s begun unseen = %s ACQUIRE + %s left + %s pokes + %s cut + "
	     "%s still waiting", COUNT(entries), COUNT(e->attempts_found), COUNT(acquires),
	     COUNT(e->attempts_left), COUNT(e->pokes), COUNT(e->attempts_cut), COUNT(e->still_waiting));
	rule(c, acquires + e->holds_found == releases + e->holds_cut + e->still_holding,
	     "holds: %s ACQUIRE + %s begun unseen = %s RELEASE + %s cut + %s still held",
	     COUNT(acquires), COUNT(e->holds_found), COUNT(releases), COUNT(e->holds_cut),
	     COUNT(e->still_holding));
}

static void judge_lives(struct court *c, const struct results *r)
{
	uint64_t lives = 0, states = 0;
	bool all = true;

	for (size_t i = 0; i < r->n_threads; i++) {
		const struct thread_metrics *t = &r->threads[i];
		uint64_t sum = 0;

		for (int s = 0; s < THREAD_STATES; s++)
			sum += t->state_ns[s];
		all &= sum == t->life_ns;
		lives += t->life_ns;
		states += sum;
	}
	rule(c, all, "lives: the states of %zu %s sum to %s ns, their lives to %s ns", r->n_threads,
	     PLURAL(r->n_threads, "thread"), COUNT(states), COUNT(lives));
}

static void judge_gils(struct court *c, const struct results *r)
{
	for (size_t i = 0; i < r->n_gils; i++) {
		const struct gil_metrics *g = &r->gils[i];
		uint64_t wall = (uint64_t)(g->last_ns - g->first_ns);

		rule(c, g->held_ns <= wall, "GIL %" PRIu32 " of process %" PRId32 ": held %s of %s ns",
		     g->info.index, g->info.pid, COUNT(g->held_ns), COUNT(wall));
		if (!gil_shows_retries(&g->info))
			fputs("      its failed wake-ups (RETRY) cannot be seen: no law speaks of them\n",
			      c->page->out);
		if (g->info.flags & GIL_FLAG_MORE_GILS)
			rule(c, false, "process %" PRId32 ": had more GILs at a time than can be told "
			     "apart; the further ones were not recorded", g->info.pid);
	}
}

bool laws_print(const struct results *r, const struct page *page)
{
	struct court c = { page, true };

	judge_loss(&c, r->quality);
	judge_events(&c, r);
	judge_counts(&c, &r->quality->end);
	judge_lives(&c, r);
	judge_gils(&c, r);
	fprintf(page->out, "%s is %s.\n", SENTENCE(page, r->trace->path),
		c.lawful ? "complete and lawful" : "incomplete or unlawful");
	return c.lawful;
}
