/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_SINK_H
#define GILSCOPE_ANALYZER_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/event.h"

/*
 * Everything that consumes the analysis is a sink. One pass over the trace
 * feeds any number of sinks, in the order in which they were added.
 *
 * Pointers in the callbacks are borrowed: valid until the callback returns. But `struct gil_info` lives until
 * after end(), and `struct thread_info` too, if retire() does not come before: a thread that ended is forgotten
 * when many others have come, and after retire() nothing speaks of it any more. Its index is never used again.
 * Times are ns since the Unix epoch; durations are ns.
 * A callback returns 0, SINK_E_ENOUGH (it needs nothing more: its end() is still called; when all
 * sinks said so the reader stops), or < 0 (fatal, with a sentence).
 * Not thread-safe: one analysis per thread.
 */
enum { SINK_E_ENOUGH = 1 };

struct gil_info {
	uint32_t index; /* small, dense: 0, 1, 2, ... in order of appearance */
	uint64_t id;
	int32_t pid;    /* 0 until known */
	uint32_t schema, flags;
	int64_t interval; /* the present one: ticks if GIL_FLAG_TICKED, else microseconds; 0 unknown */
	bool known;       /* its gil:create was seen */
	char design[32], version[64], recording[64];

	/* Of the selected threads, from the begin to at_ns: */
	int64_t at_ns;                /* INT64_MIN: nothing was seen of it */
	int64_t wanted_ns, active_ns; /* time with at least one in STATE_WAITING; also entering or holding */
	uint32_t waiters, waiters_max; /* in STATE_WAITING: now, at most */
};

static inline bool gil_is_ticked(const struct gil_info *g)
{
	return g->flags & GIL_FLAG_TICKED;
}

/* Else a failed wake-up leaves no trace: `retries` are 0 whatever happened. */
static inline bool gil_shows_retries(const struct gil_info *g)
{
	return !(g->flags & GIL_FLAG_NO_RETRIES);
}

enum thread_state {
	STATE_UNKNOWN, /* before its first event, after a loss */
	STATE_OUTSIDE,
	STATE_ENTERING,
	STATE_WAITING,
	STATE_HOLDING,
	STATE_ENDED,
	THREAD_STATES,
};

/* "unknown", "outside", ... */
const char *thread_state_name(enum thread_state state);

/* One (gil, thread). */
struct thread_info {
	uint32_t index; /* dense over the whole trace */
	const struct gil_info *gil;
	int32_t pid, tid;
	uint32_t serial;
	uint64_t ident;
	bool is_main;
	bool named;    /* `name` is the program's or the OS's, not ours */
	char name[64]; /* MainThread, t1, t2, ... where the program gave none; control characters kept */
	bool selected; /* by --thread; the others are only named, as holders, and show no events */
	int64_t first_ns, last_ns; /* first and last event; its GIL's end, if it waits or holds then */
	enum thread_state state;
};

struct trace_info {
	const char *path;
	char host[64];     /* "" where unknown */
	char domain[16];   /* "ust" */
	uint32_t streams;
	bool begins_late;  /* a stream's first packets are not here: overwritten, or in another trace */
	int64_t origin_ns; /* the first gil event, before --time: the zero of relative times */
	int64_t begin_ns;  /* that, or the begin of --time */
	int64_t about_end_ns; /* about when it ends, whatever --time: for percentages; at least origin_ns */
};

/* What an event did. The interval, attempt and handover that it ended came just before it. */
struct step {
	struct thread_info *thread;      /* NULL for CREATE, DESTROY, INTERVAL */
	struct gil_info *gil;
	enum thread_state before, after;
	const struct thread_info *holder; /* BUSY, RETRY: who is blamed (the holder, else the last one); may be NULL */
	int32_t holder_cpu;              /* where the hold began that is blamed: its ACQUIRE; -1 unknown */
	const struct thread_info *switched_from; /* ACQUIRE: the last holder when it is another thread, else NULL */
	bool barged;                     /* ACQUIRE: took it back after its own RELEASE, nobody held it between, somebody was in STATE_WAITING at that RELEASE */
	uint32_t waiters;                /* threads in STATE_WAITING now */
	int64_t since_ns;                /* when the thread came into `before`; INT64_MIN not seen */
	const char *violation;           /* why the event is unlawful, or NULL */
};

