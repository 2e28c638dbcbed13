/* SPDX-License-Identifier: MIT */
#include "runtime/lab/engine/eval.h"

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
	default:
		return object_new(heap, c->type, c->value);
	}
}

int frame_init(struct frame *frame, struct interp *interp, const struct code *code, struct object *arg)
{
	*frame = (struct frame){ .code = code, .next = code->bytes };
	frame->locals[0] = object_ref(arg ? arg : &interp->heap.none);
	if (code->n_consts)
		frame->consts = calloc(code->n_consts, sizeof(struct object *));
	if (code->n_consts && !frame->consts)
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
	if (frame->consts)
		unref_all(&interp->heap, frame->consts, frame->code->n_consts);
	free(steal(&frame->consts));
	unref_all(&interp->heap, frame->locals, CODE_LOCALS_MAX);
	unref_all(&interp->heap, &frame->result, 1);
}

unsigned eval_line(const struct thread_state *ts)
{
	const struct frame *f = ts->frame;

	/* count() has no lines: its caller's is meant. */
	while (f && !f->code->n_lines)
		f = f->caller;
	return f ? code_line(f->code, (size_t)(f->next - f->code->bytes) - 1) : 0;
}

/* ---- operations ---------------------------------------------------------- */

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

static int no_memory(const struct frame *frame)
{
	return err(-ENOMEM, "no memory for an integer in %s()", frame->code->name);
}

static int call_bytecode(struct thread_state *ts, const struct code *code, struct object *arg,
			 struct object **result)
{
	struct frame frame;
	int r = frame_init(&frame, ts->interp, code, arg);

	if (!r)
		r = eval_frame(ts, &frame);
	*result = r ? NULL : steal(&frame.result);
	frame_deinit(&frame, ts->interp);
	return r;
}

/* @called: the function and behind it its arguments. @result: a new reference, where 0 is returned. */
static int call(struct thread_state *ts, struct object *const *called, size_t n_args,
		struct object **result)
{
	struct interp *interp = ts->interp;
	const struct object *function = called[0];
	int r;

	if (function->type == OBJECT_FUNCTION)
		return call_bytecode(ts, function->code, n_args ? called[1] : NULL, result);
	if (function->value == GLOBAL_RANGE) {
		*result = object_new(&interp->heap, OBJECT_RANGE, called[1]->value);
		return *result ? 0 : no_memory(ts->frame);
	}
	r = interp->program->builtins[function->value](ts, called + 1, n_args);
	*result = r ? NULL : none_new(&interp->heap);
	return r;
}

/* ---- the loop ------------------------------------------------------------ */

/*
 * The loop of 2.7's PyEval_EvalFrameEx. An opcode that ends with `continue`
 * takes a tick, one that ends with `goto fast_next_opcode` does not; which is
 * which is ceval.c's choice. COMPARE_OP takes one, as in 2.7.18 built by gcc:
 * with computed gotos PREDICT(POP_JUMP_IF_FALSE) is off. Such a build counts a
 * second time on its way to the check; the classic loop, and this one, do not:
 * 101 decrements make an interval of 100. (ceval.c also puts off a check that
 * would come just before SETUP_FINALLY; there is no such opcode here.)
 *
 * Compiled twice: with a ticker, and with an eval breaker as in 3.x.
 */
static inline __attribute__((always_inline)) int loop(struct thread_state *ts, struct frame *frame,
						      bool ticked)
{
	struct interp *interp = ts->interp;
	struct heap *heap = &interp->heap;
	const uint8_t *const first = frame->code->bytes;
	const uint8_t *next = first;
	struct object **sp = frame->stack; /* the first free slot */
	struct object ***block = frame->blocks;
	struct object *v, *w, *x;
	uint64_t ticks = 0; /* one for each decrement */
	unsigned opcode, oparg;
	int r;

	for (;;) {
		ticks++;
		r = interp_tick(ts, ticked);
		if (__builtin_expect(r, 0))
			goto out;

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

		case LOAD_GLOBAL:
			*sp++ = object_ref(&interp->globals[frame->code->names[oparg]]);
			continue;

		case POP_TOP:
			object_unref(heap, *--sp);
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
				r = no_memory(frame);
				goto out;
			}
			sp[-1] = x;
			object_unref(heap, v);
			continue;

		case CALL_FUNCTION:
			frame->next = next;
			r = call(ts, sp - oparg - 1, oparg, &x);
			for (unsigned n = oparg + 1; n; n--)
				object_unref(heap, *--sp);
			if (r)
				goto out;
			*sp++ = x;
			continue;

		case GET_ITER: /* a range is its own iterator */
			assert(sp[-1]->type == OBJECT_RANGE);
			continue;

		case FOR_ITER:
			v = sp[-1];
			if (v->value > 0) {
				x = int_new(heap, --v->value);
				if (!x) {
					r = no_memory(frame);
					goto out;
				}
				*sp++ = x;
				continue;
			}
			object_unref(heap, *--sp);
			next += oparg;
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
	ts->gil->counts.ticks += ticks;
	return r;
}

/* Aligned: its speed would depend on what is linked before it. */
static __attribute__((noinline, aligned(64))) int loop_ticked(struct thread_state *ts, struct frame *frame)
{
	return loop(ts, frame, true);
}

static __attribute__((noinline, aligned(64))) int loop_sliced(struct thread_state *ts, struct frame *frame)
{
	return loop(ts, frame, false);
}

int eval_frame(struct thread_state *ts, struct frame *frame)
{
	int r;

	frame->caller = ts->frame;
	ts->frame = frame;
	r = ts->interp->gil->design->ticked ? loop_ticked(ts, frame) : loop_sliced(ts, frame);
	ts->frame = frame->caller;
	return r;
}

int eval_call(struct thread_state *ts, const struct code *code)
{
	struct object *result = NULL;
	int r = call_bytecode(ts, code, NULL, &result);

	if (result)
		object_unref(&ts->interp->heap, result);
	return r;
}
