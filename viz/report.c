/* SPDX-License-Identifier: MIT */
#include "viz/report.h"

#include "base/err.h"
#include "viz/grid.h"
#include "viz/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { PAIRS_SHOWN = 20 };

/* One GIL with what belongs to it. */
struct section {
	const struct page *page;
	const struct gil_metrics *gil;
	const struct thread_metrics *threads; /* of all GILs; pairs point into it */
	size_t n_threads;
	const struct pair_metrics *pairs;
	size_t n_pairs;
	uint64_t *blamed_ns; /* by thread: the sum of its pairs, also of waits that were cut */
	bool all;            /* no thread was left out by --thread */
	bool complete;       /* nothing was lost */
};

static bool is_mine(const struct section *s, const struct thread_metrics *t)
{
	return t->info.gil->index == s->gil->info.index;
}

/* Threads that --thread left out are only named, as holders. */
static bool is_shown(const struct section *s, const struct thread_metrics *t)
{
	return is_mine(s, t) && (t->info.selected || t->folded);
}

static bool is_whole(const struct section *s)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (is_mine(s, &s->threads[i]) && !is_shown(s, &s->threads[i]))
			return false;
	return true;
}

static bool is_my_pair(const struct section *s, const struct pair_metrics *p)
{
	return (p->wait_ns || p->failed) && is_mine(s, &s->threads[p->waiter]);
}

static uint64_t wall_ns(const struct gil_metrics *g)
{
	return (uint64_t)(g->last_ns - g->first_ns);
}

/* Waiting that ended, or is still going on at the end of the trace. */
static uint64_t waited_ns(const struct thread_metrics *t)
{
	uint64_t ended = histogram_total(t->wait_contended_ns);
	uint64_t seen = t->state_ns[STATE_WAITING];

	return seen > ended ? seen : ended;
}

static const char *name_of(char *buffer, size_t size, const struct section *s,
			   const struct thread_metrics *t)
{
	return text_name(buffer, size, s->page, t->folded ? "(others)" : t->info.name);
}
#define THREAD(s, t) name_of((char[TEXT_NAME]){ 0 }, TEXT_NAME, (s), (t))

/* ---- the verdict --------------------------------------------------------------- */

static const struct thread_metrics *worst_off(const struct section *s)
{
	const struct thread_metrics *worst = NULL;

	for (size_t i = 0; i < s->n_threads; i++)
		if (is_mine(s, &s->threads[i]) && !s->threads[i].folded &&
		    (!worst || waited_ns(&s->threads[i]) > waited_ns(worst)))
			worst = &s->threads[i];
	return worst;
}

/* The next largest share of a thread's wait after another one (NULL: the largest); NULL: none. */
static const struct pair_metrics *largest_share(const struct section *s,
						const struct thread_metrics *waiter,
						const struct pair_metrics *after)
{
	/* Pairs are in order of their wait. */
	for (const struct pair_metrics *p = after ? after + 1 : s->pairs; p < s->pairs + s->n_pairs; p++)
		if (&s->threads[p->waiter] == waiter && p->holder != PAIR_OTHERS && p->wait_ns)
			return p;
	return NULL;
}

static const char *holder_words(char *buffer, size_t size, const struct section *s,
				const struct pair_metrics *p)
{
	if (p->holder < s->n_threads)
		snprintf(buffer, size, "%s held it", THREAD(s, &s->threads[p->holder]));
	else
		snprintf(buffer, size, s->complete ? "it was free and the waiter not yet awake" :
						     "it was free or its holder is not known");
	return buffer;
}
#define HOLDER(s, p) holder_words((char[TEXT_NAME + 48]){ 0 }, TEXT_NAME + 48, (s), (p))

static size_t count_holders(const struct section *s, const struct thread_metrics *waiter)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_pairs; i++)
		n += &s->threads[s->pairs[i].waiter] == waiter && s->pairs[i].wait_ns &&
		     s->pairs[i].holder < s->n_threads;
	return n;
}

/*
 * ", nearly all of it while t1 held it", the two largest shares, or, when no
 * two matter, among how many it is spread
 */
static void compose_blame(const struct section *s, const struct thread_metrics *waiter, FILE *out)
{
	const struct pair_metrics *p = largest_share(s, waiter, NULL);
	const struct pair_metrics *next = p ? largest_share(s, waiter, p) : NULL;
	uint64_t all = s->blamed_ns[waiter - s->threads];
	size_t holders = count_holders(s, waiter);

	if (p && p->wait_ns > all / 10 * 9)
		fprintf(out, ", nearly all of it while %s", HOLDER(s, p));
	else if (next && p->wait_ns + next->wait_ns > all / 2)
		fprintf(out, ", %s of it while %s, %s while %s", PERCENT(p->wait_ns, all),
			HOLDER(s, p), PERCENT(next->wait_ns, all), HOLDER(s, next));
	else if (holders > 1)
		fprintf(out, ", while %s other threads held it in turn", COUNT(holders));
}

