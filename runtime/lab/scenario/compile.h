/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_COMPILE_H
#define GILSCOPE_LAB_COMPILE_H

#include "runtime/lab/engine/code.h"
#include "runtime/lab/scenario/scenario.h"

/*
 * Makes bytecode of a body: byte for byte what CPython 2.7 makes of the same
 * function in scenario_write_python()'s program. Strings stand for what they
 * name: their value is the index of a body or channel, the number of a signal,
 * or a pointer to the text. The caller frees it with compiled_free(); it
 * borrows from the scenario.
 * @return 0, or < 0 with a sentence.
 */
int compile_body(struct code **out, const struct scenario *s, const struct body *body);
struct code *compiled_free(struct code *code); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct code *, compiled_free);

#endif
