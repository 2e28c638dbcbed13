/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "analyzer/columns.h"
#include "base/err.h"
#include "played.h"
#include "viz/battle.h"
#include "viz/timeline.h"

#include <cmocka.h>

/* Whether threads are forgotten early or never, all that is told and counted is the same. */

enum { FEW = 40 };
static const size_t nothing_is_forgotten = SIZE_MAX;

/* ---- a sink that writes down everything ----------------------------------------------- */

struct teller {
	FILE *out;
	bool *retired; /* by index */
	size_t n_retired, size;
	struct stood {
		const struct thread_info *thread;
		uint32_t index;
	} stood[8];
	size_t n_stood;
};

static uint32_t index_of(struct teller *t, const struct thread_info *thread)
{
	assert_false(thread && thread->index < t->size && t->retired[thread->index]);
	return thread ? thread->index : UINT32_MAX;
}

static int on_standing(void *data, const struct thread_info *thread, bool last_holder)
{
	struct teller *t = data;

	fprintf(t->out, "%u stands %d\n", index_of(t, thread), last_holder);
	if (t->n_stood < sizeof(t->stood) / sizeof(*t->stood))
		t->stood[t->n_stood++] = (struct stood){ thread, thread->index };
	return 0;
}

/* Who stood at the begin is there until it is retired. */
static void look_who_stands(const struct teller *t)
{
	for (size_t i = 0; i < t->n_stood; i++) {
		uint32_t index = t->stood[i].index;

		if (index >= t->size || !t->retired[index])
			assert_int_equal(t->stood[i].thread->index, index);
	}
}

static int on_thread(void *data, const struct thread_info *thread)
{
	struct teller *t = data;

	fprintf(t->out, "%u is %s\n", index_of(t, thread), thread->name);
	return 0;
}

static int on_event(void *data, const struct gil_event *e, const struct step *s)
{
	struct teller *t = data;

	look_who_stands(t);
	fprintf(t->out, "%lld %d by %u from %u %d->%d %u %lld %s\n", (long long)e->ts_ns, e->kind,
		index_of(t, s->thread), index_of(t, s->switched_from), s->before, s->after,
		index_of(t, s->holder), (long long)s->since_ns, s->violation ? s->violation : "");
	return 0;
}

static int on_interval(void *data, const struct interval *i)
{
	struct teller *t = data;

	fprintf(t->out, "%u %d %lld..%lld %d %lld\n", index_of(t, i->thread), i->state, (long long)i->from_ns,
		(long long)i->to_ns, i->whole, (long long)i->waited_on_ns);
	return 0;
}

static int on_attempt(void *data, const struct attempt *a)
{
	struct teller *t = data;

	fprintf(t->out, "%u %lld..%lld %d%d%d%d", index_of(t, a->thread), (long long)a->from_ns,
		(long long)a->to_ns, a->whole, a->acquired, a->still_waiting, a->cut);
	for (uint32_t i = 0; i < a->n_blames; i++)
		fprintf(t->out, " %u:%lld", index_of(t, a->blames[i].holder), (long long)a->blames[i].ns);
	fputc('\n', t->out);
	return 0;
}

static int on_handover(void *data, const struct handover *h)
{
	struct teller *t = data;

	fprintf(t->out, "%u->%u %lld %lld\n", index_of(t, h->from), index_of(t, h->to), (long long)h->released_ns,
		(long long)h->wanted_ns);
	return 0;
}

static int on_retire(void *data, const struct thread_info *const *threads, size_t n)
{
	struct teller *t = data;

	for (size_t i = 0; i < n; i++) {
		uint32_t index = index_of(t, threads[i]);
		size_t size = 2 * (size_t)index + 1;

		assert_int_equal(threads[i]->state, STATE_ENDED);
		if (index >= t->size) {
			t->retired = realloc(t->retired, size);
			memset(t->retired + t->size, 0, size - t->size);
			t->size = size;
		}
		t->retired[index] = true;
	}
	t->n_retired += n;
	return 0;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	fprintf(((struct teller *)data)->out, "lost %lld\n", (long long)loss->from_ns);
	return 0;
}

