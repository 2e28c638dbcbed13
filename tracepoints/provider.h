/* SPDX-License-Identifier: MIT */
/*
 * The LTTng-UST provider `gil`. Read tracepoints/names.h for the meaning of
 * the fields. Only provider.c includes this file, and the benchmark that is its yardstick.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER gil

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tracepoints/provider.h"

#if !defined(GILSCOPE_TRACEPOINTS_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define GILSCOPE_TRACEPOINTS_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

#include "tracepoints/emit_table.h"

/* The hot events: 24 bytes of payload, two of them with a byte of their own. */
LTTNG_UST_TRACEPOINT_EVENT_CLASS(gil, step,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int32_t, tid, int32_t, tick, uint64_t, checks),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, gil, gil)
		lttng_ust_field_integer(int32_t, tid, tid)
		lttng_ust_field_integer(int32_t, tick, tick)
		lttng_ust_field_integer(uint64_t, checks, checks)
	)
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(gil, step, gil, entry,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int32_t, tid, int32_t, tick, uint64_t, checks))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(gil, step, gil, busy,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int32_t, tid, int32_t, tick, uint64_t, checks))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(gil, step, gil, acquire,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int32_t, tid, int32_t, tick, uint64_t, checks))

LTTNG_UST_TRACEPOINT_EVENT(gil, retry,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int32_t, tid, int32_t, tick, uint64_t, checks,
		uint8_t, timed_out),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, gil, gil)
		lttng_ust_field_integer(int32_t, tid, tid)
		lttng_ust_field_integer(int32_t, tick, tick)
		lttng_ust_field_integer(uint64_t, checks, checks)
		lttng_ust_field_integer(uint8_t, timed_out, timed_out)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(gil, release,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int32_t, tid, int32_t, tick, uint64_t, checks,
		uint8_t, drop_requested),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, gil, gil)
		lttng_ust_field_integer(int32_t, tid, tid)
		lttng_ust_field_integer(int32_t, tick, tick)
		lttng_ust_field_integer(uint64_t, checks, checks)
		lttng_ust_field_integer(uint8_t, drop_requested, drop_requested)
	)
)

LTTNG_UST_TRACEPOINT_ENUM(gil, leave_reason,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("poke", GIL_LEAVE_POKE)
		lttng_ust_field_enum_value("gone", GIL_LEAVE_GONE)
		lttng_ust_field_enum_value("gil_off", GIL_LEAVE_GIL_OFF)
		lttng_ust_field_enum_value("thread_end", GIL_LEAVE_THREAD_END)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(gil, leave,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int32_t, tid, uint8_t, reason),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, gil, gil)
		lttng_ust_field_integer(int32_t, tid, tid)
		lttng_ust_field_enum(gil, leave_reason, uint8_t, reason, reason)
	)
)

/* The rare events: facts about a GIL or a thread, said again from time to time. */
LTTNG_UST_TRACEPOINT_EVENT_CLASS(gil, facts,
	LTTNG_UST_TP_ARGS(const struct emit_gil_facts *, f),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, gil, f->gil)
		lttng_ust_field_integer(int32_t, pid, f->pid)
		lttng_ust_field_integer(uint32_t, schema, f->schema)
		lttng_ust_field_integer(uint32_t, flags, f->flags)
		lttng_ust_field_integer(int64_t, interval, f->interval)
		lttng_ust_field_string(recording, f->recording)
		lttng_ust_field_string(design, f->design)
		lttng_ust_field_string(version, f->version)
	)
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(gil, facts, gil, create,
	LTTNG_UST_TP_ARGS(const struct emit_gil_facts *, f))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(gil, facts, gil, destroy,
	LTTNG_UST_TP_ARGS(const struct emit_gil_facts *, f))

LTTNG_UST_TRACEPOINT_EVENT(gil, thread,
	LTTNG_UST_TP_ARGS(const struct emit_thread_facts *, f),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, gil, f->gil)
		lttng_ust_field_integer(int32_t, tid, f->tid)
		lttng_ust_field_integer(int32_t, pid, f->pid)
		lttng_ust_field_integer(uint32_t, serial, f->serial)
		lttng_ust_field_integer_hex(uint64_t, ident, f->ident)
		lttng_ust_field_integer(uint8_t, is_main, f->is_main)
		lttng_ust_field_string(name, f->name)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(gil, interval,
	LTTNG_UST_TP_ARGS(uint64_t, gil, int64_t, value),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, gil, gil)
		lttng_ust_field_integer(int64_t, value, value)
	)
)

#endif

#include <lttng/tracepoint-event.h>
