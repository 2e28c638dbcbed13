/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_STORY_H
#define GILSCOPE_VIZ_VIEW_STORY_H

#include "viz/view/blocks.h"
#include "viz/view/lanes.h"

/*
 * Tells the blocks what happened: the events, and where a thread's state is another one than
 * they say. What a reader believes is kept for each lane. Not thread-safe.
 */
/* The last one to hold a GIL before the time asked for; told when something is told of the GIL. */
struct story_standing {
	const struct thread_info *thread; /* NULL: told, or there is none */
	enum thread_state state;
};

struct story {
	struct lanes *lanes;
	struct blocks *blocks;
	uint64_t limit;     /* so many events are told */
	uint64_t told;
	uint64_t left_out;  /* events beyond it */
	int64_t left_out_from_ns; /* since the epoch */
	int64_t begin_ns, now_ns;
	struct lane *ended; /* its stay ended just before; its new state is not told yet */
	int64_t ended_ns;
	struct story_standing *standing; /* by the GIL's index */
	size_t n_standing;               /* room */
};

enum { STORY_EVENTS = 50000000 };

void story_begin(struct story *s, int64_t begin_ns);
void story_deinit(struct story *s);
/* The callbacks of the sink. */
int story_stand(struct story *s, const struct thread_info *thread, bool last_holder);
int story_event(struct story *s, const struct gil_event *event, const struct step *step);
int story_interval(struct story *s, const struct interval *interval);
int story_retire(struct story *s, const struct thread_info *const *threads, size_t n);
/* Of those for holes and the end: looks whether a state has changed. Not of those that an event comes after. */
int story_look(struct story *s);

#endif