/* @return how many were retired */
static size_t tell(char **text, const char *events, const struct model_options *options, size_t limit)
{
	struct teller t = { .out = NULL };
	struct sink sink = { .name = "teller", .data = &t, .standing = on_standing, .thread = on_thread, .event = on_event,
			     .interval = on_interval, .attempt = on_attempt, .handover = on_handover,
			     .retire = on_retire, .lost = on_lost };
	struct play p = { .options = *options, .extra = &sink };
	size_t size;

	p.options.threads_limit = limit;
	t.out = open_memstream(text, &size);
	play(&p, events);
	err_clear(); /* a range or thread that is not there */
	play_done(&p);
	fclose(t.out);
	free(t.retired);
	return t.n_retired;
}

/* cmocka cuts long texts. */
static void assert_same(const char *a, const char *b)
{
	const char *line = a;

	for (; *a && *a == *b; a++, b++)
		if (*a == '\n')
			line = a + 1;
	if (*a || *b)
		fprintf(stderr, "%.200s\nis not\n%.200s\n", line, b - (a - line));
	assert_true(!*a && !*b);
}

static size_t expect_the_same_told(const char *events, const struct model_options *options, size_t limit)
{
	cleanup(freep) char *few = NULL, *all = NULL;
	size_t n = tell(&few, events, options, limit);

	assert_int_equal(tell(&all, events, options, nothing_is_forgotten), 0);
	assert_same(few, all);
	return n;
}

/* ---- what is counted -------------------------------------------------------------------- */

static void put_table(FILE *out, const struct results *r, const char *name)
{
	const struct table_columns *t = table_find(name);
	char number[COLUMN_TEXT_SIZE];

	for (size_t i = 0; i < t->rows(r); i++)
		for (size_t k = 0; k < t->n_columns; k++) {
			const struct column *c = &t->columns[k];

			if (c->type != COLUMN_TEXT)
				fprintf(out, "%s %zu: %s %s\n", name, i, c->name,
					column_number(number, c, column_value(r, c, t->row(r, i))));
		}
}

/* What all rows of threads and pairs together come to. */
static void put_sums(FILE *out, const struct results *r)
{
	struct pair_metrics pairs = { .max_ns = 0 };
	struct thread_metrics threads = { .retries_max = 0 };
	uint64_t waits = 0, holds = 0, contended = 0;

	for (const struct pair_metrics *p = r->pairs; p < r->pairs + r->n_pairs; p++) {
		pairs.wait_ns += p->wait_ns;
		pairs.waits += p->waits;
		pairs.failed += p->failed;
		pairs.handovers += p->handovers;
		pairs.handover_ns += p->handover_ns;
		pairs.max_ns = p->max_ns > pairs.max_ns ? p->max_ns : pairs.max_ns;
	}
	for (const struct thread_metrics *t = r->threads; t < r->threads + r->n_threads; t++) {
		threads.life_ns += t->life_ns;
		threads.blocked_others_ns += t->blocked_others_ns;
		threads.entries += t->entries;
		threads.switches_in += t->switches_in;
		threads.migrations += t->migrations;
		threads.state_ns[STATE_OUTSIDE] += t->state_ns[STATE_OUTSIDE];
		threads.attempt.ns = t->attempt.ns > threads.attempt.ns ? t->attempt.ns : threads.attempt.ns;
		waits += histogram_total(t->wait_ns);
		contended += histogram_count(t->wait_contended_ns);
		holds += histogram_total(t->hold_ns);
	}
	fprintf(out, "pairs %llu %llu %llu %llu %llu %llu\n", (unsigned long long)pairs.wait_ns,
		(unsigned long long)pairs.waits, (unsigned long long)pairs.failed,
		(unsigned long long)pairs.handovers, (unsigned long long)pairs.handover_ns,
		(unsigned long long)pairs.max_ns);
	fprintf(out, "threads %llu %llu %llu %llu %llu %llu %llu\n", (unsigned long long)threads.life_ns,
		(unsigned long long)threads.blocked_others_ns, (unsigned long long)threads.entries,
		(unsigned long long)threads.switches_in, (unsigned long long)threads.migrations,
		(unsigned long long)threads.state_ns[STATE_OUTSIDE], (unsigned long long)threads.attempt.ns);
	fprintf(out, "durations %llu %llu %llu\n", (unsigned long long)waits, (unsigned long long)contended,
		(unsigned long long)holds);
}

