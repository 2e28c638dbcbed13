/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_EVAL_H
#define GILSCOPE_LAB_EVAL_H

#include "runtime/lab/code.h"
#include "runtime/lab/interp.h"

/* One call of a function. Everything here with the GIL of `interp` held. */
struct frame {
	const struct code *code; /* borrowed */
	struct object *consts[CODE_CONSTS_MAX];
	struct object *locals[CODE_LOCALS_MAX];
	struct object *stack[CODE_STACK_MAX];
	struct object **blocks[CODE_BLOCKS_MAX]; /* the stack's level outside each open block */
	struct object *result; /* NULL until it returned */
};

/* @return 0, or -ENOMEM with a sentence; frame_deinit() it in either case. */
int frame_init(struct frame *frame, struct interp *interp, const struct code *code, int64_t arg);
void frame_deinit(struct frame *frame, struct interp *interp);

/*
 * Runs the frame to its RETURN_VALUE. The GIL is let go and taken again at
 * every periodic check. Ticks and checks are counted in @self.
 * @return 0, or < 0 with a sentence.
 */
int eval_frame(struct interp *interp, struct gil_thread *self, struct frame *frame);

#endif
