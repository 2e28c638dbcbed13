/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/course.h"

static const struct trace_info trace = { .path = "a.trace", .domain = "ust" };

__attribute__((format(printf, 2, 3)))
static void say(struct play *p, const char *fmt, ...)
{
	size_t length = strlen(p->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->log + length, sizeof(p->log) - length, fmt, ap);
	va_end(ap);
}

/* ---- a sink that writes down what it is told ------------------------------------ */

static const char *const shouts[GIL_KINDS] = { "CREATE", "DESTROY", "THREAD", "INTERVAL", "ENTRY",
					       "BUSY", "RETRY", "ACQUIRE", "RELEASE", "LEAVE" };

static int on_event(void *data, const struct gil_event *ev, const struct step *step)
{
	struct play *p = data;

	if (step->switched_from)
		say(p, "..... A thread switch\n");
	if (ev->kind >= GIL_FIRST_HOT)
		say(p, "%s %d %" PRIu64 " %s\n", step->thread->name, ev->tick, ev->checks,
		    shouts[ev->kind]);
	if (step->violation)
		say(p, "! %s\n", step->violation);
	return 0;
}

static int on_interval(void *data, const struct interval *i)
{
	struct play *p = data;

	assert_true(i->to_ns >= i->from_ns);
	if (p->whole_log)
		say(p, "  %s %s %" PRId64 "..%" PRId64 "%s\n", i->thread->name,
		    thread_state_name(i->state), i->from_ns, i->to_ns, i->whole ? "" : " cut");
	return 0;
}

static int on_attempt(void *data, const struct attempt *a)
{
	struct play *p = data;
	int64_t sum_ns = 0;

	for (uint32_t i = 0; i < a->n_blames; i++) {
		assert_true(a->blames[i].ns > 0);
		sum_ns += a->blames[i].ns;
	}
	assert_int_equal(sum_ns, a->to_ns - a->from_ns);
	if (a->busy || a->retries)
		p->contended_ns += (uint64_t)sum_ns;
	if (!p->whole_log)
		return 0;
	say(p, "  %s attempt %" PRId64 "..%" PRId64 " %s%s %u+%u(%u)", a->thread->name, a->from_ns,
	    a->to_ns, a->acquired ? "acquired" : a->still_waiting ? "open" : a->cut ? "lost" : "left",
	    a->whole ? "" : " cut", a->busy, a->retries, a->retries_timed_out);
	for (uint32_t i = 0; i < a->n_blames; i++)
		say(p, " %s:%" PRId64, a->blames[i].holder ? a->blames[i].holder->name : "-",
		    a->blames[i].ns);
	say(p, "\n");
	return 0;
}

static int on_handover(void *data, const struct handover *h)
{
	struct play *p = data;

	if (p->whole_log)
		say(p, "  %s -> %s dead %" PRId64 "\n", h->from->name, h->to->name, h->wanted_ns);
	return 0;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	say(data, "lost %" PRIu64 " events\n", loss->events);
	return 0;
}

/* ---- the reader of event lists --------------------------------------------------- */

struct score {
	struct model *model;
	uint64_t gil;
	int64_t ts_ns;
};

static struct gil_event parse_thread(int32_t tid, const char *rest)
{
	static char name[64];
	struct gil_event ev = { .kind = GIL_THREAD, .tid = tid, .cpu = 0 };
	unsigned serial;

	name[0] = '\0';
	assert_true(sscanf(rest, "%u %63s", &serial, name) >= 1);
	ev.thread = (struct gil_thread_fields){ .pid = 77, .serial = serial, .name = name };
	ev.thread.is_main = !strcmp(name, "main");
	if (ev.thread.is_main)
		name[0] = '\0';
	return ev;
}

static struct gil_event parse_hot(int32_t tid, const char *rest)
{
	struct gil_event ev = { .tid = tid, .cpu = tid };
	char event[16] = "", more[16] = "";
	const char *cpu = strstr(rest, " on ");