/* @return the rows of threads */
static size_t count(char **text, const char *events, size_t limit)
{
	const struct model_options options = { .threads_limit = limit };
	struct played p;
	size_t size, rows;
	FILE *out = open_memstream(text, &size);

	played_with(&p, &options, events, 100000);
	put_table(out, &p.results, "quality");
	put_table(out, &p.results, "gils");
	put_table(out, &p.results, "buckets");
	put_sums(out, &p.results);
	rows = p.results.n_threads;
	played_done(&p);
	fclose(out);
	return rows;
}

/* ---- many threads ------------------------------------------------------------------------- */

enum { GILS = 3, SHORT = 16000, TIDS = 700, ROUNDS = 300, ROUNDS_OF_WAIT = 100 };

/*
 * One short thread after the other on each GIL in turn, whose tids come back. Every second one waits for
 * the one before it, which ends at once. And on each GIL one waits now and then, for 200 of them.
 */
static char *short_threads(int threads)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "@1000\n");
	for (int g = 1; g <= GILS; g++)
		fprintf(out, "gil %d\ncreate 1us\nt9%d thread 1 main\n", g, g);
	for (int i = 0; i < threads; i++) {
		int g = 1 + i / 2 % GILS, tid = 1000 + i % TIDS, next = 1000 + (i + 1) % TIDS, round = i / 2 / GILS;

		if (i % 2 == 0) {
			fprintf(out, "gil %d\nt%d thread %d n%d\nt%d 1 0 ENTRY\nt%d 1 0 ACQUIRE\n", g, tid, i + 1,
				i % 7, tid, tid);
			if (round % ROUNDS == g)
				fprintf(out, "t9%d 1 0 ENTRY\nt9%d 1 0 BUSY\n", g, g);
			fprintf(out, "t%d 1 0 ENTRY\nt%d 1 0 BUSY on 1\nt%d 1 1 RELEASE\nt%d 0 0 LEAVE thread_end\n",
				next, next, tid, tid);
			continue;
		}
		fprintf(out, "t%d 1 0 ACQUIRE\nt%d 1 1 RELEASE\nt%d 0 0 LEAVE %s\n", tid, tid, tid,
			i % 11 ? "thread_end" : "gone");
		if (round % ROUNDS == g + ROUNDS_OF_WAIT)
			fprintf(out, "t9%d 1 1 ACQUIRE\nt9%d 1 2 RELEASE\n", g, g);
	}
	fclose(out);
	return text;
}

static void test_many_threads_are_told_alike(void **state)
{
	cleanup(freep) char *events = short_threads(SHORT);
	const struct model_options options = { .gil = NULL };
	size_t n;

	(void)state;
	n = expect_the_same_told(events, &options, FEW);
	assert_true(n > SHORT / 2);
}

static void test_many_threads_are_counted_alike(void **state)
{
	cleanup(freep) char *events = short_threads(SHORT), *few = NULL, *all = NULL;
	size_t rows;

	(void)state;
	rows = count(&few, events, FEW);
	assert_true(rows < SHORT / 4);
	assert_true(count(&all, events, nothing_is_forgotten) > SHORT - TIDS);
	assert_same(few, all);
}

/* What a thread asked for did is its own as long as there are not too many of them. */
static void test_threads_that_nobody_knows_go_first(void **state)
{
	cleanup(freep) char *events = short_threads(SHORT / 10);
	struct play p = { .options = { .thread = "n3", .threads_limit = 1000 } };
	const struct thread_metrics *threads;
	size_t n;

	(void)state;
	play(&p, events);
	n = metrics_threads(p.metrics, &threads);
	for (size_t i = 0; i < n; i++)
		assert_false(threads[i].folded);
	play_done(&p);
}

