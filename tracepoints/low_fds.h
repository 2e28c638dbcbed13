/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_LOW_FDS_H
#define GILSCOPE_TRACEPOINTS_LOW_FDS_H

#include <stdint.h>

/*
 * A descriptor gets the lowest free number. So that LTTng's do not take those that the program
 * would get (and print, or put another one on with dup2), all low numbers are taken while LTTng
 * opens its own, and given back behind it.
 *
 * Only while the process has one thread: another one would find its numbers taken. System calls
 * only. Where there are none to spare, nothing is held. low_fds_give_back() may be called twice.
 */
enum { LOW_FDS_END = 256 };
struct low_fds {
	uint64_t held[LOW_FDS_END / 64];
};

void low_fds_hold(struct low_fds *l);
void low_fds_give_back(struct low_fds *l);

#endif
