/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_SCENARIO_PARSE_H
#define GILSCOPE_LAB_SCENARIO_PARSE_H

#include "runtime/lab/scenario/scenario.h"

/*
 * Reads the text of a scenario into @s, whose name and path are set and whose
 * rest is 0; what is there after an error is for scenario_free() too.
 *
 * @text: changed on the way; [length] is a NUL, and there may be others.
 * @return 0, or < 0 with a sentence.
 */
int parse_scenario(struct scenario *s, char *text, size_t length, const struct setting *settings,
		   size_t n_settings);

#endif