	assert_true(sscanf(rest, "%d %" SCNu64 " %15s %15s", &ev.tick, &ev.checks, event, more) >= 3);
	for (ev.kind = GIL_FIRST_HOT; strcmp(shouts[ev.kind], event) != 0; ev.kind++)
		assert_true(ev.kind < GIL_LEAVE);
	if (cpu)
		ev.cpu = (int32_t)strtol(cpu + strlen(" on "), NULL, 10);
	if (ev.kind == GIL_RETRY)
		ev.timed_out = !strcmp(more, "timeout");
	if (ev.kind == GIL_RELEASE)
		ev.drop_requested = !strcmp(more, "request");
	if (ev.kind == GIL_LEAVE)
		ev.reason = !strcmp(more, "poke") ? GIL_LEAVE_POKE :
			    !strcmp(more, "thread_end") ? GIL_LEAVE_THREAD_END : GIL_LEAVE_GONE;
	return ev;
}

static struct gil_event parse_create(const char *rest)
{
	long interval = strtol(rest, NULL, 10);
	bool ticked = !strstr(rest, "us");

	return (struct gil_event){
		.kind = GIL_CREATE,
		.create = { .pid = 77, .schema = GIL_SCHEMA, .flags = ticked ? GIL_FLAG_TICKED : 0,
			    .interval = interval, .recording = strstr(rest, "mine") ? "mine" : "",
			    .design = "cond", .version = "test" },
	};
}

static void play_line(struct score *s, const char *line)
{
	struct gil_event ev;
	struct gil_loss loss = { .events_known = true };
	int tid, n = 0;

	if (line[0] == '.' || line[0] == '\0')
		return;
	if (line[0] == '@') {
		s->ts_ns = strtoll(line + 1, NULL, 10) - 10;
		return;
	}
	if (sscanf(line, "gil %" SCNu64, &s->gil) == 1)
		return;
	if (sscanf(line, "lost %" SCNd64 " %" SCNd64 " %" SCNu64, &loss.from_ns, &loss.to_ns,
		   &loss.events) == 3) {
		assert_int_equal(model_lost(s->model, &loss), 0);
		return;
	}
	if (!strncmp(line, "create ", 7))
		ev = parse_create(line + 7);
	else if (sscanf(line, "t%d thread %n", &tid, &n) == 1 && n)
		ev = parse_thread(tid, line + n);
	else if (sscanf(line, "t%d %n", &tid, &n) == 1)
		ev = parse_hot(tid, line + n);
	else
		fail_msg("what is '%s'?", line);
	ev.gil = s->gil;
	ev.ts_ns = s->ts_ns += 10;
	assert_true(model_feed(s->model, &ev) >= 0);
}

