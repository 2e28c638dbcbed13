/* SPDX-License-Identifier: MIT */
/* Tracks: one per process, GIL and thread, made when they are first needed. */
#include "viz/perfetto/trace.h"

#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "viz/array.h"

struct process *perfetto_process(struct perfetto_export *x, int32_t pid)
{
	struct process *p;

	for (size_t i = 0; i < x->n_processes; i++)
		if (x->processes[i].pid == pid)
			return &x->processes[i];
	if (array_reach(&x->processes, &x->processes_room, x->n_processes, sizeof(*x->processes)))
		return NULL;
	p = &x->processes[x->n_processes++];
	*p = (struct process){ .pid = pid, .lost_until_ns = INT64_MIN };
	p->track = pid > 0 ? packets_process(&x->packets, pid) :
			     packets_track(&x->packets, 0, "unknown process");
	return p;
}

const char *perfetto_title(char title[64], const char *what, const struct gil_info *gil)
{
	snprintf(title, 64, "%s (GIL %" PRIu32 ")", what, gil->index);
	return title;
}

/* NULL: no memory. */
static struct gil_tracks *gil_of(struct perfetto_export *x, const struct gil_info *gil)
{
	struct gil_tracks *g;
	const struct process *process;

	if (array_reach(&x->gils, &x->gils_room, gil->index, sizeof(*x->gils)))
		return NULL;
	g = &x->gils[gil->index];
	if (g->known)
		return g;
	process = perfetto_process(x, gil->pid);
	if (!process)
		return NULL;
	g->known = true;
	g->process = process->track;
	g->holder = packets_track(&x->packets, g->process, PERFETTO_TITLE("GIL holder", gil));
	g->waiters = packets_counter(&x->packets, g->process, PERFETTO_TITLE("GIL waiters", gil), "threads");
	return g;
}

int perfetto_find_place(struct perfetto_export *x, const struct thread_info *thread, struct place *out)
{
	*out = (struct place){
		.thread = thread, .lane = x->lanes[thread->index], .gil = gil_of(x, thread->gil),
	};
	if (!out->gil)
		return err(-ENOMEM, "out of memory");
	if (!out->lane->track) {
		if (!perfetto_process(x, thread->pid))
			return err(-ENOMEM, "out of memory");
		out->lane->track = packets_thread(&x->packets, thread->pid, thread->tid, thread->name);
	}
	return 0;
}
