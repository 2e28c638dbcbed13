/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_OWNED_FDS_H
#define GILSCOPE_TRACEPOINTS_OWNED_FDS_H

#include <stdbool.h>

/*
 * Which descriptors of the process are LTTng's. A program that closes all of its own, or one of
 * them twice, must spare these: LTTng opens its own whenever a daemon or a recording comes, also
 * where a number has just become free. Asked each time, under LTTng's lock: no copy of what LTTng
 * knows is ever new enough. Any thread, also in a signal handler.
 */
bool owned_fds_is(int fd);

/* Or nobody's: closing that number would close what LTTng opens there in this moment. */
bool owned_fds_is_or_free(int fd);

#endif