/* All of the list, to any sinks. */
static int feed(const struct play *p, const char *events, struct sink *const *sinks, size_t n_sinks)
{
	cleanup(model_freep) struct model *model = NULL;
	cleanup(freep) char *copy = strdup(events);
	struct score score = { .gil = UINT64_C(1) << 32 | 1 };

	assert_int_equal(model_new(&model, &p->options, sinks, n_sinks), 0);
	score.model = model;
	for (char *save, *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		play_line(&score, line);
	return model_end(model, 0, false);
}

/* ---- what holds for every trace ---------------------------------------------------- */

/* Their threads' sums, and how the GILs' numbers compare. */
static void check_gil(const struct play *p, const struct gil_metrics *g)
{
	const struct thread_metrics *threads;
	size_t n = metrics_threads(p->metrics, &threads);
	struct gil_metrics sum = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct thread_metrics *t = &threads[i];

		assert_true(t->failed_same_cpu + t->failed_other_cpu <= t->busy + t->retries);
		assert_true(t->barging + t->switches_in <= t->acquisitions);
		assert_true(t->life_ns || !t->attempt.ns);
		assert_true(histogram_max(t->wait_ns) <= t->attempt.ns || t->folded);
		if (t->info.gil->index != g->info.index)
			continue;
		sum.acquisitions += t->acquisitions;
		sum.acquisitions_contended += t->acquisitions_contended;
		sum.failed += t->busy + t->retries;
		sum.failed_same_cpu += t->failed_same_cpu;
		sum.failed_other_cpu += t->failed_other_cpu;
		sum.releases += t->releases;
		sum.checks += t->checks;
		sum.barging += t->barging;
		sum.held_ns += t->state_ns[STATE_HOLDING];
		sum.wait_ns += t->state_ns[STATE_ENTERING] + t->state_ns[STATE_WAITING];
	}
	assert_int_equal(sum.acquisitions, g->acquisitions);
	assert_int_equal(sum.acquisitions_contended, g->acquisitions_contended);
	assert_int_equal(sum.failed, g->failed);
	assert_int_equal(g->busy + g->retries, g->failed);
	assert_int_equal(sum.failed_same_cpu, g->failed_same_cpu);
	assert_int_equal(sum.failed_other_cpu, g->failed_other_cpu);
	assert_int_equal(sum.releases, g->releases);
	assert_int_equal(sum.checks, g->checks);
	assert_int_equal(sum.barging, g->barging);
	assert_int_equal(sum.held_ns, g->held_ns);
	assert_int_equal(sum.wait_ns, g->wait_ns);
	assert_true(g->switches_same_cpu + g->switches_other_cpu <= g->switches);
	assert_true(histogram_count(g->handover_ns) <= g->switches);
	assert_true(g->dead_ns >= histogram_total(g->handover_ns));
	assert_true(g->held_ns <= g->active_ns && g->wanted_ns <= g->active_ns);
	assert_true(g->active_ns <= g->wall_ns && g->waiting_ns <= g->wait_ns);
	assert_true(g->wanted_ns <= g->waiting_ns && g->waiting_ns <= g->waiters_max * g->wanted_ns);
	assert_false(g->fairness_hold > 1.000001 || g->fairness_progress > 1.000001);
}

/* What waits blame on holders is all of the waits with a BUSY. */
static void check_pairs(const struct play *p)
{
	const struct gil_metrics *gils;
	const struct thread_metrics *threads;
	const struct pair_metrics *pairs;
	size_t n = metrics_pairs(p->metrics, &pairs), n_gils = metrics_gils(p->metrics, &gils);
	uint64_t wait_ns = 0, blocked_ns = 0, failed = 0, handovers = 0, handover_ns = 0;

	metrics_threads(p->metrics, &threads);
	for (size_t i = 0; i < n; i++) {
		const struct pair_metrics *pair = &pairs[i];

		assert_true(!pair->waits == (pair->first_ns == INT64_MIN));
		assert_true(!pair->waits == (pair->max_at_ns == INT64_MIN));
		assert_true(pair->max_ns <= pair->wait_ns && pair->last_ns >= pair->first_ns);
		wait_ns += pair->wait_ns;
		failed += pair->failed;
		handovers += pair->handovers;
		handover_ns += pair->handover_ns;
		if (pair->holder < PAIR_OTHERS && threads[pair->holder].info.selected)
			blocked_ns += pair->wait_ns;
	}
	assert_int_equal(wait_ns, p->contended_ns);
	for (size_t i = 0; i < n_gils; i++) {
		failed -= gils[i].failed;
		handovers -= gils[i].switches;
		handover_ns -= gils[i].dead_ns;
	}
	assert_int_equal(failed, 0);
	assert_int_equal(handovers, 0);
	assert_int_equal(handover_ns, 0);
	for (size_t i = 0, rows = metrics_threads(p->metrics, &threads); i < rows; i++)
		blocked_ns -= threads[i].blocked_others_ns;
	assert_int_equal(blocked_ns, 0);
}

