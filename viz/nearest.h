/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_NEAREST_H
#define GILSCOPE_VIZ_NEAREST_H

#include <stddef.h>

/*
 * What somebody who wrote a name wrongly may have meant: the nearest three of
 * the names that are offered: those that begin so, those that contain it, those with few other letters or half of the begin. Names are borrowed. Thread-safe.
 */
enum { NEAREST_NAMES = 3 };
struct nearest {
	const char *wanted;
	const char *names[NEAREST_NAMES];
	size_t distances[NEAREST_NAMES];
	size_t n;
};

void nearest_offer(struct nearest *n, const char *name);

/* "; near it: wait_p99_ns, wait_p90_ns", or "" when nothing is near. Writes at most `size` bytes and returns `buffer`. */
const char *nearest_words(char *buffer, size_t size, const struct nearest *n);
enum { NEAREST_WORDS = 256 };

#endif
