/* SPDX-License-Identifier: MIT */
#include "analyzer/fanout.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

static void enlist(struct fanout *f, enum fanout_callback callback, const struct sink *s)
{
	struct fanout_list *list = &f->lists[callback];

	list->sinks[list->n++] = s;
}

static void enlist_for_all(struct fanout *f, const struct sink *s)
{
	if (s->begin)
		enlist(f, TO_BEGIN, s);
	if (s->standing)
		enlist(f, TO_STANDING, s);
	if (s->gil)
		enlist(f, TO_GIL, s);
	if (s->thread)
		enlist(f, TO_THREAD, s);
	if (s->event)
		enlist(f, TO_EVENT, s);
	if (s->interval)
		enlist(f, TO_INTERVAL, s);
	if (s->attempt)
		enlist(f, TO_ATTEMPT, s);
	if (s->handover)
		enlist(f, TO_HANDOVER, s);
	if (s->retire)
		enlist(f, TO_RETIRE, s);
	enlist(f, TO_LOST, s);
}

int fanout_init(struct fanout *f, struct sink *const *sinks, size_t n)
{
	const struct sink **room = calloc(FANOUT_CALLBACKS * n + 1, sizeof(*room));

	*f = (struct fanout){ .sinks = sinks, .n = n, .n_wanting = n };
	if (!room)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < FANOUT_CALLBACKS; i++)
		f->lists[i].sinks = room + i * n;
	for (size_t i = 0; i < n; i++)
		enlist_for_all(f, sinks[i]);
	return 0;
}

void fanout_deinit(struct fanout *f)
{
	free(f->lists[0].sinks);
	*f = (struct fanout){ 0 };
}

/* It has enough. */
static void dismiss(struct fanout *f, const struct sink *s)
{
	for (size_t i = 0; i < FANOUT_CALLBACKS; i++) {
		struct fanout_list *list = &f->lists[i];
		size_t kept = 0;

		for (size_t j = 0; j < list->n; j++)
			if (list->sinks[j] != s)
				list->sinks[kept++] = list->sinks[j];
		list->n = kept;
	}
	f->n_wanting--;
}

/* Calls one callback of all sinks that have it and want more. */
#define TELL(f, which, callback, ...)                                  \
	for (size_t i = 0; i < (f)->lists[which].n;) {                 \
		const struct sink *s = (f)->lists[which].sinks[i];     \
		int r = s->callback(s->data, __VA_ARGS__);             \
                                                                       \
		if (r < 0)                                             \
			return r;                                      \
		if (r == SINK_E_ENOUGH)                                \
			dismiss(f, s);                                 \
		else                                                   \
			i++;                                           \
	}                                                              \
	return 0

int fanout_begin(struct fanout *f, const struct trace_info *trace)
{
	TELL(f, TO_BEGIN, begin, trace);
}

int fanout_standing(struct fanout *f, const struct thread_info *thread, bool last_holder)
{
	TELL(f, TO_STANDING, standing, thread, last_holder);
}

int fanout_gil(struct fanout *f, const struct gil_info *gil)
{
	TELL(f, TO_GIL, gil, gil);
}

int fanout_thread(struct fanout *f, const struct thread_info *thread)
{
	TELL(f, TO_THREAD, thread, thread);
}

int fanout_event(struct fanout *f, const struct gil_event *event, const struct step *step)
{
	TELL(f, TO_EVENT, event, event, step);
}

int fanout_interval(struct fanout *f, const struct interval *interval)
{
	TELL(f, TO_INTERVAL, interval, interval);
}

int fanout_attempt(struct fanout *f, const struct attempt *attempt)
{
	TELL(f, TO_ATTEMPT, attempt, attempt);
}

int fanout_handover(struct fanout *f, const struct handover *handover)
{
	TELL(f, TO_HANDOVER, handover, handover);
}

int fanout_retire(struct fanout *f, const struct thread_info *const *threads, size_t n)
{
	TELL(f, TO_RETIRE, retire, threads, n);
}

int fanout_lost(struct fanout *f, const struct gil_loss *loss)
{
	TELL(f, TO_LOST, lost, loss);
}

/* Everybody is told of the end, also those who had enough; the first failure is kept. */
int fanout_end(struct fanout *f, const struct trace_end *end)
{
	int failed = 0;

	for (size_t i = 0; i < f->n; i++) {
		int r = f->sinks[i]->end ? f->sinks[i]->end(f->sinks[i]->data, end) : 0;
		if (r < 0 && !failed)
			failed = r;
	}
	return failed;
}