/* One stay of one thread in one state. */
struct interval {
	const struct thread_info *thread;
	enum thread_state state;
	int64_t from_ns, to_ns;
	bool whole;             /* neither the trace's begin, its end, nor a hole cut it */
	int32_t cpu;            /* where it began; -1 unknown */
	/* HOLDING only: */
	int32_t tick_from, tick_to; /* at ACQUIRE and RELEASE */
	uint64_t checks_from;   /* the counter at ACQUIRE */
	uint64_t checks;        /* honoured in this hold */
	uint64_t ticks;         /* executed in this hold; 0 without ticks */
	bool drop_requested;    /* at its RELEASE */
	bool contended;         /* somebody waited at its end */
	int64_t waited_on_ns;   /* with at least one other thread in STATE_WAITING */
};

/* How long one holder stood in the way of one wait. */
struct blame {
	const struct thread_info *holder; /* NULL: the GIL was free, or its holder unknown */
	int64_t ns;
};

/* One attempt, from ENTRY to ACQUIRE or LEAVE. */
struct attempt {
	const struct thread_info *thread;
	int64_t from_ns, to_ns;   /* wait_ns = to_ns - from_ns */
	bool whole;               /* its ENTRY was seen, no hole in it, and it ended */
	bool acquired;            /* else it left (see reason), or is still_waiting, or cut */
	bool still_waiting;
	bool cut;                 /* a hole or an unlawful event ended it for us */
	enum gil_leave_reason reason;
	uint32_t busy;            /* 0 or 1 */
	uint32_t retries, retries_timed_out;
	const struct blame *blames; /* sums to wait_ns when whole */
	uint32_t n_blames;
};

/* The GIL goes from one thread to another; both are known. */
struct handover {
	const struct gil_info *gil;
	const struct thread_info *from, *to;
	int64_t released_ns;  /* INT64_MIN unknown */
	int64_t acquired_ns;
	int32_t cpu_from, cpu_to; /* of its RELEASE and ACQUIRE; -1 unknown */
	int64_t wanted_ns;    /* of the time between, how long somebody was entering or waiting: dead time */
};

/*
 * Counts at the end, with the two laws that hold in every trace:
 *
 *   ENTRY + attempts_found = ACQUIRE + attempts_left + pokes + attempts_cut + still_waiting
 *   ACQUIRE + holds_found = RELEASE + holds_cut + still_holding
 *
 * "found" began out of our sight, "cut" ended so: at the trace's begin, in a
 * hole, at an unlawful event. Both are 0 in a whole and lawful trace.
 */
struct trace_end {
	int64_t begin_ns, end_ns;    /* first and last gil event, or a hole's begin after it, or the range of --time */
	uint64_t events;             /* gil events of the GILs and the time asked for */
	uint64_t events_by_kind[GIL_KINDS];
	uint64_t other_events;       /* of other providers, ignored */
	uint64_t left_out_events;    /* of other recordings, GILs and times */
	uint64_t lost_events, lost_packets;
	bool loss_unknown;           /* more was lost than could be counted */
	uint64_t violations;
	uint64_t cut_intervals;      /* straddle a hole or an end: in no duration */
	uint64_t attempts_found, attempts_left, pokes, attempts_cut, still_waiting;
	uint64_t holds_found, holds_cut, still_holding;
	bool interrupted;            /* the pass was stopped by the user */
};

struct sink {
	const char *name;
	void *data; /* first argument of each callback */
	int (*begin)(void *data, const struct trace_info *trace);
	/*
	 * Just after the begin of --time: what it finds. A thread that is entering, waiting or holding then, or was the
	 * last one to hold a GIL that nobody holds. It may come before thread(), and without one.
	 */
	int (*standing)(void *data, const struct thread_info *thread, bool last_holder);
	int (*gil)(void *data, const struct gil_info *gil);          /* appeared or changed */
	int (*thread)(void *data, const struct thread_info *thread); /* appeared or was renamed */
	int (*event)(void *data, const struct gil_event *event, const struct step *step);
	int (*interval)(void *data, const struct interval *interval);
	int (*attempt)(void *data, const struct attempt *attempt);
	int (*handover)(void *data, const struct handover *handover);
	int (*retire)(void *data, const struct thread_info *const *threads, size_t n); /* ended: after it the pointers are dead. Not told to those who had enough */
	int (*lost)(void *data, const struct gil_loss *loss); /* never NULL; all others may be */
	int (*end)(void *data, const struct trace_end *end);
};

#endif
