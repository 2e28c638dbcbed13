/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_GIL_DESIGNS_H
#define GILSCOPE_LAB_GIL_DESIGNS_H

#include "runtime/lab/gil/gil.h"

/* One per file of this folder; for gil.c's table. */
extern const struct gil_design gil_cond;
extern const struct gil_design gil_sem;
extern const struct gil_design gil_interval;
extern const struct gil_design gil_priority;
extern const struct gil_design gil_fair;
extern const struct gil_design gil_none;

#endif
