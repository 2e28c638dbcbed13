/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_LOSSES_H
#define GILSCOPE_VIZ_VIEW_LOSSES_H

#include <stddef.h>

#include "analyzer/event.h"

/* The trace's holes, in their order; beyond LOSSES_MAX, neighbours become one. Starts as all zero. */
enum { LOSSES_MAX = 1000 };
struct losses {
	struct gil_loss *list;
	size_t n;
};

void losses_deinit(struct losses *l);
int losses_add(struct losses *l, const struct gil_loss *loss);

#endif
