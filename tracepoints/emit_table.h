/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_TRACEPOINTS_EMIT_TABLE_H
#define GILSCOPE_TRACEPOINTS_EMIT_TABLE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracepoints/names.h"

/*
 * What the provider library offers to the runtimes: one table, found with
 * dlsym, so that a runtime neither links nor loads LTTng until it has a GIL
 * to speak of. Runtimes use tracepoints/emit.h; a test that plays back a
 * trace may use the table itself.
 */
#define EMIT_TABLE_SYMBOL "gilscope_emit_table"
#define EMIT_TABLE_ABI 2u
#define EMIT_PROVIDER_FILE "libgilscope-provider.so"

/* Fields of gil:create and gil:destroy. The strings are never NULL. */
struct emit_gil_facts {
	uint64_t gil;
	int64_t interval; /* ticks, or microseconds: see GIL_FLAG_TICKED */
	int32_t pid;
	uint32_t schema;
	uint32_t flags;
	const char *recording, *design, *version;
};

/* Fields of gil:thread. `serial` counts the threads of the process: a reused tid has a new one. */
struct emit_thread_facts {
	uint64_t gil;
	uint64_t ident; /* pthread_self() */
	int32_t tid, pid;
	uint32_t serial;
	uint8_t is_main;
	const char *name; /* "" where it is not known */
};

/*            calls are          "safe": any thread at any time, also in a signal handler
 *  on[]      loads              relaxed loads; 0 is off
 *  entry..   wait-free          safe
 *  *_fork    serialised by the caller's fork
 *  owns_fd*  blocking   safe: LTTng's lock, which it holds while it receives descriptors
 */
struct emit_table {
	uint32_t abi;
	const int *on[GIL_KINDS];     /* non-zero: somebody records this kind */
	void *const volatile *listeners; /* changes when a recording of gil:thread starts or ends */
	void (*create)(const struct emit_gil_facts *);
	void (*destroy)(const struct emit_gil_facts *);
	void (*thread)(const struct emit_thread_facts *);
	void (*interval)(uint64_t gil, int64_t value);
	void (*entry)(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks);
	void (*busy)(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks);
	void (*retry)(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks, uint8_t timed_out);
	void (*acquire)(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks);
	void (*release)(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks, uint8_t drop_requested);
	void (*leave)(uint64_t gil, int32_t tid, uint8_t reason);
	void (*before_fork)(sigset_t *);
	void (*after_fork_parent)(sigset_t *);
	void (*after_fork_child)(sigset_t *);
	bool (*owns_fd)(int fd); /* one of LTTng's descriptors? */
	bool (*owns_fd_or_free)(int fd); /* or no descriptor at all? */
};

#endif
