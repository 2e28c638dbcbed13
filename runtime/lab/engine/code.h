/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_CODE_H
#define GILSCOPE_LAB_CODE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/lab/engine/object.h"

/* CPython 2.7's numbers. One byte each; from HAVE_ARGUMENT on, two bytes of argument follow. */
enum opcode {
	POP_TOP = 1,
	INPLACE_SUBTRACT = 56,
	GET_ITER = 68,
	RETURN_VALUE = 83,
	POP_BLOCK = 87,
	HAVE_ARGUMENT = 90,
	FOR_ITER = 93,
	LOAD_CONST = 100,
	COMPARE_OP = 107,
	JUMP_ABSOLUTE = 113,
	POP_JUMP_IF_FALSE = 114,
	LOAD_GLOBAL = 116,
	SETUP_LOOP = 120,
	LOAD_FAST = 124,
	STORE_FAST = 125,
	CALL_FUNCTION = 131,
};

enum { COMPARE_GT = 4 }; /* argument of COMPARE_OP */

/* The global names that code can use: count() is bytecode, range() the engine's, the others the program's. */
enum global {
	GLOBAL_COUNT,
	GLOBAL_RANGE,
	GLOBAL_SLEEP,
	GLOBAL_HOLD,
	GLOBAL_SEND,
	GLOBAL_RECV,
	GLOBAL_READ,
	GLOBAL_START,
	GLOBAL_JOIN,
	GLOBAL_KILL,
	GLOBAL_CHECK_INTERVAL,
	GLOBAL_SWITCH_INTERVAL,
	GLOBAL_SAY,
	GLOBALS,
};

/* As they are called in Python; global_names[] follows enum global. */
extern const char *const global_names[GLOBALS];

enum { CODE_LOCALS_MAX = 1, CODE_BLOCKS_MAX = 9 };
enum { CODE_STACK_MAX = CODE_BLOCKS_MAX + 3 }; /* an iterator for each loop, a function and two arguments */

struct constant {
	enum object_type type;
	int64_t value;
	const char *text; /* STR: for people; borrowed */
};

/* From this byte on it is this line of the source. */
struct code_line {
	size_t offset;
	unsigned line;
};

/* A function of at most one integer argument, which is its first local. Read-only. */
struct code {
	const char *name;
	const uint8_t *bytes;
	size_t size;
	const struct constant *consts;
	size_t n_consts;
	const enum global *names;
	size_t n_names;
	const char *local; /* the name of its first local, or NULL */
	const struct code_line *lines;
	size_t n_lines;
};

/* The line of the source that the byte belongs to; 0: not known. */
unsigned code_line(const struct code *code, size_t offset);

/* Prints it as Python's dis.dis() does. */
void code_print(const struct code *code, FILE *out);

/* def count(n): while n > 0: n -= 1 */
extern const struct code code_count;

/*
 * The ticks of count(n), for n >= 0: on 2.7.18 three per iteration; one for the entry
 * into the eval loop, and SETUP_LOOP, the last COMPARE_OP and POP_BLOCK.
 */
#define CODE_COUNT_TICKS(n) (3 * (uint64_t)(n) + 4)

#endif
