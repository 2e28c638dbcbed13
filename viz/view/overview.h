/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_OVERVIEW_H
#define GILSCOPE_VIZ_VIEW_OVERVIEW_H

#include "viz/view/grid.h"
#include "viz/view/lanes.h"
#include "viz/view/part.h"

/*
 * The whole trace in the buckets of a grid. As in analyzer/course.h, a stay is split at the edges, and an
 * event counts where it is. Starts as all zero. Not thread-safe.
 */
struct overview {
	struct lanes *lanes;
	struct grid grid;
	size_t buckets;     /* after the end */
	uint64_t duration_ns;
};

void overview_deinit(struct overview *o);
void overview_begin(struct overview *o, struct lanes *lanes, int64_t begin_ns);

/* The callbacks of the sink; of those of a GIL that say nothing else, overview_look(). */
int overview_look(struct overview *o, const struct gil_info *gil);
int overview_event(struct overview *o, const struct gil_event *event, const struct step *step);
int overview_interval(struct overview *o, const struct interval *interval);
int overview_handover(struct overview *o, const struct handover *handover);
/* @duration_ns of the trace. Before lanes_end(). */
int overview_end(struct overview *o, uint64_t duration_ns);

static inline uint64_t overview_width_ns(const struct overview *o)
{
	return UINT64_C(1) << o->grid.shift;
}

/* After the end: all planes. */
void overview_write(const struct overview *o, struct part *part);

#endif
