/* SPDX-License-Identifier: MIT */
#include "viz/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(char text[4], const unsigned char group[3])
{
	uint32_t bits = (uint32_t)group[0] << 16 | (uint32_t)group[1] << 8 | group[2];

	for (size_t i = 0; i < 4; i++)
		text[i] = digits[bits >> (18 - 6 * i) & 63];
}

void base64_put(struct base64 *b, FILE *out, const void *data, size_t size)
{
	const unsigned char *bytes = data;
	char text[4096];
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		b->rest[b->n++] = bytes[i];
		if (b->n < sizeof(b->rest))
			continue;
		encode(text + n, b->rest);
		b->n = 0;
		n += 4;
		if (n == sizeof(text)) {
			fwrite(text, 1, n, out);
			n = 0;
		}
	}
	fwrite(text, 1, n, out);
}

void base64_end(struct base64 *b, FILE *out)
{
	char text[4];

	if (!b->n)
		return;
	for (size_t i = b->n; i < sizeof(b->rest); i++)
		b->rest[i] = 0;
	encode(text, b->rest);
	for (size_t i = b->n + 1; i < sizeof(text); i++)
		text[i] = '=';
	fwrite(text, 1, sizeof(text), out);
	b->n = 0;
}
