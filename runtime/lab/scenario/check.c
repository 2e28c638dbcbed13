/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/scenario/scenario.h"
#include "runtime/lab/scenario/text.h"

#define wrong(s, at, ...) text_error((s)->path, (at)->line, (at)->column, __VA_ARGS__)

enum { NAME_SIZE = 64 };

static size_t runs_of(const struct body *body)
{
	return body->kind == BODY_THREAD ? body->copies : 1;
}

/* --- the shape of a body ------------------------------------------------------ */

static int check_handler(const struct scenario *s, const struct body *body)
{
	for (size_t i = 0; i < body->n_statements; i++) {
		const struct statement *st = &body->statements[i];

		if (st->kind != STATEMENT_COUNT && st->kind != STATEMENT_PRINT)
			return wrong(s, st, "a handler may only count and print: it interrupts "
				     "the main thread at any place");
	}
	return 0;
}

static int check_forever(const struct scenario *s, const struct body *body)
{
	for (size_t i = 0; i < body->n_statements; i++) {
		const struct statement *st = &body->statements[i];

		if (st->kind != STATEMENT_REPEAT || st->number != SCENARIO_FOREVER)
			continue;
		if (!body->daemon)
			return wrong(s, st, "only a daemon may repeat forever: the others are "
				     "waited for; write 'thread %s daemon'", body->name);
		if (i || st->object + 1 != body->n_statements)
			return wrong(s, st, "repeat forever must be all that its thread does");
	}
	return 0;
}

static int check_size(const struct scenario *s, const struct body *body)
{
	return body->n_statements <= SCENARIO_STATEMENTS_MAX ? 0 :
		wrong(s, body, "'%s' has %zu statements, %d at most: use repeat, or another thread", body->name,
		      body->n_statements, SCENARIO_STATEMENTS_MAX);
}

static int check_bodies(const struct scenario *s)
{
	int r = 0;

	if (!s->bodies[0].line)
		return text_error(s->path, 1, 1, "there is no main: write 'main', what the main "
				  "thread does, and 'end'");
	for (size_t i = 0; !r && i < s->n_bodies; i++) {
		if (s->bodies[i].kind == BODY_HANDLER)
			r = check_handler(s, &s->bodies[i]);
		if (!r)
			r = check_forever(s, &s->bodies[i]);
		if (!r)
			r = check_size(s, &s->bodies[i]);
	}
	return r;
}

/* --- names -------------------------------------------------------------------- */

struct thread_name {
	char text[NAME_SIZE];
	const struct body *body;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct thread_name *)a)->text, ((const struct thread_name *)b)->text);
}

/* A copy of `t` may be called as another thread is. */
static int check_names(const struct scenario *s)
{
	cleanup(freep) struct thread_name *names = calloc(s->n_threads + 1, sizeof(*names));
	size_t n = 0;

	if (!names)
		return err(-ENOMEM, "no memory for the names of %zu threads", s->n_threads);
	snprintf(names[n].text, NAME_SIZE, "MainThread");
	names[n++].body = &s->bodies[0];
	for (const struct body *body = s->bodies; body < s->bodies + s->n_bodies; body++) {
		for (size_t copy = 0; copy < body->copies; copy++) {
			names[n].body = body;
			body_thread_name(body, copy, names[n++].text, NAME_SIZE);
		}
	}
	qsort(names, n, sizeof(*names), compare_names);
	for (size_t i = 1; i < n; i++) {
		const struct body *a = names[i - 1].body, *b = names[i].body;

		if (!strcmp(names[i - 1].text, names[i].text))
			return wrong(s, a->line > b->line ? a : b,
				     "two threads would be called '%s': rename one", names[i].text);
	}
	return 0;
}

/* --- who starts and joins whom ------------------------------------------------ */

struct starts {
	const struct statement *where; /* NULL: nobody starts it */
	size_t by;                     /* index of the body */
	bool happens;                  /* is reached from main */
};

static int note_start(const struct scenario *s, size_t by, const struct statement *st, size_t depth,
		      struct starts *starts)
{
	const char *name = s->bodies[st->object].name;
	struct starts *start = &starts[st->object];

