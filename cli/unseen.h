/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_UNSEEN_H
#define GILSCOPE_CLI_UNSEEN_H

#include <stddef.h>

#include "cli/binary.h"
#include "lib/gilscope.h"

/*
 * Why nothing was recorded, as the end of a sentence, without a full stop.
 * @survey what did reach the trace; NULL: nothing. @absent processes that LTTng never served.
 * @program what was run; NULL: nothing was, those that carry the probe were waited for.
 */
void unseen_explain(char *text, size_t size, const struct gilscope_survey *survey, unsigned absent,
		    const struct binary *program);

#endif
