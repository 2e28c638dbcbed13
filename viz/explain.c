/* SPDX-License-Identifier: MIT */
#include "viz/explain.h"

#include "base/err.h"
#include "viz/array.h"
#include "viz/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* The fight for one GIL. */
struct scene {
	const struct thread_info *waiter;   /* who blocked last */
	const struct thread_info *signaller; /* whose RELEASE is not answered yet; NULL: none */
	int64_t signal_ns;
	unsigned since_signal;              /* events, up to BRACKET_MOST */
	uint64_t rounds, losses;            /* of the battle going on; rounds is 0 without one */
	uint64_t switches;                  /* from thread to thread */
};

/* What one thread went through. */
struct fighter {
	uint32_t failed; /* in the present attempt */
	uint64_t asleep_at; /* the switches when it last went to sleep */
	bool has_held;
	char *name; /* as it was shown last; NULL: not yet, or never again */
};

struct explainer {
	struct page page;
	struct scene *scenes; /* by gil index */
	size_t n_scenes;
	struct fighter *fighters; /* by thread index */
	size_t n_fighters;
	char sentence[1536];
};

int explainer_new(struct explainer **out, const struct page *page)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return err(-ENOMEM, "out of memory");
	(*out)->page = *page;
	return 0;
}

struct explainer *explainer_free(struct explainer *x)
{
	if (!x)
		return NULL;
	for (size_t i = 0; i < x->n_fighters; i++)
		free(x->fighters[i].name);
	free(x->scenes);
	free(x->fighters);
	free(x);
	return NULL;
}

__attribute__((format(printf, 2, 3)))
static void say(struct explainer *x, const char *fmt, ...)
{
	size_t used = strlen(x->sentence);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->sentence + used, sizeof(x->sentence) - used, fmt, ap);
	va_end(ap);
}

#define THREAD(t) NAME(&x->page, (t)->name)

static bool holds(const struct thread_info *t)
{
	return t && t->state == STATE_HOLDING;
}

/* ---- one function for each kind of event -------------------------------------- */

static void on_busy(struct explainer *x, struct scene *s, struct fighter *f, const struct step *step)
{
	s->waiter = step->thread;
	f->failed = 1;
	f->asleep_at = s->switches;
	s->losses += s->rounds > 0;
	say(x, "%s %s, but has to block: ", THREAD(step->thread),
	    f->has_held ? "tries to keep running" : "wants to run");
	if (holds(step->holder))
		say(x, "%s holds the GIL.", THREAD(step->holder));
	else
		say(x, "the GIL is taken.");
}

/* CPython's waiter asks only a holder who kept the GIL through all of its sleep. */
static void on_timeout(struct explainer *x, const struct scene *s, const struct fighter *f,
		       const struct step *step)
{
	say(x, "%s has waited ", THREAD(step->thread));
	if (step->gil->interval && !gil_is_ticked(step->gil))
		say(x, "%s%s", f->failed > 2 ? "another " : "",
		    DURATION((uint64_t)step->gil->interval * 1000));
	else
		say(x, "in vain");
	if (s->switches != f->asleep_at)
		say(x, "; the GIL changed hands meanwhile, so it asks nobody yet.");
	else if (holds(step->holder))
		say(x, " and asks %s to let the GIL go.", THREAD(step->holder));
	else
		say(x, " and asks for the GIL to be let go.");
}

static void on_lost_race(struct explainer *x, const struct scene *s, const struct gil_event *e,
			 const struct step *step)
{
	/* Within a battle the bracket says it all; the first time it is put into words. */
	if (s->rounds && s->losses > 1 && s->since_signal < BRACKET_MOST)
		return;
	say(x, "%s woke up", THREAD(step->thread));
	if (s->signaller && e->ts_ns > s->signal_ns)
		say(x, " %s after %s's signal", DURATION((uint64_t)(e->ts_ns - s->signal_ns)),
		    THREAD(s->signaller));
	if (holds(step->holder))
		say(x, ", found the GIL in use by %s, and blocks again.", THREAD(step->holder));
	else
		say(x, ", was too late for the GIL, and blocks again.");
}

