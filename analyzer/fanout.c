/* SPDX-License-Identifier: MIT */
#include "analyzer/fanout.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

int fanout_init(struct fanout *f, struct sink *const *sinks, size_t n)
{
	*f = (struct fanout){ .sinks = sinks, .n = n, .n_wanting = n };
	f->has_enough = calloc(n + 1, sizeof(*f->has_enough));
	return f->has_enough ? 0 : err(-ENOMEM, "out of memory");
}

void fanout_deinit(struct fanout *f)
{
	free(f->has_enough);
	*f = (struct fanout){ 0 };
}

/* Calls one callback of all sinks that have it and want more. */
#define TELL(f, callback, ...)                                                            \
	for (size_t i = 0; i < (f)->n; i++) {                                             \
		const struct sink *s = (f)->sinks[i];                                     \
		int r;                                                                    \
                                                                                          \
		if (!s->callback || (f)->has_enough[i])                                   \
			continue;                                                         \
		r = s->callback(s->data, __VA_ARGS__);                       \
		if (r < 0)                                                                \
			return r;                                                         \
		if (r == SINK_E_ENOUGH) {                                                 \
			(f)->has_enough[i] = true;                                        \
			(f)->n_wanting--;                                                 \
		}                                                                         \
	}                                                                                 \
	return 0

int fanout_begin(struct fanout *f, const struct trace_info *trace)
{
	TELL(f, begin, trace);
}

int fanout_gil(struct fanout *f, const struct gil_info *gil)
{
	TELL(f, gil, gil);
}

int fanout_thread(struct fanout *f, const struct thread_info *thread)
{
	TELL(f, thread, thread);
}

int fanout_event(struct fanout *f, const struct gil_event *event, const struct step *step)
{
	TELL(f, event, event, step);
}

int fanout_interval(struct fanout *f, const struct interval *interval)
{
	TELL(f, interval, interval);
}

int fanout_attempt(struct fanout *f, const struct attempt *attempt)
{
	TELL(f, attempt, attempt);
}

int fanout_handover(struct fanout *f, const struct handover *handover)
{
	TELL(f, handover, handover);
}

int fanout_lost(struct fanout *f, const struct gil_loss *loss)
{
	TELL(f, lost, loss);
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
