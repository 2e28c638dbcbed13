/* SPDX-License-Identifier: MIT */
#include "runtime/lab/eval.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"

static struct object *constant_new(struct heap *heap, const struct constant *c)
{
	switch (c->type) {
	case OBJECT_NONE:
		return none_new(heap);
	case OBJECT_BOOL:
		return bool_new(heap, c->value);
	case OBJECT_INT:
		return int_new(heap, c->value);
	}
	return NULL;
}

int frame_init(struct frame *frame, struct interp *interp, const struct code *code, int64_t arg)
{
	memset(frame, 0, sizeof(*frame));
	frame->code = code;
	frame->locals[0] = int_new(&interp->heap, arg);
	if (!frame->locals[0])
		return err(-ENOMEM, "no memory to call %s()", code->name);
	for (size_t i = 0; i < code->n_consts; i++) {
		frame->consts[i] = constant_new(&interp->heap, &code->consts[i]);
		if (!frame->consts[i])
			return err(-ENOMEM, "no memory for the constants of %s()", code->name);
	}
	return 0;
}

static void unref_all(struct heap *heap, struct object **objects, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (objects[i])
			object_unref(heap, objects[i]);
}

void frame_deinit(struct frame *frame, struct interp *interp)
{
	unref_all(&interp->heap, frame->consts, CODE_CONSTS_MAX);
	unref_all(&interp->heap, frame->locals, CODE_LOCALS_MAX);
	unref_all(&interp->heap, &frame->result, 1);
}

static struct object *compare(struct heap *heap, unsigned how, const struct object *v,
			      const struct object *w)
{
	assert(how == COMPARE_GT && v->type == OBJECT_INT && w->type == OBJECT_INT);
	(void)how;
	return bool_new(heap, v->value > w->value);
}

static struct object *subtract(struct heap *heap, const struct object *v, const struct object *w)
{
	assert(v->type == OBJECT_INT && w->type == OBJECT_INT);
	return int_new(heap, v->value - w->value);
}

/*
 * The loop of 2.7's PyEval_EvalFrameEx. An opcode that ends with `continue`
 * takes a tick, one that ends with `goto fast_next_opcode` does not; which is
 * which is ceval.c's choice. COMPARE_OP takes one, as in 2.7.18 built by gcc:
 * with computed gotos PREDICT(POP_JUMP_IF_FALSE) is off. Such a build counts a
 * second time on its way to the check; the classic loop, and this one, do not:
 * 101 decrements make an interval of 100. (ceval.c also puts off a check that
 * would come just before SETUP_FINALLY; there is no such opcode here.)
 */
int eval_frame(struct interp *interp, struct gil_thread *self, struct frame *frame)
{
	struct heap *heap = &interp->heap;
	const uint8_t *const first = frame->code->bytes;
	const uint8_t *next = first;
	struct object **sp = frame->stack; /* the first free slot */
	struct object ***block = frame->blocks;
	struct object *v, *w, *x;
	uint64_t ticks = 0; /* one for each decrement */
	unsigned opcode, oparg;
	int r = 0;

	for (;;) {
		ticks++;
		interp_tick(interp, self);

fast_next_opcode:
		opcode = *next++;
		oparg = 0;
		if (opcode >= HAVE_ARGUMENT) {
			oparg = next[0] | (unsigned)next[1] << 8;
			next += 2;
		}

		switch (opcode) {
		case LOAD_FAST:
			*sp++ = object_ref(frame->locals[oparg]);
			goto fast_next_opcode;

		case LOAD_CONST:
			*sp++ = object_ref(frame->consts[oparg]);
			goto fast_next_opcode;

		case STORE_FAST:
			x = frame->locals[oparg];
			frame->locals[oparg] = *--sp;
			object_unref(heap, x);
			goto fast_next_opcode;

		case COMPARE_OP:
			w = *--sp;
			v = sp[-1];
			sp[-1] = compare(heap, oparg, v, w);
			object_unref(heap, v);
			object_unref(heap, w);
			continue;

		case POP_JUMP_IF_FALSE:
			x = *--sp;
			assert(x->type == OBJECT_BOOL);
			if (!x->value)
				next = first + oparg;
			object_unref(heap, x);
			goto fast_next_opcode;

		case INPLACE_SUBTRACT:
			w = *--sp;
			v = sp[-1];
			x = subtract(heap, v, w);
			object_unref(heap, w);
			if (!x) {
				r = err(-ENOMEM, "no memory for an integer in %s()",
					frame->code->name);
				goto out;
			}
			sp[-1] = x;
			object_unref(heap, v);
			continue;

		case JUMP_ABSOLUTE:
			next = first + oparg;
			continue;

		case SETUP_LOOP:
			*block++ = sp;
			continue;

		case POP_BLOCK:
			for (block--; sp > *block; )
				object_unref(heap, *--sp);
			continue;

		case RETURN_VALUE:
			frame->result = *--sp;
			goto out;

		default:
			r = err(-EINVAL, "unknown opcode %u in %s()", opcode, frame->code->name);
			goto out;
		}
	}
out:
	unref_all(heap, frame->stack, (size_t)(sp - frame->stack));
	self->counts.ticks += ticks;
	return r;
}
