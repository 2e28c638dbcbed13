/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_REGISTRY_H
#define GILSCOPE_ANALYZER_REGISTRY_H

#include "analyzer/blame.h"
#include "analyzer/event.h"
#include "analyzer/sink.h"
#include "analyzer/table.h"

/*
 * The GILs and threads that a trace speaks of: who is who, and what is known
 * of each. Part of the model, which alone decides what their events mean.
 * Not thread-safe.
 */

struct gil {
	struct gil_info info;
	bool indexed;             /* of the recording asked for: has its index */
	bool wanted;              /* and by the filter */
	bool announced;           /* the sinks know it */
	struct gil *next;         /* in order of first mention */

	struct table threads;     /* tid -> the latest struct thread with it, which may have ended */
	struct thread *live;      /* all that did not end */
	uint32_t next_number;     /* of the next thread that is not the main one: t1, t2, ... */

	struct thread *holder, *last_holder;
	int32_t acquired_cpu;     /* where the hold of the one, else the other, began; -1 unknown */
	int64_t released_ns;      /* by the last holder; INT64_MIN unknown */
	int32_t released_cpu;     /* -1 unknown */
	bool waited_for_at_release; /* then, somebody was in WAITING */
	uint32_t waiting, wanting; /* threads in WAITING; in ENTERING or WAITING */
	uint32_t active;          /* in ENTERING, WAITING or HOLDING, of those asked for */
	int64_t waiting_ns;       /* up to info.at_ns, time with somebody waiting */
	int64_t wanting_ns, wanting_at_release_ns; /* with somebody entering or waiting */
	int64_t hole_until_ns;    /* events may be missing until then; INT64_MIN: no hole */
	struct reign_log log;
};

struct thread {
	struct thread_info info; /* with the present state */
	struct gil *gil;
	struct thread *next_live, **prev_live; /* in gil->live */
	struct thread *next;     /* in order of appearance */
	bool announced;
	bool told;               /* the sinks have it as one that stood at the begin */
	bool referred;           /* while registry_take_ended() runs: something speaks of it */
	uint32_t number;         /* for its default name; 0: none yet */

	int64_t since_ns;        /* in its present state */
	bool whole;              /* the present state's begin was seen, outside of any hole */
	int32_t cpu;

	/* entering, waiting: */
	int64_t attempt_ns;      /* its begin */
	bool attempt_whole;      /* which was an ENTRY that we saw */
	uint32_t busy, retries, retries_timed_out;
	struct wait_account account;

	/* holding: */
	bool hold_seen;          /* its ACQUIRE was in the time asked for */
	int32_t tick_from;
	uint64_t checks_from;
	int64_t waiting_from_ns; /* gil->waiting_ns when it began */
};

struct registry {
	struct table gils; /* id -> struct gil */
	struct gil *first_gil, **last_gil;
	struct gil *found;       /* the last one that was looked for: mostly it is the next one, too */
	struct thread *first_thread, **last_thread; /* those not taken */
	uint32_t n_threads;      /* ever */
	size_t n_known;          /* in the list */
	bool any_taken;
};

void registry_init(struct registry *reg);
void registry_deinit(struct registry *reg);

/* NULL when it was never mentioned. */
struct gil *registry_find_gil(struct registry *reg, uint64_t id);
int registry_add_gil(struct registry *reg, uint64_t id, struct gil **out);

/* The thread with this tid that did not end, or NULL. */
struct thread *gil_find_thread(const struct gil *g, int32_t tid);
int registry_add_thread(struct registry *reg, struct gil *g, int32_t tid, int64_t ts_ns,
			struct thread **out);

/* Takes a thread that ended out of gil->live. */
void thread_end(struct thread *t);

/*
 * Takes the ended threads out that nothing refers to: no holder, no log, no blame of a pending wait,
 * no sink that knows it as one that stood at the begin and not yet by name.
 * *out: a list by `next`, for threads_free(). @announced: also those that the sinks know.
 */
int registry_take_ended(struct registry *reg, bool announced, struct thread **out);
void threads_free(struct thread *first);

static inline bool thread_wants(const struct thread *t)
{
	return t->info.state == STATE_ENTERING || t->info.state == STATE_WAITING;
}

/* Facts that were said, maybe again. @return whether anything is news. */
bool gil_learn(struct gil *g, const struct gil_create_fields *facts);
bool thread_learn(struct thread *t, const struct gil_thread_fields *facts);

/* Is this gil:thread of another thread than `t`, with the same tid? */
bool thread_is_other(const struct thread *t, const struct gil_thread_fields *facts);

#endif
