/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_LAWS_H
#define GILSCOPE_VIZ_LAWS_H

#include "analyzer/results.h"
#include "base/text.h"

/*
 * Is a trace complete and lawful? Prints each law that holds in every trace
 * with both its sides. Thread-safe.
 */
bool laws_print(const struct results *results, const struct page *page);

#endif
