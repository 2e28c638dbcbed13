/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_TIMELINE_PAPER_H
#define GILSCOPE_VIZ_TIMELINE_PAPER_H

#include "viz/timeline_data.h"

/* To the right of the lanes: two shares, and what is counted in all. */
enum { TIMELINE_SHARES = 16, TIMELINE_TOTAL = 10 };

/* One GIL's picture while it is printed: what timeline_print.c, timeline_rulers.c and timeline_rows.c share. */
struct paper {
	const struct timeline *t;
	const struct page *page;
	const struct track *track;
	unsigned name_width, cells;
	uint64_t end;     /* of the axis */
	uint64_t zero;    /* what the axis is labelled with at its begin */
};

/* Above the lanes: the axis, and on a GIL that has ticks, these beside the time or the time beside them. */
int timeline_print_rulers(const struct paper *p);

/* Below them: who waits, failed attempts, badness, and where events are lost. Rows that would be empty are left out. */
int timeline_print_rows(const struct paper *p);

#endif
