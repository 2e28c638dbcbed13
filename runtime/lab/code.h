/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_CODE_H
#define GILSCOPE_LAB_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/lab/object.h"

/* CPython 2.7's numbers. One byte each; from HAVE_ARGUMENT on, two bytes of argument follow. */
enum opcode {
	INPLACE_SUBTRACT = 56,
	RETURN_VALUE = 83,
	POP_BLOCK = 87,
	HAVE_ARGUMENT = 90,
	LOAD_CONST = 100,
	COMPARE_OP = 107,
	JUMP_ABSOLUTE = 113,
	POP_JUMP_IF_FALSE = 114,
	SETUP_LOOP = 120,
	LOAD_FAST = 124,
	STORE_FAST = 125,
};

enum { COMPARE_GT = 4 }; /* argument of COMPARE_OP */

enum { CODE_CONSTS_MAX = 3, CODE_LOCALS_MAX = 1, CODE_STACK_MAX = 2, CODE_BLOCKS_MAX = 1 };

struct constant {
	enum object_type type;
	int64_t value;
};

/* A function of one integer argument, which is its first local. */
struct code {
	const char *name;
	const uint8_t *bytes;
	const struct constant *consts;
	size_t n_consts;
};

/* def count(n): while n > 0: n -= 1 */
extern const struct code code_count;

/*
 * The ticks of count(n), for n >= 0: on 2.7.18 three per iteration; one for the entry
 * into the eval loop, and SETUP_LOOP, the last COMPARE_OP and POP_BLOCK.
 */
#define CODE_COUNT_TICKS(n) (3 * (uint64_t)(n) + 4)

#endif
