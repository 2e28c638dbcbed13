/* SPDX-License-Identifier: MIT */
#include "runtime/lab/scenario/compile.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/scenario/text.h"

/* Jumps and arguments have two bytes. */
enum { BYTES_MAX = 0xffff, STATEMENT_BYTES_MAX = 17 };

/* The parts of a code object while they grow; each has room for all that the body can need. */
struct output {
	const struct scenario *scenario;
	const struct body *body;
	uint8_t *bytes;
	struct constant *consts;
	enum global *names;
	struct code_line *lines;
	size_t n_bytes, n_consts, n_names, n_lines;
	size_t targets[SCENARIO_NESTING_MAX][2]; /* of each open loop: SETUP_LOOP, where it goes round */
	size_t depth;
};

/* ---- pieces -------------------------------------------------------------- */

static void emit(struct output *o, enum opcode opcode)
{
	o->bytes[o->n_bytes++] = (uint8_t)opcode;
}

static void emit_arg(struct output *o, enum opcode opcode, size_t arg)
{
	emit(o, opcode);
	o->bytes[o->n_bytes++] = arg & 0xff;
	o->bytes[o->n_bytes++] = (uint8_t)(arg >> 8);
}

/* The argument of the opcode at `at`: how far it is from there to the end. */
static void set_distance(struct output *o, size_t at)
{
	size_t distance = o->n_bytes - (at + 3);

	o->bytes[at + 1] = distance & 0xff;
	o->bytes[at + 2] = (uint8_t)(distance >> 8);
}

static bool same(const struct constant *a, const struct constant *b)
{
	return a->type == b->type && a->value == b->value &&
	       (a->text == b->text || (a->text && b->text && !strcmp(a->text, b->text)));
}

static void load_const(struct output *o, struct constant c)
{
	size_t i = 0;

	while (i < o->n_consts && !same(&o->consts[i], &c))
		i++;
	if (i == o->n_consts)
		o->consts[o->n_consts++] = c;
	emit_arg(o, LOAD_CONST, i);
}

static void load_global(struct output *o, enum global name)
{
	size_t i = 0;

	while (i < o->n_names && o->names[i] != name)
		i++;
	if (i == o->n_names)
		o->names[o->n_names++] = name;
	emit_arg(o, LOAD_GLOBAL, i);
}

static struct constant number(enum object_type type, int64_t value)
{
	return (struct constant){ .type = type, .value = value };
}

static struct constant string(const char *text, int64_t value)
{
	return (struct constant){ .type = OBJECT_STR, .value = value, .text = text };
}

/* ---- statements ---------------------------------------------------------- */

enum argument { ARG_INT, ARG_FLOAT, ARG_CHANNEL, ARG_BODY, ARG_SIGNAL, ARG_TEXT };

/* Statements that are the call of a function; `send` and `recv` have a number behind the channel. */
static const struct {
	enum global function;
	enum argument argument;
} calls[] = {
	[STATEMENT_COUNT] = { GLOBAL_COUNT, ARG_INT },
	[STATEMENT_SLEEP] = { GLOBAL_SLEEP, ARG_FLOAT },
	[STATEMENT_HOLD] = { GLOBAL_HOLD, ARG_FLOAT },
	[STATEMENT_SEND] = { GLOBAL_SEND, ARG_CHANNEL },
	[STATEMENT_RECV] = { GLOBAL_RECV, ARG_CHANNEL },
	[STATEMENT_READ] = { GLOBAL_READ, ARG_TEXT },
	[STATEMENT_START] = { GLOBAL_START, ARG_BODY },
	[STATEMENT_JOIN] = { GLOBAL_JOIN, ARG_BODY },
	[STATEMENT_KILL] = { GLOBAL_KILL, ARG_SIGNAL },
	[STATEMENT_CHECK_INTERVAL] = { GLOBAL_CHECK_INTERVAL, ARG_INT },
	[STATEMENT_SWITCH_INTERVAL] = { GLOBAL_SWITCH_INTERVAL, ARG_FLOAT },
	[STATEMENT_PRINT] = { GLOBAL_SAY, ARG_TEXT },
};

