/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_WORDS_H
#define GILSCOPE_VIZ_WORDS_H

#include "analyzer/sink.h"
#include "base/text.h"

/*
 * Which interpreter a GIL belongs to: "CPython 3.11.2, switch interval 5.00 ms".
 * Writes at most `size` bytes to `buffer` and returns it. Thread-safe.
 */
const char *words_gil(char *buffer, size_t size, const struct page *page,
		      const struct gil_info *gil);
enum { WORDS_GIL = 2 * TEXT_NAME };
#define GIL(page, gil) words_gil((char[WORDS_GIL]){ 0 }, WORDS_GIL, (page), (gil))

#endif
