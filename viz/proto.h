/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_PROTO_H
#define GILSCOPE_VIZ_PROTO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Messages in Protocol Buffers' wire format, written field by field. A small message
 * is built in place and then put into a larger one or into a stream. A field that does
 * not fit is left out whole. Thread-safe: no state but the message.
 */
enum { PROTO_SIZE = 2048 };

struct proto {
	size_t n; /* 0: empty; the bytes need no start */
	uint8_t bytes[PROTO_SIZE];
};

/* A field of type uint32, uint64, bool, enum, or int64 with its bits. */
void proto_varint(struct proto *p, uint32_t field, uint64_t value);
void proto_fixed64(struct proto *p, uint32_t field, uint64_t value);
void proto_double(struct proto *p, uint32_t field, double value);
void proto_text(struct proto *p, uint32_t field, const char *text); /* valid UTF-8 */
void proto_message(struct proto *p, uint32_t field, const struct proto *inner);

/* The message as a field of the one that the stream is. Errors stay in the stream. */
void proto_write(FILE *out, uint32_t field, const struct proto *p);

#endif