static void test_any_events_are_told_alike(void **state)
{
	static const struct model_options options[] = {
		{ 0 }, { .thread = "t2" }, { .time = "+500ns,+3us" }, { .thread = "n*" },
	};
	char events[8192];
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 800; i++) {
		struct model_options chosen = options[i % 4];
		unsigned seed = i;

		chosen.end_ns = 6000;
		play_any_events(events, sizeof(events), &seed);
		n += expect_the_same_told(events, &chosen, 1 + i % 3);
	}
	assert_true(n > 800);
}

/* Nobody names it again: its GIL goes to threads that are not asked for. */
static void test_a_last_holder_that_ended_stays(void **state)
{
	const struct model_options options = { .thread = "asked*", .time = "+100ns,", .end_ns = 100000 };
	cleanup(freep) char *events = NULL;
	size_t size;
	FILE *out = open_memstream(&events, &size);

	(void)state;
	fprintf(out, "@1000\ncreate 1us\nt1 thread 1 asked1\nt1 1 0 ENTRY\nt1 1 0 ACQUIRE\nt1 1 1 RELEASE\n"
		     "t1 0 0 LEAVE thread_end\ngil 2\nt2 thread 1 asked2\nt2 1 0 ENTRY\n@1200\ngil 1\n");
	for (int i = 100; i < 100 + 4 * FEW; i++)
		fprintf(out, "t%d thread %d other\nt%d 1 0 ENTRY\nt%d 1 0 ACQUIRE\nt%d 1 1 RELEASE\nt%d 0 0 LEAVE thread_end\n",
			i, i, i, i, i, i);
	fprintf(out, "gil 2\nt2 1 0 ACQUIRE\nt2 1 1 RELEASE\n");
	fclose(out);
	assert_int_equal(expect_the_same_told(events, &options, FEW), 0);
}

/* ---- what keeps names of threads beside the counts -------------------------------------------- */

static char *explain(const char *events, size_t limit)
{
	cleanup(battle_freep) struct battle *battle = NULL;
	struct battle_options options = { .fields = BATTLE_FIELDS, .explain = true };
	struct play p = { .options.threads_limit = limit };
	struct page page = { .utf8 = false };
	char *text;
	size_t size;

	page.out = open_memstream(&text, &size);
	assert_int_equal(battle_new(&battle, &page, &options), 0);
	p.extra = battle_sink(battle);
	play(&p, events);
	play_done(&p);
	fclose(page.out);
	return text;
}

static void test_a_battle_is_explained_alike(void **state)
{
	cleanup(freep) char *events = short_threads(SHORT / 10);
	cleanup(freep) char *few = explain(events, FEW), *all = explain(events, nothing_is_forgotten);

	(void)state;
	assert_same(few, all);
	assert_has(all, "signals");
}

static char *draw(const char *events, size_t limit)
{
	cleanup(timeline_freep) struct timeline *timeline = NULL;
	struct timeline_options options = { TIMELINE_TIME, 20 };
	struct play p = { .options.threads_limit = limit };
	struct page page = { .width = 80 };
	struct quality quality = { .damage = NULL };
	char *text;
	size_t size;

	assert_int_equal(timeline_new(&timeline, &options), 0);
	p.extra = timeline_sink(timeline);
	play(&p, events);
	quality.end = *metrics_end(p.metrics);
	play_done(&p);
	page.out = open_memstream(&text, &size);
	assert_int_equal(timeline_print(timeline, &quality, &page), 0);
	fclose(page.out);
	return text;
}

static void test_a_timeline_is_drawn_alike(void **state)
{
	cleanup(freep) char *events = short_threads(SHORT / 10);
	cleanup(freep) char *few = draw(events, FEW), *all = draw(events, nothing_is_forgotten);

	(void)state;
	assert_same(few, all);
	assert_has(all, "more threads without a lane");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_threads_are_told_alike),
		cmocka_unit_test(test_many_threads_are_counted_alike),
		cmocka_unit_test(test_threads_that_nobody_knows_go_first),
		cmocka_unit_test(test_any_events_are_told_alike),
		cmocka_unit_test(test_a_last_holder_that_ended_stays),
		cmocka_unit_test(test_a_battle_is_explained_alike),
		cmocka_unit_test(test_a_timeline_is_drawn_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
