/* SPDX-License-Identifier: MIT */
#include "runtime/lab/code.h"

#define ARG(n) (n) & 0xff, (n) >> 8

/* Byte for byte the co_code that CPython 2.7.18 compiles. */
static const uint8_t count_bytes[] = {
	/*  0 */ SETUP_LOOP, ARG(26),        /* to 29 */
	/*  3 */ LOAD_FAST, ARG(0),          /* n */
	/*  6 */ LOAD_CONST, ARG(1),         /* 0 */
	/*  9 */ COMPARE_OP, ARG(COMPARE_GT),
	/* 12 */ POP_JUMP_IF_FALSE, ARG(28),
	/* 15 */ LOAD_FAST, ARG(0),          /* n */
	/* 18 */ LOAD_CONST, ARG(2),         /* 1 */
	/* 21 */ INPLACE_SUBTRACT,
	/* 22 */ STORE_FAST, ARG(0),         /* n */
	/* 25 */ JUMP_ABSOLUTE, ARG(3),
	/* 28 */ POP_BLOCK,
	/* 29 */ LOAD_CONST, ARG(0),         /* None */
	/* 32 */ RETURN_VALUE,
};

static const struct constant count_consts[] = {
	{ .type = OBJECT_NONE },
	{ .type = OBJECT_INT, .value = 0 },
	{ .type = OBJECT_INT, .value = 1 },
};

const struct code code_count = {
	.name = "count",
	.bytes = count_bytes,
	.consts = count_consts,
	.n_consts = sizeof(count_consts) / sizeof(count_consts[0]),
};
