/* SPDX-License-Identifier: MIT */
#include "runtime/lab/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "runtime/lab/engine/eval.h"

enum { SIGNALS = 64, KEPT_MAX = 1000000 };

static struct {
	const struct run *run;
	struct gil_clock *clock;          /* of the main thread's interpreter */
	_Atomic uint64_t waiting;         /* a bit for each signal */
	_Atomic uint64_t sent_ns[SIGNALS + 1]; /* of the oldest that waits; 0: none */
	_Atomic uint64_t sent_checks[SIGNALS + 1];
	_Atomic uint64_t sent;
	/* the main thread's: */
	uint64_t handled_ns[SIGNALS + 1], handled_checks[SIGNALS + 1]; /* the last of each */
	struct handled *handled;
	size_t n_handled, room;
} signals;

/* ---- sending ------------------------------------------------------------- */

static void note_sent(int signal)
{
	uint64_t none = 0;

	if (atomic_compare_exchange_strong(&signals.sent_ns[signal], &none, run_now_ns()))
		atomic_store(&signals.sent_checks[signal],
			     atomic_load_explicit(&signals.clock->checks, memory_order_relaxed));
}

void signals_send(int signal)
{
	atomic_fetch_add(&signals.sent, 1);
	note_sent(signal);
	kill(getpid(), signal);
}

/* In whatever thread the system chose. */
static void on_signal(int signal)
{
	int saved = errno;

	note_sent(signal); /* it may come from outside */
	atomic_fetch_or(&signals.waiting, UINT64_C(1) << (signal - 1));
	atomic_fetch_or(&signals.clock->breaker, GIL_BREAK_SIGNAL);
	errno = saved;
}

/* ---- handling ------------------------------------------------------------ */

/* What cannot be kept for want of memory is only counted. */
static void keep(const struct handled *handled)
{
	size_t i = signals.n_handled++;

	if (i == signals.room && i < KEPT_MAX) {
		size_t room = signals.room ? 2 * signals.room : 64;
		struct handled *more = realloc(signals.handled, room * sizeof(*more));

		if (!more)
			return;
		signals.handled = more;
		signals.room = room;
	}
	if (i < signals.room)
		signals.handled[i] = *handled;
}

static void note_handled(int signal)
{
	uint64_t now_ns = run_now_ns();
	uint64_t now_checks = atomic_load_explicit(&signals.clock->checks, memory_order_relaxed);
	uint64_t checks = atomic_load(&signals.sent_checks[signal]);
	uint64_t sent_ns = atomic_exchange(&signals.sent_ns[signal], 0);

	/* It came when the one before was about to be handled, and its time had no place yet. */
	if (!sent_ns) {
		sent_ns = signals.handled_ns[signal];
		checks = signals.handled_checks[signal];
	}
	keep(&(struct handled){ .signal = signal, .latency_ns = now_ns - sent_ns, .checks = now_checks - checks });
	signals.handled_ns[signal] = now_ns;
	signals.handled_checks[signal] = now_checks;
}

static const struct code *handler_of(int signal)
{
	const struct scenario *s = signals.run->scenario;

	for (size_t i = 0; i < s->n_bodies; i++)
		if (s->bodies[i].kind == BODY_HANDLER && s->bodies[i].signal == signal)
			return signals.run->codes[i];
	return NULL;
}

int signals_run_handlers(struct thread_state *ts)
{
	uint64_t waiting = atomic_exchange(&signals.waiting, 0);
	int r = 0;

	while (waiting && !r) {
		int signal = __builtin_ctzll(waiting) + 1;

		waiting &= waiting - 1;
		note_handled(signal);
		r = eval_call(ts, handler_of(signal));
	}
	return r;
}

/* ---- begin and end ------------------------------------------------------- */

static void on_wake(int signal)
{
	(void)signal;
}

static int catch_one(int signal, void (*handler)(int))
{
	/* No SA_RESTART: what the signal interrupts is to be seen. */
	struct sigaction action = { .sa_handler = handler };
	sigset_t only;

	/* It may be blocked since before us. */
	sigemptyset(&only);
	sigaddset(&only, signal);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	sigfillset(&action.sa_mask);
	return sigaction(signal, &action, NULL) ?
		err(-errno, "cannot catch signal %d: %s", signal, strerror(errno)) : 0;
}

void signals_ignore(const struct run *run)
{
	for (size_t i = 0; i < run->scenario->n_bodies; i++)
		if (run->scenario->bodies[i].kind == BODY_HANDLER)
			signal(run->scenario->bodies[i].signal, SIG_IGN);
}

int signals_catch(const struct run *run)
{
	int r = catch_one(SIGRTMIN, on_wake);

	free(signals.handled);
	memset(&signals, 0, sizeof(signals));
	signals.run = run;
	signals.clock = &run->workers[0].state.interp->clock;
	for (size_t i = 0; i < run->scenario->n_bodies && !r; i++)
		if (run->scenario->bodies[i].kind == BODY_HANDLER)
			r = catch_one(run->scenario->bodies[i].signal, on_signal);
	return r;
}

void signals_wake(int32_t tid)
{
	tgkill(getpid(), tid, SIGRTMIN);
}

size_t signals_handled(const struct handled **out)
{
	*out = signals.handled;
	return signals.n_handled < signals.room ? signals.n_handled : signals.room;
}

uint64_t signals_sent(void)
{
	return atomic_load(&signals.sent);
}
