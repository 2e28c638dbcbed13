/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_NOISE_H
#define GILSCOPE_VIZ_NOISE_H

#include "analyzer/columns.h"

/*
 * How far off a sum over a recording may be by chance: scheduling makes what
 * is counted come in bursts, so this is taken from how much it varies between
 * NOISE_PARTS parts of the recording, of equal length.
 * @column of the buckets. @return the standard deviation of the sum as a part
 * of it; 0 where the buckets do not tell. Thread-safe.
 */
enum { NOISE_PARTS = 16 };
double noise_between_parts(const struct results *r, const struct gil_info *gil, const char *column);

#endif
