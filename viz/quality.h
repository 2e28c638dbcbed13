/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_QUALITY_H
#define GILSCOPE_VIZ_QUALITY_H

#include "analyzer/quality.h"
#include "base/text.h"

/* One line: "1,234 events, none lost, all lawful." */
void quality_print_line(const struct quality *q, const struct page *page);

#endif
