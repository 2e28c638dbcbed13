/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_REPORT_MATRIX_H
#define GILSCOPE_VIZ_REPORT_MATRIX_H

#include "viz/report/section.h"

/*
 * Who waited (down) while who held it (across): the worst of each, and the
 * others as one. Nothing where it is too wide for the page: the list of pairs
 * has the same numbers. Inside of viz/report/ only. @return 0, or < 0 when memory is short.
 */
int matrix_print(const struct section *s);

#endif
