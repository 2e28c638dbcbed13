/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TESTS_FUZZ_BYTES_H
#define GILSCOPE_TESTS_FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An input, taken from its begin; where nothing is left, zeros and "". */
struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint64_t take(struct bytes *b, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size && b->left; i++, b->left--)
		value |= (uint64_t)*b->at++ << (8 * i);
	return value;
}

/* A text of at most `most` bytes, up to a NUL, which is taken, too. The caller frees it. */
static inline char *take_text(struct bytes *b, size_t most)
{
	size_t n = strnlen((const char *)b->at, b->left < most ? b->left : most);
	char *text = malloc(n + 1);

	if (!text)
		abort();
	memcpy(text, b->at, n);
	text[n] = '\0';
	b->at += n;
	b->left -= n;
	take(b, 1);
	return text;
}

#endif