static void compose_verdict(const struct section *s, FILE *out)
{
	const struct thread_metrics *t = worst_off(s);
	uint64_t waited = t ? waited_ns(t) : 0;

	if (s->all && !s->gil->acquisitions && !s->gil->failed && !waited) {
		fputs("Nobody was seen to take this GIL: there is nothing to say about it.", out);
	} else if (!t || (!waited && !s->gil->failed)) {
		fprintf(out, "No contention: %s ever waited for the GIL. The GIL is not your problem.",
			s->all ? "nobody" : "none of these threads");
	} else if (waited < t->life_ns / 100 && s->gil->wanted_ns >= wall_ns(s->gil) / 100) {
		fprintf(out, "Many short waits: somebody waited for the GIL %s of the time, but nobody "
			"for long: the longest was %s with %s of %s (%s).",
			PERCENT(s->gil->wanted_ns, wall_ns(s->gil)), THREAD(s, t), DURATION(waited),
			DURATION(t->life_ns), PERCENT(waited, t->life_ns));
	} else if (waited < t->life_ns / 100) {
		fprintf(out, "Little contention: %s waited longest for the GIL, %s of %s (%s). "
			"The GIL is not your problem.", THREAD(s, t), DURATION(waited),
			DURATION(t->life_ns), PERCENT(waited, t->life_ns));
	} else {
		fprintf(out, "%s waited %s of %s (%s) for the GIL", THREAD(s, t), DURATION(waited),
			DURATION(t->life_ns), PERCENT(waited, t->life_ns));
		compose_blame(s, t, out);
		if (t->still_waiting)
			fputs(", and was waiting still when last seen", out);
		fputc('.', out);
	}
	if (!s->complete)
		fputs(" But the data are incomplete: it may have been worse.", out);
}

static int print_verdict(const struct section *s)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err(-ENOMEM, "out of memory");
	compose_verdict(s, out);
	fclose(out);
	fputs(text_ink(s->page, INK_STRONG), s->page->out);
	text_paragraph(s->page, "", text);
	fprintf(s->page->out, "%s\n", text_ink(s->page, INK_PLAIN));
	return 0;
}

/* ---- the summary ---------------------------------------------------------------- */

/* A line of the summary, broken where the page is narrow. */
__attribute__((format(printf, 2, 3)))
static void say(const struct section *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_paragraph(s->page, "  ", text);
}

/* On one CPU with the holder: it was not running, or had moved on, or had let go. */
static void say_where(const struct section *s)
{
	const struct gil_metrics *g = s->gil;

	if (g->failed_same_cpu + g->failed_other_cpu)
		say(s, "Of these, %s failed on another CPU than the one where the holder took it, %s on "
		    "the same.", COUNT(g->failed_other_cpu), COUNT(g->failed_same_cpu));
}

static void say_failures(const struct section *s)
{
	const struct gil_metrics *g = s->gil;
	uint64_t busy = 0, retries = 0, timed_out = 0;

	for (size_t i = 0; i < s->n_threads; i++) {
		if (!is_mine(s, &s->threads[i]))
			continue;
		busy += s->threads[i].busy;
		retries += s->threads[i].retries;
		timed_out += s->threads[i].retries_timed_out;
	}
	if (busy && !gil_shows_retries(&g->info))
		say(s, "At least %s failed %s: each found it taken (busy); who woke up in vain (retries) "
		    "cannot be seen here.", COUNT(busy), PLURAL(busy, "attempt"));
	else if (busy + retries)
		say(s, "%s failed %s: %s found it taken (busy), %s woke up in vain (retries: %s timed out, %s "
		    "lost the race).", COUNT(busy + retries), PLURAL(busy + retries, "attempt"),
		    COUNT(busy), COUNT(retries), COUNT(timed_out), COUNT(retries - timed_out));
	else
		say(s, "No attempt failed: whoever wanted it found it free.");
	say_where(s);
	if (g->checks)
		say(s, "%s %s%s; badness, the failed attempts per check: %s%.3f.", COUNT(g->checks),
		    PLURAL(g->checks, "check"), g->info.flags & GIL_FLAG_CHECKS_EXACT ? "" : " (those that let it go on request)",
		    gil_shows_retries(&g->info) ? "" : "at least ", (double)g->failed / (double)g->checks);
}