	if (s->bodies[by].daemon)
		return wrong(s, st, "a daemon may not start '%s': it may be late, when all others have ended",
			     name);
	if (depth)
		return wrong(s, st, "a thread starts only once: take 'start %s' out of the repeat",
			     name);
	if (start->where)
		return wrong(s, st, "'%s' is started already, in line %u: a thread starts only once",
			     name, start->where->line);
	if (runs_of(&s->bodies[by]) > 1)
		return wrong(s, st, "'%s' would be started by each of the %zu copies of '%s': "
			     "a thread starts only once", name, runs_of(&s->bodies[by]),
			     s->bodies[by].name);
	*start = (struct starts){ .where = st, .by = by };
	return 0;
}

static int find_starts(const struct scenario *s, struct starts *starts)
{
	for (size_t i = 0; i < s->n_bodies; i++) {
		const struct body *body = &s->bodies[i];
		size_t depth = 0;

		for (size_t j = 0; j < body->n_statements; j++) {
			const struct statement *st = &body->statements[j];
			int r = 0;

			if (st->kind == STATEMENT_START)
				r = note_start(s, i, st, depth, starts);
			if (r)
				return r;
			depth += st->kind == STATEMENT_REPEAT;
			depth -= st->kind == STATEMENT_END;
		}
	}
	return 0;
}

/* Threads that only start each other are started by nobody. */
static void follow_starts(const struct scenario *s, struct starts *starts)
{
	bool more = true;

	starts[0].happens = true;
	while (more) {
		more = false;
		for (size_t i = 1; i < s->n_bodies; i++) {
			if (!starts[i].where || starts[i].happens || !starts[starts[i].by].happens ||
			    !runs_of(&s->bodies[starts[i].by]))
				continue;
			starts[i].happens = more = true;
		}
	}
}

static int check_join(const struct scenario *s, size_t by, const struct statement *st,
		      const struct starts *starts)
{
	const struct body *body = &s->bodies[st->object];
	const struct starts *start = &starts[st->object];

	if (st->object == by)
		return wrong(s, st, "'%s' would wait for itself: join it in another thread",
			     body->name);
	if (body->detached)
		return wrong(s, st, "'%s' is detached, and cannot be joined: it is waited for at "
			     "the end", body->name);
	if (body->daemon)
		return wrong(s, st, "'%s' is a daemon, which ends after all others: nobody may "
			     "join it", body->name);
	/* One body's statements stand in the order of their lines. */
	if (start->by == by && start->where->line > st->line)
		return wrong(s, st, "'%s' is joined before it is started, in line %u", body->name,
			     start->where->line);
	return 0;
}

static int check_joins(const struct scenario *s, const struct starts *starts)
{
	for (size_t i = 0; i < s->n_bodies; i++) {
		const struct body *body = &s->bodies[i];

		for (size_t j = 0; j < body->n_statements; j++) {
			int r = 0;

			if (body->statements[j].kind == STATEMENT_JOIN)
				r = check_join(s, i, &body->statements[j], starts);
			if (r)
				return r;
		}
	}
	return 0;
}

static int check_starts(const struct scenario *s)
{
	cleanup(freep) struct starts *starts = calloc(s->n_bodies, sizeof(*starts));
	int r;

	if (!starts)
		return err(-ENOMEM, "no memory for %zu threads", s->n_bodies);
	r = find_starts(s, starts);
	if (r)
		return r;
	follow_starts(s, starts);
	for (size_t i = 1; i < s->n_bodies; i++)
		if (s->bodies[i].kind == BODY_THREAD && !starts[i].happens &&
		    (s->bodies[i].copies || !starts[i].where))
			return wrong(s, &s->bodies[i], "'%s' is never started: write 'start %s' "
				     "in main", s->bodies[i].name, s->bodies[i].name);
	return check_joins(s, starts);
}

/* --- channels ----------------------------------------------------------------- */

/* Of one channel; the bytes are INT64_MAX when there is no end of them. */
struct traffic {
	const struct statement *send, *recv; /* the first of each */
	const struct body *sender, *receiver;
	bool other_sender, other_receiver; /* they are not all one thread */
	int64_t sent, wanted;
};

static int64_t multiply(int64_t a, int64_t b)
{
	return __builtin_mul_overflow(a, b, &a) ? INT64_MAX : a;
}