static struct constant argument_of(const struct scenario *s, const struct statement *st)
{
	switch (calls[st->kind].argument) {
	case ARG_INT:
		return number(OBJECT_INT, st->number);
	case ARG_FLOAT:
		return number(OBJECT_FLOAT, st->number);
	case ARG_CHANNEL:
		return string(s->channels[st->object].name, (int64_t)st->object);
	case ARG_BODY:
		return string(s->bodies[st->object].name, (int64_t)st->object);
	case ARG_SIGNAL:
		return string(text_signal_name((int)st->number), st->number);
	case ARG_TEXT:
		break;
	}
	return string(st->text, (int64_t)(intptr_t)st->text);
}

static void call(struct output *o, const struct statement *st)
{
	bool two = calls[st->kind].argument == ARG_CHANNEL;

	load_global(o, calls[st->kind].function);
	load_const(o, argument_of(o->scenario, st));
	if (two)
		load_const(o, number(OBJECT_INT, st->number));
	emit_arg(o, CALL_FUNCTION, two ? 2 : 1);
	emit(o, POP_TOP);
}

/* for _ in range(number): or, for ever, while 1: */
static void open_loop(struct output *o, const struct statement *st)
{
	size_t *target = o->targets[o->depth++];

	target[0] = o->n_bytes;
	emit_arg(o, SETUP_LOOP, 0);
	if (st->number != SCENARIO_FOREVER) {
		load_global(o, GLOBAL_RANGE);
		load_const(o, number(OBJECT_INT, st->number));
		emit_arg(o, CALL_FUNCTION, 1);
		emit(o, GET_ITER);
	}
	target[1] = o->n_bytes;
	if (st->number != SCENARIO_FOREVER) {
		emit_arg(o, FOR_ITER, 0);
		emit_arg(o, STORE_FAST, 0);
	}
}

static void close_loop(struct output *o)
{
	size_t *target = o->targets[--o->depth];

	emit_arg(o, JUMP_ABSOLUTE, target[1]);
	if (o->bytes[target[1]] == FOR_ITER)
		set_distance(o, target[1]);
	emit(o, POP_BLOCK);
	set_distance(o, target[0]);
}

/* An END has no line of its own. */
static void compile_statement(struct output *o, const struct statement *st)
{
	if (st->kind == STATEMENT_END) {
		close_loop(o);
		return;
	}
	o->lines[o->n_lines++] = (struct code_line){ o->n_bytes, st->line };
	if (st->kind == STATEMENT_REPEAT)
		open_loop(o, st);
	else
		call(o, st);
}

/* ---- the whole ----------------------------------------------------------- */

static bool has_loop(const struct body *body)
{
	for (size_t i = 0; i < body->n_statements; i++)
		if (body->statements[i].kind == STATEMENT_REPEAT &&
		    body->statements[i].number != SCENARIO_FOREVER)
			return true;
	return false;
}

static void compile_all(struct output *o)
{
	o->consts[o->n_consts++] = number(OBJECT_NONE, 0);
	for (size_t i = 0; i < o->body->n_statements; i++)
		compile_statement(o, &o->body->statements[i]);
	assert(!o->depth);
	load_const(o, number(OBJECT_NONE, 0));
	emit(o, RETURN_VALUE);
}

struct code *compiled_free(struct code *code)
{
	if (code) {
		free((void *)code->bytes);
		free((void *)code->consts);
		free((void *)code->names);
		free((void *)code->lines);
		free(code);
	}
	return NULL;
}

int compile_body(struct code **out, const struct scenario *s, const struct body *body)
{
	size_t n = body->n_statements, room = (n + 1) * STATEMENT_BYTES_MAX;
	cleanup(compiled_freep) struct code *code = calloc(1, sizeof(*code));
	struct output o = { .scenario = s, .body = body };

	assert(room <= BYTES_MAX); /* see scenario_check() */
	if (!code)
		return err(-ENOMEM, "no memory for bytecode");
	code->bytes = o.bytes = malloc(room);
	code->consts = o.consts = calloc(2 * n + 1, sizeof(*o.consts));
	code->names = o.names = calloc(GLOBALS, sizeof(*o.names));
	code->lines = o.lines = calloc(n + 1, sizeof(*o.lines));
	if (!o.bytes || !o.consts || !o.names || !o.lines)
		return err(-ENOMEM, "no memory for bytecode");
	compile_all(&o);
	code->name = body->name;
	code->local = has_loop(body) ? "_" : NULL;
	code->size = o.n_bytes;
	code->n_consts = o.n_consts;
	code->n_names = o.n_names;
	code->n_lines = o.n_lines;
	*out = steal(&code);
	return 0;
}
