/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_UNSEEN_H
#define GILSCOPE_CLI_UNSEEN_H

#include <stddef.h>

#include "analyzer/survey.h"
#include "cli/binary.h"

/*
 * Why nothing was recorded, as the end of a sentence, without a full stop.
 * @survey what did reach the trace. @absent processes that LTTng never served.
 * @program what was run; NULL: nothing was, those that carry the probe were waited for.
 */
void unseen_explain(char *text, size_t size, const struct survey *survey, unsigned absent,
		    const struct binary *program);

#endif