static void print_summary(const struct section *s)
{
	const struct gil_metrics *g = s->gil;
	uint64_t wall = wall_ns(g);

	say(s, "The GIL is the lock that a thread must hold to run Python code: one runs, all others "
	    "wait.");
	say(s, "Process %" PRId32 ": %s.", g->info.pid, GIL(s->page, &g->info));
	if (g->info.flags & GIL_FLAG_MORE_GILS)
		say(s, "The process had more GILs at a time than can be told apart: the further ones were "
		    "not recorded.");
	if (s->all)
		say(s, "In %s it was held %s of the time, and somebody was asleep waiting for it %s of "
		    "the time.",
		    DURATION(wall), PERCENT(g->held_ns, wall), PERCENT(g->wanted_ns, wall));
	else
		say(s, "In %s these threads held it %s of the time, and one or more of them were asleep "
		    "waiting for it %s of the time.",
		    DURATION(wall), PERCENT(g->held_ns, wall), PERCENT(g->wanted_ns, wall));
	say(s, "%s %s, %s %s from thread to thread.", COUNT(g->acquisitions),
	    PLURAL(g->acquisitions, "acquisition"), COUNT(g->switches),
	    g->switches == 1 ? "switch" : "switches");
	say_failures(s);
	fputc('\n', s->page->out);
}

/* ---- the tables ----------------------------------------------------------------- */

static void add_durations(struct grid *t, const struct histogram *h, uint64_t life_ns)
{
	bool any = histogram_count(h);

	grid_cell(t, "%s", any ? DURATION(histogram_total(h)) : "-");
	grid_cell(t, "%s", PERCENT(histogram_total(h), life_ns));
	grid_cell(t, "%s", any ? DURATION(histogram_percentile(h, 0.5)) : "-");
	grid_cell(t, "%s", any ? DURATION(histogram_percentile(h, 0.99)) : "-");
	grid_cell(t, "%s", any ? DURATION(histogram_max(h)) : "-");
}

