/* SPDX-License-Identifier: MIT */
/*
 * In place of the real one, for a lab that has no tracepoints at all: what
 * bench_lab.py measures theirs against.
 */
#ifndef GILSCOPE_TRACEPOINTS_EMIT_H
#define GILSCOPE_TRACEPOINTS_EMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tracepoints/names.h"

struct emit_gil {
	uint64_t id;
	const char *design, *version;
	_Atomic uint32_t flags;
	_Atomic int64_t interval;
};

#define emit_load() 0
#define emit_gil_create(g) ((void)(g))
#define emit_gil_destroy(g) ((void)(g))
#define emit_interval(g, value) atomic_store(&(g)->interval, value)
#define emit_thread_name(ident, name) ((void)(ident), (void)(name))
#define emit_entry(g, tick, checks) ((void)(g), (void)(tick), (void)(checks))
#define emit_busy(g, tick, checks) ((void)(g), (void)(tick), (void)(checks))
#define emit_retry(g, tick, checks, timed_out) ((void)(g), (void)(tick), (void)(checks), (void)(timed_out))
#define emit_acquire(g, tick, checks) ((void)(g), (void)(tick), (void)(checks))
#define emit_release(g, tick, checks, requested) ((void)(g), (void)(tick), (void)(checks), (void)(requested))

#endif
