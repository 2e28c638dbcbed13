/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

static uint64_t wall_ns(const struct section *s)
{
	return (uint64_t)(s->gil->last_ns - s->gil->first_ns);
}

static const struct thread_metrics *worst_off(const struct section *s)
{
	const struct thread_metrics *worst = NULL;

	for (size_t i = 0; i < s->r->n_threads; i++) {
		const struct thread_metrics *t = &s->r->threads[i];

		if (section_has(s, t) && !t->folded &&
		    (!worst || section_waited_ns(t) > section_waited_ns(worst)))
			worst = t;
	}
	return worst;
}

/* The next largest share of a thread's wait after another one (NULL: the largest); NULL: none. */
static const struct pair_metrics *largest_share(const struct section *s,
						const struct thread_metrics *waiter,
						const struct pair_metrics *after)
{
	/* Pairs are in order of their wait. */
	for (size_t i = after ? (size_t)(after - s->r->pairs) + 1 : 0; i < s->r->n_pairs; i++) {
		const struct pair_metrics *p = &s->r->pairs[i];

		if (&s->r->threads[p->waiter] == waiter && p->holder != PAIR_OTHERS && p->wait_ns)
			return p;
	}
	return NULL;
}

static const char *holder_words(char *buffer, size_t size, const struct section *s,
				const struct pair_metrics *p)
{
	if (p->holder < s->r->n_threads)
		snprintf(buffer, size, "%s held it", THREAD(s, &s->r->threads[p->holder]));
	else
		snprintf(buffer, size, s->complete ? "it was free and the waiter not yet awake" :
						     "it was free or its holder is not known");
	return buffer;
}
#define HOLDER(s, p) holder_words((char[TEXT_NAME + 48]){ 0 }, TEXT_NAME + 48, (s), (p))

static size_t count_holders(const struct section *s, const struct thread_metrics *waiter)
{
	size_t n = 0;

	for (size_t i = 0; i < s->r->n_pairs; i++) {
		const struct pair_metrics *p = &s->r->pairs[i];

		n += &s->r->threads[p->waiter] == waiter && p->wait_ns && p->holder < s->r->n_threads;
	}
	return n;
}

/*
 * ", nearly all of it while t1 held it", the two largest shares, or, when no
 * two matter, among how many it is spread
 */
static void say_blame(const struct section *s, const struct thread_metrics *waiter, FILE *out)
{
	const struct pair_metrics *p = largest_share(s, waiter, NULL);
	const struct pair_metrics *next = p ? largest_share(s, waiter, p) : NULL;
	uint64_t all = s->blamed_ns[waiter - s->r->threads];
	size_t holders = count_holders(s, waiter);

	if (p && p->wait_ns > all / 10 * 9)
		fprintf(out, ", nearly all of it while %s", HOLDER(s, p));
	else if (next && p->wait_ns + next->wait_ns > all / 2)
		fprintf(out, ", %s of it while %s, %s while %s", PERCENT(p->wait_ns, all),
			HOLDER(s, p), PERCENT(next->wait_ns, all), HOLDER(s, next));
	else if (holders > 1)
		fprintf(out, ", while %s other threads held it in turn", COUNT(holders));
}

static bool waited_long(const struct thread_metrics *t)
{
	return section_waited_ns(t) >= t->life_ns / 100;
}

bool section_has_loser(const struct section *s)
{
	const struct thread_metrics *t = worst_off(s);

	return t && section_waited_ns(t) && waited_long(t);
}

/* "t2 with 1.20 ms of 1.21 s (0.1 %)" */
static void say_share(const struct thread_metrics *t, FILE *out)
{
	uint64_t waited_ns = section_waited_ns(t);

	fprintf(out, "%s of %s (%s)", DURATION(waited_ns), DURATION(t->life_ns),
		PERCENT(waited_ns, t->life_ns));
}

void section_say_who(const struct section *s, FILE *out)
{
	const struct thread_metrics *t = worst_off(s);
	uint64_t wall = wall_ns(s), waited_ns = t ? section_waited_ns(t) : 0;

	if (!t || (!waited_ns && !s->gil->failed)) {
		fprintf(out, "No contention: %s ever waited for the GIL. The GIL is not your problem.",
			s->all ? "nobody" : "none of these threads");
	} else if (!waited_long(t) && s->gil->wanted_ns >= wall / 100) {
		fprintf(out, "Many short waits: somebody waited for the GIL %s of the time, but nobody "
			"for long: the longest was %s with ", PERCENT(s->gil->wanted_ns, wall), THREAD(s, t));
		say_share(t, out);
		fputc('.', out);
	} else if (!waited_long(t)) {
		fprintf(out, "Little contention: %s waited longest for the GIL, ", THREAD(s, t));
		say_share(t, out);
		fputs(". The GIL is not your problem.", out);
	} else {
		fprintf(out, "%s waited ", THREAD(s, t));
		say_share(t, out);
		fputs(" for the GIL", out);
		say_blame(s, t, out);
		if (t->still_waiting)
			fputs(", and was waiting still when last seen", out);
		fputc('.', out);
	}
}