/* A row of buckets without a gap; each number sums to that of the GIL. @return how many. */
static size_t check_row(const struct play *p, const struct gil_metrics *g, const struct bucket *buckets,
			size_t n)
{
	const struct trace_end *e = metrics_end(p->metrics);
	struct bucket sum = { 0 };
	size_t i;

	assert_int_equal(buckets[0].from_ns, e->begin_ns);
	for (i = 0; i < n && buckets[i].gil == g->info.index; i++) {
		const struct bucket *b = &buckets[i];
		uint64_t ns = (uint64_t)(b->to_ns - b->from_ns);

		assert_int_equal(b->from_ns, i ? b[-1].to_ns : e->begin_ns);
		assert_true(b->held_ns <= ns && b->wanted_ns <= ns && b->wanted_ns <= b->waiting_ns);
		assert_true(b->waiting_ns <= b->waiters_max * b->wanted_ns && b->waiting_ns <= b->wait_ns);
		sum.acquisitions += b->acquisitions;
		sum.acquisitions_contended += b->acquisitions_contended;
		sum.busy += b->busy;
		sum.retries += b->retries;
		sum.failed += b->failed;
		sum.releases += b->releases;
		sum.releases_requested += b->releases_requested;
		sum.checks += b->checks;
		sum.switches += b->switches;
		sum.held_ns += b->held_ns;
		sum.wait_ns += b->wait_ns;
		sum.waiting_ns += b->waiting_ns;
		sum.wanted_ns += b->wanted_ns;
		sum.dead_ns += b->dead_ns;
		if (b->waiters_max > sum.waiters_max)
			sum.waiters_max = b->waiters_max;
	}
	assert_int_equal(buckets[i - 1].to_ns, e->end_ns);
	assert_int_equal(sum.acquisitions, g->acquisitions);
	assert_int_equal(sum.acquisitions_contended, g->acquisitions_contended);
	assert_int_equal(sum.busy, g->busy);
	assert_int_equal(sum.retries, g->retries);
	assert_int_equal(sum.failed, g->failed);
	assert_int_equal(sum.releases, g->releases);
	assert_int_equal(sum.releases_requested, g->releases_requested);
	assert_int_equal(sum.checks, g->checks);
	assert_int_equal(sum.switches, g->switches);
	assert_int_equal(sum.held_ns, g->held_ns);
	assert_int_equal(sum.wait_ns, g->wait_ns);
	assert_int_equal(sum.waiting_ns, g->waiting_ns);
	assert_int_equal(sum.wanted_ns, g->wanted_ns);
	assert_int_equal(sum.dead_ns, g->dead_ns);
	assert_int_equal(sum.waiters_max, g->waiters_max);
	return i;
}

static void check_course(const struct play *p, const char *events)
{
	static const uint64_t widths[] = { 0, 1, 7, 60, 1000, 4567, UINT64_MAX };
	enum { WIDTHS = sizeof(widths) / sizeof(widths[0]) };
	const struct trace_end *e = metrics_end(p->metrics);
	uint64_t span_ns = (uint64_t)(e->end_ns - e->begin_ns);
	struct course *courses[WIDTHS];
	struct sink *sinks[WIDTHS];
	const struct gil_metrics *gils;
	size_t n_gils = metrics_gils(p->metrics, &gils), n = 0;

	for (size_t i = 0; i < WIDTHS; i++)
		if (!widths[i] || span_ns / widths[i] < 4000) {
			assert_int_equal(course_new(&courses[n], widths[i]), 0);
			sinks[n] = course_sink(courses[n]);
			n++;
		}
	assert_int_equal(feed(p, events, sinks, n), 0);
	for (size_t i = 0; i < n; i++) {
		const struct bucket *buckets;
		size_t rest = course_buckets(courses[i], &buckets);

		for (size_t g = 0; g < n_gils; g++) {
			size_t used = check_row(p, &gils[g], buckets, rest);

			buckets += used;
			rest -= used;
		}
		assert_int_equal(rest, 0);
		course_free(courses[i]);
	}
}

