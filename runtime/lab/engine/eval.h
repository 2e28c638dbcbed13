/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_EVAL_H
#define GILSCOPE_LAB_EVAL_H

#include "runtime/lab/engine/code.h"
#include "runtime/lab/engine/interp.h"

/* One call of a function. Everything here with the GIL of the thread's interpreter held. */
struct frame {
	const struct code *code; /* borrowed */
	const struct frame *caller;
	const uint8_t *next;     /* while another function runs: behind the call */
	struct object **consts;
	struct object *locals[CODE_LOCALS_MAX];
	struct object *stack[CODE_STACK_MAX];
	struct object **blocks[CODE_BLOCKS_MAX]; /* the stack's level outside each open block */
	struct object *result; /* NULL until it returned */
};

/*
 * @arg: of a function that has one; a reference is taken. NULL: none.
 * @return 0, or -ENOMEM with a sentence; frame_deinit() it in either case.
 */
int frame_init(struct frame *frame, struct interp *interp, const struct code *code, struct object *arg);
void frame_deinit(struct frame *frame, struct interp *interp);

/*
 * Runs the frame to its RETURN_VALUE. The GIL is let go and taken again at
 * checks. Ticks and checks are counted in the thread's counts.
 * @return 0; EVAL_E_END when the thread is to end; < 0 with a sentence.
 */
int eval_frame(struct thread_state *ts, struct frame *frame);

/* Calls a function without arguments and forgets its result. @return as eval_frame(). */
int eval_call(struct thread_state *ts, const struct code *code);

/* The line of the program that runs; 0: not known. */
unsigned eval_line(const struct thread_state *ts);

#endif