static enum bracket on_retry(struct explainer *x, struct scene *s, struct fighter *f,
			     const struct gil_event *e, const struct step *step)
{
	enum bracket bracket = BRACKET_NONE;

	s->waiter = step->thread;
	s->losses += s->rounds > 0;
	f->failed++;
	if (e->timed_out)
		on_timeout(x, s, f, step);
	f->asleep_at = s->switches;
	if (e->timed_out)
		return BRACKET_NONE;
	on_lost_race(x, s, e, step);
	if (s->signaller && s->since_signal < BRACKET_MOST)
		bracket = BRACKET_CLOSE;
	s->signaller = NULL;
	return bracket;
}

static enum bracket on_release(struct explainer *x, struct scene *s, struct fighter *f,
			       const struct gil_event *e, const struct step *step)
{
	f->has_held = true;
	if (!step->waiters)
		return BRACKET_NONE;
	if (!s->rounds) {
		say(x, "%s lets the GIL go%s and signals ", THREAD(step->thread),
		    e->drop_requested && !gil_is_ticked(step->gil) ? ", as it was asked to," : "");
		if (step->waiters > 1)
			say(x, "one of %s waiters.", COUNT(step->waiters));
		else if (s->waiter && s->waiter->state == STATE_WAITING)
			say(x, "%s.", THREAD(s->waiter));
		else
			say(x, "a waiter.");
	}
	if (s->signaller)
		return BRACKET_NONE;
	s->signaller = step->thread;
	s->signal_ns = e->ts_ns;
	s->since_signal = 0;
	return BRACKET_OPEN;
}

static void say_cost(struct explainer *x, const struct fighter *f, const struct gil_event *e,
		     const struct step *step)
{
	say(x, "%s has the GIL after ", THREAD(step->thread));
	if (step->since_ns != INT64_MIN)
		say(x, "%s and ", DURATION((uint64_t)(e->ts_ns - step->since_ns)));
	say(x, "%s%s failed %s", step->since_ns == INT64_MIN ? "at least " : "", COUNT(f->failed), PLURAL(f->failed, "attempt"));
}

static enum bracket on_acquire(struct explainer *x, struct scene *s, struct fighter *f,
			       const struct gil_event *e, const struct step *step)
{
	enum bracket bracket = BRACKET_NONE;

	s->switches += step->switched_from != NULL;
	if (s->signaller == step->thread && step->waiters) {
		/* The signal is out, but the one who gave it was faster. */
		if (!s->rounds++)
			say(x, "Here, the GIL battle begins: %s takes the GIL back before the thread that "
			    "it has signalled can get to it.", THREAD(step->thread));
	} else {
		if (step->before == STATE_WAITING) {
			say(x, "%s", s->rounds ? "The battle ends: " : "");
			say_cost(x, f, e, step);
			if (s->rounds && step->switched_from)
				say(x, ", while %s took it back %s %s", THREAD(step->switched_from),
				    COUNT(s->rounds), PLURAL(s->rounds, "time"));
			say(x, ".");
		}
		s->rounds = s->losses = 0;
		s->signaller = NULL;
		bracket = BRACKET_DROP;
	}
	f->failed = 0;
	f->has_held = true;
	return bracket;
}

static enum bracket on_leave(struct explainer *x, struct scene *s, const struct gil_event *e,
			     const struct step *step)
{
	static const char *const words[GIL_LEAVE_REASONS] = {
		[GIL_LEAVE_POKE] = "only looked at the lock; it never wanted the GIL",
		[GIL_LEAVE_GONE] = "gives up: the interpreter is shutting down",
		[GIL_LEAVE_GIL_OFF] = "needs no GIL: it was switched off",
		[GIL_LEAVE_THREAD_END] = "ends",
	};

	if (e->reason < GIL_LEAVE_REASONS)
		say(x, "%s %s.", THREAD(step->thread), words[e->reason]);
	if (step->waiters)
		return BRACKET_NONE;
	s->signaller = NULL;
	s->rounds = s->losses = 0;
	return BRACKET_DROP;
}