static void check_laws(const struct play *p)
{
	const struct trace_end *e = metrics_end(p->metrics);
	const struct thread_metrics *threads;
	const struct gil_metrics *gils;
	size_t n = metrics_threads(p->metrics, &threads);

	assert_int_equal(e->events_by_kind[GIL_ENTRY] + e->attempts_found,
			 e->events_by_kind[GIL_ACQUIRE] + e->attempts_left + e->pokes +
			 e->attempts_cut + e->still_waiting);
	assert_int_equal(e->events_by_kind[GIL_ACQUIRE] + e->holds_found,
			 e->events_by_kind[GIL_RELEASE] + e->holds_cut + e->still_holding);
	for (size_t i = 0; i < n; i++) {
		uint64_t sum_ns = 0;

		for (int s = 0; s < THREAD_STATES; s++)
			sum_ns += threads[i].state_ns[s];
		assert_int_equal(sum_ns, threads[i].life_ns);
	}
	n = metrics_gils(p->metrics, &gils);
	for (size_t i = 0; i < n; i++) {
		assert_true(gils[i].held_ns <= (uint64_t)(e->end_ns - e->begin_ns));
		assert_true(gils[i].wanted_ns <= (uint64_t)(e->end_ns - e->begin_ns));
		check_gil(p, &gils[i]);
	}
	check_pairs(p);
}

void play(struct play *p, const char *events)
{
	struct sink writer = { .name = "writer", .data = p, .event = on_event,
			       .interval = on_interval, .attempt = on_attempt,
			       .handover = on_handover, .lost = on_lost };
	struct sink *sinks[3] = { &writer, NULL, p->extra };

	p->options.trace = &trace;
	assert_int_equal(metrics_new(&p->metrics), 0);
	sinks[1] = metrics_sink(p->metrics);
	p->result = feed(p, events, sinks, p->extra ? 3 : 2);
	if (p->result)
		return;
	check_laws(p);
	check_course(p, events);
}

void play_any_events(char *text, size_t size, unsigned *seed)
{
	static const char *const events[] = { "ENTRY", "BUSY", "RETRY", "RETRY timeout", "ACQUIRE", "ACQUIRE",
					      "RELEASE", "RELEASE request", "LEAVE gone", "LEAVE poke",
					      "LEAVE thread_end" };
	int now_ns = 1000;
	size_t n = (size_t)snprintf(text, size, "@1000\ncreate 1us\n");

	for (int i = 0; i < 80; i++) {
		unsigned what = (unsigned)rand_r(seed) % 100;

		now_ns += rand_r(seed) % 3 ? rand_r(seed) % 200 : 0;
		if (what == 0)
			n += (size_t)snprintf(text + n, size - n, "lost %d %d 3\n", now_ns, now_ns + rand_r(seed) % 300);
		else if (what == 1)
			n += (size_t)snprintf(text + n, size - n, "gil %d\n", 1 + rand_r(seed) % 2);
		else if (what == 2)
			n += (size_t)snprintf(text + n, size - n, "@%d\nt%d thread %d n%d\n", now_ns,
					      1 + rand_r(seed) % 4, 1 + rand_r(seed) % 2, rand_r(seed) % 3);
		else
			n += (size_t)snprintf(text + n, size - n, "@%d\nt%d 1 %d %s on %d\n", now_ns,
					      1 + rand_r(seed) % 4, i, events[what % 11], rand_r(seed) % 3 - 1);
	}
}

void play_done(struct play *p)
{
	p->metrics = metrics_free(p->metrics);
}

const struct thread_metrics *play_thread(const struct play *p, const char *name)
{
	const struct thread_metrics *threads;
	size_t n = metrics_threads(p->metrics, &threads);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(threads[i].info.name, name))
			return &threads[i];
	fail_msg("there is no thread %s", name);
	return NULL;
}

const struct pair_metrics *play_pair(const struct play *p, const char *waiter, const char *holder)
{
	const struct thread_metrics *threads;
	const struct pair_metrics *pairs;
	size_t n = metrics_pairs(p->metrics, &pairs);

	metrics_threads(p->metrics, &threads);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(threads[pairs[i].waiter].info.name, waiter) &&
		    !strcmp(pairs[i].holder == PAIR_NOBODY ? "-" : threads[pairs[i].holder].info.name,
			    holder))
			return &pairs[i];
	fail_msg("%s never waited for %s", waiter, holder);
	return NULL;
}