static void add_columns(struct grid *t)
{
	static const char *const columns[][2] = {
		{ "", "thread" }, { "", "tid" },
		{ "attempts", "acquired" }, { "attempts", "contended" }, { "attempts", "busy" },
		{ "attempts", "retries" }, { "attempts", "failed" },
		{ "work", "releases" }, { "work", "checks" }, { "work", "ticks" },
		{ "waiting, when contended", "total" }, { "waiting, when contended", "of life" },
		{ "waiting, when contended", "p50" }, { "waiting, when contended", "p99" },
		{ "waiting, when contended", "max" },
		{ "holding", "total" }, { "holding", "of life" }, { "holding", "p50" },
		{ "holding", "p99" }, { "holding", "max" },
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		grid_column(t, columns[i][0], columns[i][1], i ? GRID_NUMBERS : GRID_WORDS);
}

static void add_thread(struct grid *table, const struct section *s, const struct thread_metrics *t)
{
	grid_cell(table, "%s", THREAD(s, t));
	if (t->folded)
		grid_cell(table, "-");
	else
		grid_cell(table, "%" PRId32, t->info.tid);
	grid_cell(table, "%s", COUNT(t->acquisitions));
	grid_cell(table, "%s", COUNT(t->acquisitions_contended));
	grid_cell(table, "%s", COUNT(t->busy));
	grid_cell(table, "%s", gil_shows_retries(&s->gil->info) ? COUNT(t->retries) : "-");
	grid_cell(table, "%s", COUNT(t->failed));
	grid_cell(table, "%s", COUNT(t->releases));
	grid_cell(table, "%s", COUNT(t->checks));
	grid_cell(table, "%s", gil_is_ticked(&s->gil->info) ? COUNT(t->ticks) : "-");
	add_durations(table, t->wait_contended_ns, t->life_ns);
	add_durations(table, t->hold_ns, t->life_ns);
}

static int print_threads(const struct section *s)
{
	cleanup(grid_freep) struct grid *table = NULL;
	int r = grid_new(&table);

	if (r)
		return r;
	add_columns(table);
	for (size_t i = 0; i < s->n_threads; i++)
		if (is_shown(s, &s->threads[i]))
			add_thread(table, s, &s->threads[i]);
	r = grid_print(table, s->page);
	fputc('\n', s->page->out);
	return r;
}

static void add_pair(struct grid *table, const struct section *s, const struct pair_metrics *p)
{
	const struct thread_metrics *waiter = &s->threads[p->waiter];

	grid_cell(table, "%s", THREAD(s, waiter));
	if (p->holder < s->n_threads)
		grid_cell(table, "%s", THREAD(s, &s->threads[p->holder]));
	else
		grid_cell(table, "%s", p->holder != PAIR_NOBODY ? "(others)" :
				       s->complete ? "(free)" : "(free or unknown)");
	grid_cell(table, "%s", DURATION(p->wait_ns));
	grid_cell(table, "%s", PERCENT(p->wait_ns, s->blamed_ns[p->waiter]));
	grid_cell(table, "%s", DURATION(p->max_ns));
	grid_cell(table, "%s", COUNT(p->waits));
	grid_cell(table, "%s", COUNT(p->failed));
}

static int print_pairs(const struct section *s)
{
	static const char *const columns[] = {
		"who waited", "for whom", "waited", "of its wait", "longest", "waits", "failed",
	};
	cleanup(grid_freep) struct grid *table = NULL;
	size_t mine = 0;
	int r = grid_new(&table);

	if (r)
		return r;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		grid_column(table, "", columns[i], i < 2 ? GRID_WORDS : GRID_NUMBERS);
	for (size_t i = 0; i < s->n_pairs; i++)
		if (is_my_pair(s, &s->pairs[i]) && mine++ < PAIRS_SHOWN)
			add_pair(table, s, &s->pairs[i]);
	if (!mine)
		return 0;
	r = grid_print(table, s->page);
	if (mine > PAIRS_SHOWN)
		fprintf(s->page->out, "... and %s more %s: gilscope export has all\n",
			COUNT(mine - PAIRS_SHOWN), PLURAL(mine - PAIRS_SHOWN, "pair"));
	fputc('\n', s->page->out);
	return r;
}

static int print_section(const struct section *s)
{
	int r;

	r = print_verdict(s);
	if (r)
		return r;
	print_summary(s);
	r = print_threads(s);
	return r ? r : print_pairs(s);
}

/* ---- the data's quality ----------------------------------------------------------- */

static void print_quality(const struct metrics *m, const struct quality *q, const struct page *page)
{
	const struct trace_end *e = &q->end;
	const char *const *texts;
	const struct gil_metrics *gils;
	size_t n = metrics_violations(m, &texts), n_gils = metrics_gils(m, &gils);

	fputs("Data: ", page->out);
	quality_print_line(q, page);
	if (q->damage)
		fprintf(page->out, "  %s\n", q->damage);
	for (size_t i = 0; i < n; i++)
		fprintf(page->out, "  %s\n", NAME(page, texts[i]));
	if (e->violations > n && n)
		fprintf(page->out, "  ... and %s more\n", COUNT(e->violations - n));
	/* CPython up to 3.11 ends with its main thread holding: no news. */
	if (e->still_waiting || e->still_holding > n_gils)
		fprintf(page->out, "  at its end %s waited and %s held the GIL\n",
			COUNT(e->still_waiting), COUNT(e->still_holding));
	if (e->cut_intervals > e->still_waiting + e->still_holding)
		fprintf(page->out, "  %s %s cut by the trace's ends or by holes: in no percentile\n",
			COUNT(e->cut_intervals), PLURAL(e->cut_intervals, "interval"));
	if (e->left_out_events)
		fprintf(page->out, "  %s %s of other recordings, GILs or times left out\n",
			COUNT(e->left_out_events), PLURAL(e->left_out_events, "event"));
}

int report_print(const struct metrics *metrics, const struct quality *quality,
		 const struct page *page)
{
	struct section s = { .page = page, .complete = quality_complete(quality) };
	cleanup(freep) uint64_t *blamed_ns = NULL;
	const struct gil_metrics *gils;
	size_t n = metrics_gils(metrics, &gils);
	int r = 0;

	s.n_threads = metrics_threads(metrics, &s.threads);
	s.n_pairs = metrics_pairs(metrics, &s.pairs);
	s.blamed_ns = blamed_ns = calloc(s.n_threads + 1, sizeof(*blamed_ns));
	if (!blamed_ns)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < s.n_pairs; i++)
		blamed_ns[s.pairs[i].waiter] += s.pairs[i].wait_ns;
	for (size_t i = 0; i < n && !r; i++) {
		s.gil = &gils[i];
		s.all = is_whole(&s);
		if (n > 1)
			fprintf(page->out, "%s=== GIL %" PRIu32 ", process %" PRId32 "%s\n\n",
				text_ink(page, INK_NOTE), gils[i].info.index, gils[i].info.pid,
				text_ink(page, INK_PLAIN));
		r = print_section(&s);
	}
	print_quality(metrics, quality, page);
	return r;
}