static int note_name(struct fighter *f, const struct thread_info *thread)
{
	free(f->name);
	f->name = strdup(thread->name);
	return f->name ? 0 : err(-ENOMEM, "out of memory");
}

int explainer_event(struct explainer *x, const struct gil_event *event, const struct step *step,
		    enum bracket *bracket, const char **sentence)
{
	struct scene *s;
	struct fighter *f;
	int r;

	*bracket = BRACKET_NONE;
	*sentence = x->sentence;
	x->sentence[0] = '\0';
	if (event->kind < GIL_FIRST_HOT || !step->thread)
		return 0;
	r = array_reach(&x->scenes, &x->n_scenes, step->gil->index, sizeof(*x->scenes));
	if (!r)
		r = array_reach(&x->fighters, &x->n_fighters, step->thread->index, sizeof(*x->fighters));
	if (r)
		return r;
	s = &x->scenes[step->gil->index];
	f = &x->fighters[step->thread->index];
	if (!f->name)
		r = note_name(f, step->thread);
	if (r)
		return r;
	if (event->kind == GIL_BUSY)
		on_busy(x, s, f, step);
	else if (event->kind == GIL_RETRY)
		*bracket = on_retry(x, s, f, event, step);
	else if (event->kind == GIL_RELEASE)
		*bracket = on_release(x, s, f, event, step);
	else if (event->kind == GIL_ACQUIRE)
		*bracket = on_acquire(x, s, f, event, step);
	else if (event->kind == GIL_LEAVE)
		*bracket = on_leave(x, s, event, step);
	if (s->signaller && ++s->since_signal == BRACKET_MOST)
		*bracket = BRACKET_DROP;
	return 0;
}

/* ---- facts ------------------------------------------------------------------ */

const char *explainer_gil(struct explainer *x, const struct gil_info *gil)
{
	x->sentence[0] = '\0';
	if (!gil->known)
		return x->sentence;
	say(x, "Process %" PRId32 " has a GIL: %s.", gil->pid, GIL(&x->page, gil));
	return x->sentence;
}

int explainer_thread(struct explainer *x, const struct thread_info *thread, const char **sentence)
{
	int r = array_reach(&x->fighters, &x->n_fighters, thread->index, sizeof(*x->fighters));
	struct fighter *f;

	*sentence = x->sentence;
	x->sentence[0] = '\0';
	if (r || !thread->named)
		return r;
	f = &x->fighters[thread->index];
	/* The lines above have its earlier name. */
	if (f->name && strcmp(f->name, thread->name) != 0)
		say(x, "%s is from now on called %s (thread %" PRId32 " of process %" PRId32 ").",
		    NAME(&x->page, f->name), THREAD(thread), thread->tid, thread->pid);
	else
		say(x, "Thread %" PRId32 " of process %" PRId32 " is called %s.", thread->tid,
		    thread->pid, THREAD(thread));
	return f->name ? note_name(f, thread) : 0;
}

static bool has_ended(const struct thread_info *t)
{
	return t && t->state == STATE_ENDED;
}

/* An ended one waits no more; and who signalled last and let nobody else in is not retired, as the last holder. */
void explainer_retire(struct explainer *x, const struct thread_info *const *threads, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (threads[i]->index < x->n_fighters)
			free(steal(&x->fighters[threads[i]->index].name));
	for (size_t i = 0; i < x->n_scenes; i++) {
		struct scene *s = &x->scenes[i];

		if (has_ended(s->waiter))
			s->waiter = NULL;
		if (has_ended(s->signaller))
			s->signaller = NULL;
	}
}
