/* SPDX-License-Identifier: MIT */
#include "viz/fields.h"

#include <stddef.h>
#include <string.h>

#define THREAD(name) { #name, offsetof(struct thread_metrics, name), 0 }
const struct field thread_fields[] = {
	THREAD(entries),
	THREAD(acquisitions),
	THREAD(acquisitions_contended),
	THREAD(busy),
	THREAD(retries),
	THREAD(retries_timed_out),
	{ "failed_attempts", offsetof(struct thread_metrics, busy),
	  offsetof(struct thread_metrics, retries) },
	THREAD(failed_same_cpu),
	THREAD(failed_other_cpu),
	THREAD(releases),
	THREAD(releases_requested),
	THREAD(checks),
	THREAD(ticks),
	THREAD(switches_in),
	THREAD(life_ns),
	{ NULL, 0, 0 },
};

#define GIL(name) { #name, offsetof(struct gil_metrics, name), 0 }
const struct field gil_fields[] = {
	GIL(acquisitions),
	{ "failed_attempts", offsetof(struct gil_metrics, failed), 0 },
	GIL(failed_same_cpu),
	GIL(failed_other_cpu),
	GIL(checks),
	GIL(ticks),
	GIL(switches),
	GIL(switches_same_cpu),
	GIL(switches_other_cpu),
	GIL(held_ns),
	GIL(wanted_ns),
	GIL(dead_ns),
	{ NULL, 0, 0 },
};

#define TRACE(name) { #name, offsetof(struct trace_end, name), 0 }
const struct field trace_fields[] = {
	TRACE(events),
	TRACE(other_events),
	TRACE(left_out_events),
	{ NULL, 0, 0 },
};

const struct field quality_fields[] = {
	TRACE(lost_events),
	TRACE(lost_packets),
	TRACE(violations),
	TRACE(cut_intervals),
	TRACE(still_waiting),
	TRACE(still_holding),
	TRACE(attempts_found),
	TRACE(attempts_left),
	TRACE(attempts_cut),
	TRACE(pokes),
	TRACE(holds_found),
	TRACE(holds_cut),
	{ NULL, 0, 0 },
};

static uint64_t read_at(const void *of, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)of + offset, sizeof(value));
	return value;
}

uint64_t field_value(const struct field *f, const void *of)
{
	return read_at(of, f->offset) + (f->plus ? read_at(of, f->plus) : 0);
}

const struct histogram_field histogram_fields[] = {
	{ "wait", offsetof(struct thread_metrics, wait_ns) },
	{ "wait_contended", offsetof(struct thread_metrics, wait_contended_ns) },
	{ "hold", offsetof(struct thread_metrics, hold_ns) },
	{ NULL, 0 },
};

const struct histogram *histogram_field(const struct histogram_field *f,
					const struct thread_metrics *t)
{
	const struct histogram *h;

	memcpy(&h, (const char *)t + f->offset, sizeof(h));
	return h;
}

#define PERCENTILE(name, q)                                   \
	static uint64_t name(const struct histogram *h)       \
	{                                                     \
		return histogram_percentile(h, q);            \
	}                                                     \
	struct name##_needs_semicolon
PERCENTILE(p50, 0.5);
PERCENTILE(p90, 0.9);
PERCENTILE(p99, 0.99);
PERCENTILE(p999, 0.999);

const struct statistic statistics[] = {
	{ "count", histogram_count }, { "total", histogram_total }, { "mean", histogram_mean },
	{ "min", histogram_min },     { "p50", p50 },               { "p90", p90 },
	{ "p99", p99 },               { "p999", p999 },             { "max", histogram_max },
	{ NULL, NULL },
};

const char *kind_name(enum gil_kind kind)
{
	static const char *const names[GIL_KINDS] = GIL_EVENT_NAMES;

	return names[kind] + sizeof(GIL_PROVIDER);
}

const char *const leave_reason_names[GIL_LEAVE_REASONS] = GIL_LEAVE_REASON_NAMES;