static void add(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = INT64_MAX;
}

static void note_traffic(const struct body *body, const struct statement *st, int64_t times,
			 struct traffic *t)
{
	int64_t bytes = multiply(multiply(st->number, times), (int64_t)runs_of(body));
	bool alone = runs_of(body) == 1;

	if (st->kind == STATEMENT_SEND) {
		t->other_sender |= !alone || (t->send && t->sender != body);
		t->send = t->send ? t->send : st;
		t->sender = t->sender ? t->sender : body;
		add(&t->sent, bytes);
		return;
	}
	t->other_receiver |= !alone || (t->recv && t->receiver != body);
	t->recv = t->recv ? t->recv : st;
	t->receiver = t->receiver ? t->receiver : body;
	/* A daemon that still waits at the end keeps nobody. */
	if (!body->daemon)
		add(&t->wanted, bytes);
}

static void find_traffic(const struct body *body, struct traffic *traffic)
{
	int64_t times[SCENARIO_NESTING_MAX + 1] = { 1 };
	size_t depth = 0;

	if (!runs_of(body))
		return;
	for (size_t i = 0; i < body->n_statements; i++) {
		const struct statement *st = &body->statements[i];

		if (st->kind == STATEMENT_REPEAT) {
			times[depth + 1] = multiply(times[depth], st->number == SCENARIO_FOREVER ?
						    INT64_MAX : st->number);
			depth++;
		} else if (st->kind == STATEMENT_END) {
			depth--;
		} else if ((st->kind == STATEMENT_SEND || st->kind == STATEMENT_RECV) &&
			   times[depth]) {
			note_traffic(body, st, times[depth], &traffic[st->object]);
		}
	}
}

static int check_channel(const struct scenario *s, const struct channel_spec *channel,
			 const struct traffic *t)
{
	bool both = t->send && t->recv;
	/* One thread that does both has no peer either. */
	bool peers = both && (t->other_sender || t->other_receiver || t->sender != t->receiver);

	if (t->recv && !peers)
		return wrong(s, t->recv, "no other thread sends to '%s': this would wait forever",
			     channel->name);
	if (t->send && !peers)
		return wrong(s, t->send, "no other thread receives from '%s': this would fill it",
			     channel->name);
	if (t->wanted > t->sent)
		return wrong(s, t->recv, "%" PRId64 " bytes are received from '%s', and only %"
			     PRId64 " are sent: this would wait forever", t->wanted,
			     channel->name, t->sent);
	return 0;
}

static int check_channels(const struct scenario *s)
{
	/* One more, as calloc(0) may be NULL. */
	cleanup(freep) struct traffic *traffic = calloc(s->n_channels + 1, sizeof(*traffic));
	int r = 0;

	if (!traffic)
		return err(-ENOMEM, "no memory for %zu channels", s->n_channels);
	for (size_t i = 0; i < s->n_bodies; i++)
		find_traffic(&s->bodies[i], traffic);
	for (size_t i = 0; !r && i < s->n_channels; i++)
		r = check_channel(s, &s->channels[i], &traffic[i]);
	return r;
}

/* --- signals ------------------------------------------------------------------ */

static bool has_handler(const struct scenario *s, int64_t signal)
{
	for (size_t i = 0; i < s->n_bodies; i++)
		if (s->bodies[i].kind == BODY_HANDLER && s->bodies[i].signal == signal)
			return true;
	return false;
}

static int check_signals(const struct scenario *s)
{
	for (size_t i = 0; i < s->n_bodies; i++) {
		for (size_t j = 0; j < s->bodies[i].n_statements; j++) {
			const struct statement *st = &s->bodies[i].statements[j];
			const char *name = text_signal_name((int)st->number);

			if (st->kind == STATEMENT_KILL && !has_handler(s, st->number))
				return wrong(s, st, "nobody handles %s, so it would end the "
					     "program: 'on %s' makes a handler", name, name);
		}
	}
	return 0;
}

int scenario_check(const struct scenario *s)
{
	int r = check_bodies(s);

	r = r ? r : check_names(s);
	r = r ? r : check_starts(s);
	r = r ? r : check_channels(s);
	return r ? r : check_signals(s);
}
