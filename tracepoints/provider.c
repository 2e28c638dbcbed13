/* SPDX-License-Identifier: MIT */
/* The only file of the product that includes LTTng-UST's headers. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_HIDDEN_DEFINITION
#define LTTNG_UST_TRACEPOINT_PROVIDER_HIDDEN_DEFINITION
#include "tracepoints/provider.h"

#include <lttng/ust-fork.h>

#include "tracepoints/owned_fds.h"

static void say_create(const struct emit_gil_facts *f)
{
	lttng_ust_do_tracepoint(gil, create, f);
}

static void say_destroy(const struct emit_gil_facts *f)
{
	lttng_ust_do_tracepoint(gil, destroy, f);
}

static void say_thread(const struct emit_thread_facts *f)
{
	lttng_ust_do_tracepoint(gil, thread, f);
}

static void say_interval(uint64_t gil, int64_t value)
{
	lttng_ust_do_tracepoint(gil, interval, gil, value);
}

static void say_entry(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks)
{
	lttng_ust_do_tracepoint(gil, entry, gil, tid, tick, checks);
}

static void say_busy(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks)
{
	lttng_ust_do_tracepoint(gil, busy, gil, tid, tick, checks);
}

static void say_retry(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks, uint8_t timed_out)
{
	lttng_ust_do_tracepoint(gil, retry, gil, tid, tick, checks, timed_out);
}

static void say_acquire(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks)
{
	lttng_ust_do_tracepoint(gil, acquire, gil, tid, tick, checks);
}

static void say_release(uint64_t gil, int32_t tid, int32_t tick, uint64_t checks,
			uint8_t drop_requested)
{
	lttng_ust_do_tracepoint(gil, release, gil, tid, tick, checks, drop_requested);
}

static void say_leave(uint64_t gil, int32_t tid, uint8_t reason)
{
	lttng_ust_do_tracepoint(gil, leave, gil, tid, reason);
}

#define STATE(event) &lttng_ust_tracepoint_gil___##event.state

__attribute__((visibility("default")))
const struct emit_table gilscope_emit_table = {
	.abi = EMIT_TABLE_ABI,
	.on = {
		[GIL_CREATE] = STATE(create),
		[GIL_DESTROY] = STATE(destroy),
		[GIL_THREAD] = STATE(thread),
		[GIL_INTERVAL] = STATE(interval),
		[GIL_ENTRY] = STATE(entry),
		[GIL_BUSY] = STATE(busy),
		[GIL_RETRY] = STATE(retry),
		[GIL_ACQUIRE] = STATE(acquire),
		[GIL_RELEASE] = STATE(release),
		[GIL_LEAVE] = STATE(leave),
	},
	.listeners = (void *const volatile *)&lttng_ust_tracepoint_gil___thread.probes,
	.create = say_create,
	.destroy = say_destroy,
	.thread = say_thread,
	.interval = say_interval,
	.entry = say_entry,
	.busy = say_busy,
	.retry = say_retry,
	.acquire = say_acquire,
	.release = say_release,
	.leave = say_leave,
	.before_fork = lttng_ust_before_fork,
	.after_fork_parent = lttng_ust_after_fork_parent,
	.after_fork_child = lttng_ust_after_fork_child,
	.owns_fd = owned_fds_is,
	.owns_fd_or_free = owned_fds_is_or_free,
};
