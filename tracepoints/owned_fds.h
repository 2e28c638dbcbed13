/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_OWNED_FDS_H
#define GILSCOPE_TRACEPOINTS_OWNED_FDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which descriptors of the process are LTTng's. A program that closes all of
 * its own must spare these. Any thread, also in a signal handler.
 *
 * owned_fds_may() costs no system call: it looks into a map that is made anew
 * when `signature` is another one than last time (LTTng opens descriptors with
 * each recording). owned_fds_is() asks LTTng, under its lock.
 */
bool owned_fds_may(int fd, uintptr_t signature);
bool owned_fds_is(int fd);

#endif
