/* SPDX-License-Identifier: MIT */
#include "runtime/lab/deadlock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/engine/eval.h"

enum { NAMED_MAX = 4 }; /* how many threads a sentence names */

static bool is_alive(const struct worker *w)
{
	return w->started && !w->over;
}

/* `repeat forever` is a daemon's only statement: it never comes to its end. */
static bool is_endless(const struct worker *w)
{
	return w->body->n_statements && w->body->statements[0].kind == STATEMENT_REPEAT &&
	       w->body->statements[0].number == SCENARIO_FOREVER;
}

/* ---- can it go on? ------------------------------------------------------- */

static bool uses(const struct worker *w, enum statement_kind kind, size_t object)
{
	for (size_t i = 0; i < w->body->n_statements; i++)
		if (w->body->statements[i].kind == kind && w->body->statements[i].object == object)
			return true;
	return false;
}

/* Could bytes be written now without waiting? */
static bool has_room(const struct channel *channel)
{
	struct pollfd fd = { .fd = channel->write_fd, .events = POLLOUT };

	return poll(&fd, 1, 0) == 1;
}

/* What it waits for is there already. */
static bool is_ready(const struct run *run, const struct wait *wait)
{
	const struct channel *channel = &run->channels[wait->object];

	switch (wait->kind) {
	case WAIT_NONE:
		return true;
	case WAIT_ALL:
		return workers_are_over(run, false);
	case WAIT_JOIN:
		return run->workers[wait->object].over;
	case WAIT_RECV:
		return channel->sent != channel->received;
	case WAIT_SEND:
		return has_room(channel);
	}
	return true;
}

/* Could `other`, which goes on, do what it waits for? */
static bool helps(const struct worker *other, const struct worker *w)
{
	switch (w->wait.kind) {
	case WAIT_JOIN:
		return !is_endless(other) && other == &w->run->workers[w->wait.object];
	case WAIT_RECV:
		return uses(other, STATEMENT_SEND, w->wait.object);
	case WAIT_SEND:
		return uses(other, STATEMENT_RECV, w->wait.object);
	default:
		return false;
	}
}

static bool is_helped(const struct run *run, const struct worker *w)
{
	for (size_t i = 0; i < run->n_workers; i++)
		if (run->workers[i].goes_on && &run->workers[i] != w && helps(&run->workers[i], w))
			return true;
	return false;
}

/* Who goes on, and whom those can help, and so forth. */
static void find_who_goes_on(struct run *run)
{
	bool more = true;

	for (size_t i = 0; i < run->n_workers; i++)
		run->workers[i].goes_on = is_alive(&run->workers[i]) && is_ready(run, &run->workers[i].wait);
	while (more) {
		more = false;
		for (size_t i = 0; i < run->n_workers; i++) {
			struct worker *w = &run->workers[i];

			if (!is_alive(w) || w->goes_on || !is_helped(run, w))
				continue;
			w->goes_on = more = true;
		}
	}
}

/* Daemons may wait, or run, for ever: they end with the others. */
static bool is_dead(struct run *run)
{
	bool any = false;

	for (size_t i = 0; i < run->n_workers; i++) {
		const struct worker *w = &run->workers[i];

		if (!is_alive(w) || is_endless(w))
			continue;
		if (!w->wait.kind)
			return false;
		any |= !w->state.daemon;
	}
	if (!any)
		return false;
	find_who_goes_on(run);
	for (size_t i = 0; i < run->n_workers; i++)
		if (run->workers[i].goes_on && !run->workers[i].state.daemon)
			return false;
	return true;
}

/* ---- saying it ----------------------------------------------------------- */

static void describe(const struct worker *w, char *text, size_t size)
{
	const struct scenario *s = w->run->scenario;
	const char *name = w->state.gil->name;

	if (w->wait.kind == WAIT_ALL)
		snprintf(text, size, "%s has ended and waits for the others", name);
	else if (w->wait.kind == WAIT_JOIN)
		snprintf(text, size, "%s waits for the end of %s (line %u)", name,
			 w->run->workers[w->wait.object].state.gil->name, w->wait.line);
	else
		snprintf(text, size, "%s waits in %s '%s' (line %u)", name,
			 w->wait.kind == WAIT_RECV ? "recv from" : "send to",
			 s->channels[w->wait.object].name, w->wait.line);
}

static _Noreturn void say(const struct run *run)
{
	char text[NAMED_MAX * 160] = "", one[160];
	size_t n = 0;

	for (size_t i = 0; i < run->n_workers; i++) {
		const struct worker *w = &run->workers[i];

		if (!is_alive(w) || !w->wait.kind || n++ >= NAMED_MAX)
			continue;
		describe(w, one, sizeof(one));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", n > 1 ? ", " : "", one);
	}
	if (n > NAMED_MAX)
		err(-EDEADLK, "%s: deadlock: %s, and %zu more wait: nobody is left to wake them",
		    run->scenario->path, text, n - NAMED_MAX);
	else
		err(-EDEADLK, "%s: deadlock: %s: nobody is left to wake %s", run->scenario->path, text,
		    n > 1 ? "them" : "it");
	run_fails();
}

void deadlock_look(struct run *run)
{
	if (!run->ending && is_dead(run))
		say(run);
}

/* ---- waiting ------------------------------------------------------------- */

void deadlock_begin_wait(struct worker *w, enum wait_kind kind, size_t object)
{
	pthread_mutex_lock(&w->run->mutex);
	w->wait = (struct wait){ .kind = kind, .object = object, .line = eval_line(&w->state) };
	deadlock_look(w->run);
	pthread_mutex_unlock(&w->run->mutex);
}

void deadlock_end_recv(struct worker *w, uint64_t bytes)
{
	pthread_mutex_lock(&w->run->mutex);
	w->run->channels[w->wait.object].received += bytes;
	w->wait.kind = WAIT_NONE;
	pthread_mutex_unlock(&w->run->mutex);
}

void deadlock_end_wait(struct worker *w)
{
	pthread_mutex_lock(&w->run->mutex);
	w->wait.kind = WAIT_NONE;
	pthread_mutex_unlock(&w->run->mutex);
}
