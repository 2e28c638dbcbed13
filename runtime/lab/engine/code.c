/* SPDX-License-Identifier: MIT */
#include "runtime/lab/engine/code.h"

#include <inttypes.h>

const char *const global_names[GLOBALS] = {
	"count", "range", "sleep", "hold", "send", "recv", "read", "start", "join", "kill",
	"checkinterval", "switchinterval", "say",
};

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
	.size = sizeof(count_bytes),
	.consts = count_consts,
	.n_consts = sizeof(count_consts) / sizeof(count_consts[0]),
	.local = "n",
};

unsigned code_line(const struct code *code, size_t offset)
{
	unsigned line = 0;

	for (size_t i = 0; i < code->n_lines && code->lines[i].offset <= offset; i++)
		line = code->lines[i].line;
	return line;
}

/* ---- for people ----------------------------------------------------------- */

static const char *const opcode_names[] = {
	[POP_TOP] = "POP_TOP", [INPLACE_SUBTRACT] = "INPLACE_SUBTRACT", [GET_ITER] = "GET_ITER",
	[RETURN_VALUE] = "RETURN_VALUE", [POP_BLOCK] = "POP_BLOCK", [FOR_ITER] = "FOR_ITER",
	[LOAD_CONST] = "LOAD_CONST", [COMPARE_OP] = "COMPARE_OP", [JUMP_ABSOLUTE] = "JUMP_ABSOLUTE",
	[POP_JUMP_IF_FALSE] = "POP_JUMP_IF_FALSE", [LOAD_GLOBAL] = "LOAD_GLOBAL",
	[SETUP_LOOP] = "SETUP_LOOP", [LOAD_FAST] = "LOAD_FAST", [STORE_FAST] = "STORE_FAST",
	[CALL_FUNCTION] = "CALL_FUNCTION",
};

static void print_constant(const struct constant *c, FILE *out)
{
	switch (c->type) {
	case OBJECT_NONE:
		fputs(" (None)", out);
		break;
	case OBJECT_FLOAT:
		fprintf(out, " (%.9g)", (double)c->value / 1e9);
		break;
	case OBJECT_STR:
		fprintf(out, " ('%s')", c->text);
		break;
	default:
		fprintf(out, " (%" PRId64 ")", c->value);
	}
}

static void print_argument(const struct code *code, size_t next, unsigned opcode, unsigned oparg, FILE *out)
{
	fprintf(out, " %5u", oparg);
	switch (opcode) {
	case LOAD_CONST:
		print_constant(&code->consts[oparg], out);
		break;
	case LOAD_GLOBAL:
		fprintf(out, " (%s)", global_names[code->names[oparg]]);
		break;
	case LOAD_FAST:
	case STORE_FAST:
		fprintf(out, " (%s)", code->local);
		break;
	case COMPARE_OP:
		fputs(" (>)", out);
		break;
	case SETUP_LOOP:
	case FOR_ITER:
		fprintf(out, " (to %zu)", next + oparg);
		break;
	}
}

void code_print(const struct code *code, FILE *out)
{
	unsigned shown = 0;

	fprintf(out, "%s:\n", code->name);
	for (size_t at = 0; at < code->size;) {
		unsigned opcode = code->bytes[at], line = code_line(code, at);
		size_t next = at + (opcode >= HAVE_ARGUMENT ? 3 : 1);

		if (line != shown)
			fprintf(out, "%4u", shown = line);
		else
			fputs("    ", out);
		fprintf(out, " %6zu %-17s", at, opcode_names[opcode]);
		if (opcode >= HAVE_ARGUMENT)
			print_argument(code, next, opcode,
				       code->bytes[at + 1] | (unsigned)code->bytes[at + 2] << 8, out);
		fputc('\n', out);
		at = next;
	}
}
