/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_ROOM_H
#define GILSCOPE_TRACEPOINTS_ROOM_H

/*
 * What LTTng needs of the process that it is loaded into. Where it cannot have that, its error
 * paths close descriptors of the program, or it aborts: it is better not loaded.
 *
 * room_lacks() says which limit of this process (inherited by its children) is too low, as
 * the rest of a sentence, or NULL. room_lttng_fds() is the number of descriptors that LTTng
 * holds open in a process that one recording records. Thread-safe; errno is kept.
 */
const char *room_lacks(void);
unsigned room_lttng_fds(void);

#endif
