/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_BLAME_H
#define GILSCOPE_ANALYZER_BLAME_H

#include "analyzer/sink.h"

/*
 * Who held a GIL while a thread waited, and for how long each.
 *
 * A GIL has one log of reigns: a reign is a run of holds by one thread, not
 * interrupted by another's. A wait remembers where in the log it began and
 * is settled from there to its end, so that a release costs nothing and a
 * switch one entry, however many threads wait. The log forgets what no wait
 * needs, and the owner settles the waits of a log that grew long.
 * Not thread-safe.
 */
struct reign {
	uint32_t holder; /* index of the thread */
	const struct thread_info *info;
	int64_t held_ns; /* by holds that ended */
};

struct reign_log {
	struct reign *reigns;
	size_t n, size;
	int64_t since_ns; /* the present hold began; INT64_MIN: nobody holds */
};

/* Beyond this many reigns reign_log_is_long(): settle all waits, then reign_log_forget(). */
enum { REIGNS_LONG = 4096 };

void reign_log_deinit(struct reign_log *log);
int reign_log_acquire(struct reign_log *log, const struct thread_info *holder, int64_t ts_ns);
void reign_log_release(struct reign_log *log, int64_t ts_ns);
bool reign_log_is_long(const struct reign_log *log);

/* Keeps the present reign only. All waits must have been settled, and go on from here. */
void reign_log_forget(struct reign_log *log);

/* One wait: where it began in the log, and what was settled already. */
struct wait_account {
	size_t reign;
	int64_t held_ns;      /* of that reign, before the wait */
	struct blame *blames; /* one per holder; owned */
	uint32_t n, size;
};

void wait_account_deinit(struct wait_account *wait);

/* After a wait: gives back what only a wait with many holders needs. */
void wait_account_trim(struct wait_account *wait);

/* Begins a wait at ts_ns; or lets a settled one go on. */
void wait_account_mark(struct wait_account *wait, const struct reign_log *log, int64_t ts_ns);

/*
 * Where a thread's blame is in the account being settled; one for all GILs,
 * indexed by thread, so that adding up takes one step per reign.
 */
struct blame_index {
	struct blame_spot {
		uint64_t round;
		uint32_t at;
	} *spots;
	size_t size;
	uint64_t round;
};

void blame_index_deinit(struct blame_index *index);

/* Adds what each holder held from the mark to ts_ns. @return 0 or -ENOMEM. */
int wait_account_settle(struct wait_account *wait, const struct reign_log *log, int64_t ts_ns,
			struct blame_index *index);

/* Adds the rest of a wait of wait_ns, while nobody known held. Then the blames sum to wait_ns. */
int wait_account_close(struct wait_account *wait, int64_t wait_ns);

#endif
