/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_BATTLE_H
#define GILSCOPE_VIZ_BATTLE_H

#include "analyzer/filter.h"
#include "analyzer/sink.h"
#include "base/cleanup.h"
#include "base/text.h"

/*
 * The battle, event by event, in the columns of 2009: thread, tick, checks,
 * EVENT, with single spaces between. Prints while the trace is read: all of it, or
 * what happened around a time, or during long waits.
 * Not thread-safe.
 */
struct battle;

/* Columns, in the order in which they are printed. */
enum battle_field {
	BATTLE_TIME = 1 << 0,  /* seconds since the first event */
	BATTLE_DELTA = 1 << 1, /* seconds since the event printed before */
	BATTLE_CPU = 1 << 2,   /* [003], [---] if unknown */
	BATTLE_TID = 1 << 3,
	BATTLE_THREAD = 1 << 4,
	BATTLE_TICK = 1 << 5,
	BATTLE_CHECKS = 1 << 6,
	BATTLE_EVENT = 1 << 7,
};
#define BATTLE_FIELDS (BATTLE_THREAD | BATTLE_TICK | BATTLE_CHECKS | BATTLE_EVENT)

/*
 * "+time,-checks" changes *fields, "time,event" replaces them.
 * @return 0, or BATTLE_E_FIELD with *fields unchanged and *bad the unknown name in `text`.
 */
enum { BATTLE_E_FIELD = 1 };
int battle_parse_fields(const char *text, unsigned *fields, const char **bad);

struct battle_options {
	unsigned fields; /* BATTLE_FIELDS is the plain battle */
	uint64_t limit;  /* lines to print; 0: all */
	bool explain;    /* say in sentences what happens, with brackets */
	bool brackets;   /* tie a RELEASE to the RETRY that it caused */
	bool fold;       /* one line for rounds that repeat */
	struct time_bound around; /* not BOUND_OPEN: only the events around that time */
	uint64_t min_wait_ns;     /* not 0: only attempts that waited so long, with what happened meanwhile */
	size_t context;           /* of both, as in viz/battle_pick.h; 0: as usual */
};

/* Both arguments are copied; page.out is borrowed. @return 0 or < 0 */
int battle_new(struct battle **out, const struct page *page, const struct battle_options *options);
struct battle *battle_free(struct battle *b); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct battle *, battle_free);

/* The sink to hand to analysis_run(); owned by `b`. It says "enough" when nobody reads the page any more. */
struct sink *battle_sink(struct battle *b);

#endif
