/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_LAST_THREAD_H
#define GILSCOPE_TRACEPOINTS_LAST_THREAD_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/*
 * A process ends when its last thread does. LTTng's threads never end, so it would go on for ever
 * where that is not the main one: in a fork child of a thread, or after a main thread's pthread_exit().
 *
 * The calling thread leaves. @return true if only LTTng's threads are left: then the caller has to
 * end the process, with 0 as the C library does. Else the thread does not count any more: all its
 * signals are blocked and its OS name is changed. To be called as the last thing that it does,
 * one thread at a time.
 */
bool last_thread_leaves(void);

#pragma GCC visibility pop

#endif
