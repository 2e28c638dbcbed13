/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_SUMMARY_H
#define GILSCOPE_CLI_SUMMARY_H

#include "cli/binary.h"
#include "cli/recorder.h"

/*
 * Prints to stderr what was recorded into rec->result and what was lost; or
 * why nothing was. @program what was run, or NULL.
 */
void summary_print(const struct recorder *rec, const struct binary *program);

#endif
