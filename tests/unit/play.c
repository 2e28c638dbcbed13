/* SPDX-License-Identifier: MIT */
#include "play.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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

/* ---- what holds for every trace ---------------------------------------------------- */

static void check_cpus(const struct play *p, const struct gil_metrics *g)
{
	const struct thread_metrics *threads;
	size_t n = metrics_threads(p->metrics, &threads);
	uint64_t same = 0, other = 0;

	for (size_t i = 0; i < n; i++) {
		const struct thread_metrics *t = &threads[i];
		bool mine = t->info.gil->index == g->info.index;

		assert_true(t->failed_same_cpu + t->failed_other_cpu <= t->busy + t->retries);
		same += mine ? t->failed_same_cpu : 0;
		other += mine ? t->failed_other_cpu : 0;
	}
	assert_int_equal(same, g->failed_same_cpu);
	assert_int_equal(other, g->failed_other_cpu);
	assert_true(g->switches_same_cpu + g->switches_other_cpu <= g->switches);
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
		check_cpus(p, &gils[i]);
	}
}

void play(struct play *p, const char *events)
{
	struct sink writer = { .name = "writer", .data = p, .event = on_event,
			       .interval = on_interval, .attempt = on_attempt,
			       .handover = on_handover, .lost = on_lost };
	cleanup(model_freep) struct model *model = NULL;
	cleanup(freep) char *copy = strdup(events);
	struct score score = { .gil = UINT64_C(1) << 32 | 1 };
	struct sink *sinks[3] = { &writer, NULL, p->extra };

	p->options.trace = &trace;
	assert_int_equal(metrics_new(&p->metrics), 0);
	sinks[1] = metrics_sink(p->metrics);
	assert_int_equal(model_new(&model, &p->options, sinks, p->extra ? 3 : 2), 0);
	score.model = model;
	for (char *save, *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		play_line(&score, line);
	p->result = model_end(model, 0, false);
	if (p->result == 0)
		check_laws(p);
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
