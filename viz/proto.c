/* SPDX-License-Identifier: MIT */
#include "viz/proto.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };
enum { VARINT_SIZE = 10, FIXED64_SIZE = 8 };

/* @return how many of the bytes it took: at most VARINT_SIZE. */
static size_t put_varint(uint8_t *to, uint64_t value)
{
	size_t n = 0;

	for (; value > 0x7f; value >>= 7)
		to[n++] = (uint8_t)(value | 0x80);
	to[n++] = (uint8_t)value;
	return n;
}

static size_t put_tag(uint8_t *to, uint32_t field, enum wire wire)
{
	return put_varint(to, (uint64_t)field << 3 | wire);
}

static size_t put_fixed64(uint8_t *to, uint64_t value)
{
	for (size_t i = 0; i < FIXED64_SIZE; i++)
		to[i] = (uint8_t)(value >> 8 * i);
	return FIXED64_SIZE;
}

static void add(struct proto *p, const uint8_t *head, size_t n_head, const void *body, size_t n_body)
{
	if (n_head > PROTO_SIZE - p->n || n_body > PROTO_SIZE - p->n - n_head)
		return;
	memcpy(p->bytes + p->n, head, n_head);
	memcpy(p->bytes + p->n + n_head, body, n_body);
	p->n += n_head + n_body;
}

void proto_varint(struct proto *p, uint32_t field, uint64_t value)
{
	uint8_t head[2 * VARINT_SIZE];
	size_t n = put_tag(head, field, WIRE_VARINT);

	n += put_varint(head + n, value);
	add(p, head, n, "", 0);
}

void proto_fixed64(struct proto *p, uint32_t field, uint64_t value)
{
	uint8_t head[VARINT_SIZE + FIXED64_SIZE];
	size_t n = put_tag(head, field, WIRE_FIXED64);

	n += put_fixed64(head + n, value);
	add(p, head, n, "", 0);
}

void proto_double(struct proto *p, uint32_t field, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	proto_fixed64(p, field, bits);
}

static void add_bytes(struct proto *p, uint32_t field, const void *bytes, size_t size)
{
	uint8_t head[2 * VARINT_SIZE];
	size_t n = put_tag(head, field, WIRE_BYTES);

	n += put_varint(head + n, size);
	add(p, head, n, bytes, size);
}

void proto_text(struct proto *p, uint32_t field, const char *text)
{
	add_bytes(p, field, text, strlen(text));
}

void proto_message(struct proto *p, uint32_t field, const struct proto *inner)
{
	add_bytes(p, field, inner->bytes, inner->n);
}

void proto_write(FILE *out, uint32_t field, const struct proto *p)
{
	uint8_t head[2 * VARINT_SIZE];
	size_t n = put_tag(head, field, WIRE_BYTES);

	n += put_varint(head + n, p->n);
	fwrite(head, 1, n, out);
	fwrite(p->bytes, 1, p->n, out);
}
