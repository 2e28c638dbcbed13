/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_BASE64_H
#define GILSCOPE_VIZ_BASE64_H

#include <stddef.h>
#include <stdio.h>

/*
 * Bytes as base64 (RFC 4648, padded, one line), as they come. Starts as all zero.
 * Errors stay in the stream, for ferror().
 */
struct base64 {
	unsigned char rest[3]; /* what does not make a group of three yet */
	size_t n;
};

void base64_put(struct base64 *b, FILE *out, const void *data, size_t size);

/* Writes the rest, and starts anew. */
void base64_end(struct base64 *b, FILE *out);

#endif
