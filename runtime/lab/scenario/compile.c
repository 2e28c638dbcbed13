/* SPDX-License-Identifier: MIT */
#include "runtime/lab/scenario/compile.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/err.h"

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

static void call(struct output *o, enum global function, const struct constant *args, size_t n)
{
	load_global(o, function);
	for (size_t i = 0; i < n; i++)
		load_const(o, args[i]);
	emit_arg(o, CALL_FUNCTION, n);
	emit(o, POP_TOP);
}

static void call1(struct output *o, enum global function, struct constant arg)
{
	call(o, function, &arg, 1);
}

static void channel_call(struct output *o, enum global function, const struct statement *st)
{
	const struct constant args[] = {
		string(o->scenario->channels[st->object].name, (int64_t)st->object),
		number(OBJECT_INT, st->number),
	};

	call(o, function, args, 2);
}

static void thread_call(struct output *o, enum global function, const struct statement *st)
{
	call1(o, function, string(o->scenario->bodies[st->object].name, (int64_t)st->object));
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

/* Python's `pass` in a loop has no bytes; nor has an END a line of its own. */
static void compile_statement(struct output *o, const struct statement *st)
{
	if (st->kind != STATEMENT_END)
		o->lines[o->n_lines++] = (struct code_line){ o->n_bytes, st->line };
	switch (st->kind) {
	case STATEMENT_COUNT:
		return call1(o, GLOBAL_COUNT, number(OBJECT_INT, st->number));
	case STATEMENT_SLEEP:
		return call1(o, GLOBAL_SLEEP, number(OBJECT_FLOAT, st->number));
	case STATEMENT_SEND:
		return channel_call(o, GLOBAL_SEND, st);
	case STATEMENT_RECV:
		return channel_call(o, GLOBAL_RECV, st);
	case STATEMENT_READ:
		return call1(o, GLOBAL_READ, string(st->text, (int64_t)(intptr_t)st->text));
	case STATEMENT_START:
		return thread_call(o, GLOBAL_START, st);
	case STATEMENT_JOIN:
		return thread_call(o, GLOBAL_JOIN, st);
	case STATEMENT_KILL:
		return call1(o, GLOBAL_KILL, string(sigabbrev_np((int)st->number), st->number));
	case STATEMENT_CHECK_INTERVAL:
		return call1(o, GLOBAL_CHECK_INTERVAL, number(OBJECT_INT, st->number));
	case STATEMENT_SWITCH_INTERVAL:
		return call1(o, GLOBAL_SWITCH_INTERVAL, number(OBJECT_FLOAT, st->number));
	case STATEMENT_PRINT:
		return call1(o, GLOBAL_SAY, string(st->text, (int64_t)(intptr_t)st->text));
	case STATEMENT_REPEAT:
		return open_loop(o, st);
	case STATEMENT_END:
		return close_loop(o);
	}
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

	if (room > BYTES_MAX)
		return err(-E2BIG, "%s:%u:%u: '%s' has %zu statements: at most %d fit into one code object; "
			   "use repeat, or another thread", s->path, body->line, body->column, body->name, n,
			   BYTES_MAX / STATEMENT_BYTES_MAX - 1);
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
