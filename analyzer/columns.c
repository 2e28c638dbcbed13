/* SPDX-License-Identifier: MIT */
#include "analyzer/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/getter.h"

/* ---- ways to get a value ---------------------------------------------------------- */

static const void *at(const struct column *c, const void *row)
{
	return (const char *)row + c->offset;
}

#define READ(type, c, row) (*(const type *)at(c, row))

static struct value count(uint64_t n)
{
	return (struct value){ .known = n != METRIC_UNKNOWN, .count = n };
}

static struct value id(uint64_t n)
{
	return (struct value){ .known = true, .count = n };
}

/* Of a thread; below zero is none. */
static struct value get_tid(const struct results *r, const struct column *c, const void *row)
{
	int32_t tid = READ(int32_t, c, row);

	(void)r;
	return tid < 0 ? unknown : count((uint64_t)tid);
}

static struct value get_pid(const struct results *r, const struct column *c, const void *row)
{
	return READ(int32_t, c, row) ? get_tid(r, c, row) : unknown;
}

static struct value get_uint32(const struct results *r, const struct column *c, const void *row)
{
	(void)r;
	return count(READ(uint32_t, c, row));
}

/* A time since the trace's begin. */
static struct value get_time(const struct results *r, const struct column *c, const void *row)
{
	int64_t ts_ns = READ(int64_t, c, row);

	return count(ts_ns == INT64_MIN ? METRIC_UNKNOWN : results_since_begin(r, ts_ns));
}

static struct value name_of_row(const struct results *r, uint32_t row)
{
	if (row < r->n_threads)
		return text(r->threads[row].info.name);
	return text(row == PAIR_OTHERS ? "(others)" : NULL);
}

static struct value get_name_of_row(const struct results *r, const struct column *c, const void *row)
{
	return name_of_row(r, READ(uint32_t, c, row));
}

GETTER(thread_row, struct thread_metrics, count((uint64_t)(row - r->threads)));
GETTER(thread_number, struct thread_metrics, count(row->folded ? METRIC_UNKNOWN : row->info.index));
GETTER(thread_gil, struct thread_metrics, count(row->info.gil->index));
GETTER(thread_serial, struct thread_metrics, count(row->info.serial ? row->info.serial : METRIC_UNKNOWN));
GETTER(thread_ident, struct thread_metrics, row->info.serial ? id(row->info.ident) : unknown);
GETTER(thread_is_main, struct thread_metrics, row->info.serial ? flag(row->info.is_main) : unknown);
GETTER(thread_lost_race, struct thread_metrics, count(row->retries - row->retries_timed_out));
GETTER(thread_voluntary, struct thread_metrics, count(row->releases - row->releases_requested));
/* What gil:create says; a gil:interval without it has no unit. */
#define GIL_FACT(name, expression) GETTER(gil_##name, struct gil_metrics, row->info.known ? (expression) : unknown)
GIL_FACT(design, text(row->info.design));
GIL_FACT(version, text(row->info.version));
GIL_FACT(recording, text(row->info.recording));
GIL_FACT(schema, count(row->info.schema));
GIL_FACT(unit, text(gil_is_ticked(&row->info) ? "ticks" : "us"));
GIL_FACT(ticks_exact, flag(row->info.flags & GIL_FLAG_TICKS_EXACT));
GIL_FACT(checks_exact, flag(row->info.flags & GIL_FLAG_CHECKS_EXACT));
GIL_FACT(retries_visible, flag(gil_shows_retries(&row->info)));
GIL_FACT(more, flag(row->info.flags & GIL_FLAG_MORE_GILS));
GETTER(gil_interval, struct gil_metrics,
       row->info.interval > 0 || (row->info.known && !row->info.interval) ?
       count((uint64_t)row->info.interval) : unknown);
GETTER(gil_lost_race, struct gil_metrics, count(row->retries - row->retries_timed_out));
GETTER(gil_voluntary, struct gil_metrics, count(row->releases - row->releases_requested));
GETTER(pair_gil, struct pair_metrics, count(r->threads[row->waiter].info.gil->index));
GETTER(finding_name, struct finding, text(row->name));
GETTER(finding_thread, struct finding,
       count(row->n_threads > 0 ? row->threads[0] : METRIC_UNKNOWN));
GETTER(finding_thread_name, struct finding,
       name_of_row(r, row->n_threads > 0 ? row->threads[0] : PAIR_NOBODY));
GETTER(finding_other, struct finding,
       count(row->n_threads > 1 ? row->threads[1] : METRIC_UNKNOWN));
GETTER(finding_other_name, struct finding,
       name_of_row(r, row->n_threads > 1 ? row->threads[1] : PAIR_NOBODY));
GETTER(finding_waiters, struct finding, text(row->waiter_rows[0] ? row->waiter_rows : NULL));
GETTER(trace_path, struct results, text(row->trace->path));
GETTER(trace_host, struct results, text(row->trace->host[0] ? row->trace->host : NULL));
GETTER(trace_domain, struct results, text(row->trace->domain[0] ? row->trace->domain : NULL));
GETTER(trace_streams, struct results, count(row->trace->streams));
GETTER(trace_begin, struct results, count((uint64_t)row->quality->end.begin_ns));
GETTER(trace_end_ns, struct results, count((uint64_t)row->quality->end.end_ns));
GETTER(trace_duration, struct results,
       count((uint64_t)(row->quality->end.end_ns - row->quality->end.begin_ns)));
GETTER(trace_events, struct results, count(row->quality->end.events));
GETTER(trace_other, struct results, count(row->quality->end.other_events));
GETTER(trace_left_out, struct results, count(row->quality->end.left_out_events));
GETTER(quality_incomplete, struct quality, flag(!quality_complete(row) || row->end.interrupted));
GETTER(quality_damage, struct quality, text(row->damage));

static struct value get_kind(const struct results *r, const struct column *c, const void *row)
{
	(void)row;
	return count(r->quality->end.events_by_kind[c->offset]);
}

#define PERCENTILE(name, q)                                   \
	static uint64_t name(const struct histogram *h)       \
	{                                                     \
		return histogram_percentile(h, q);            \
	}                                                     \
	struct name##_needs_semicolon
PERCENTILE(p50, 0.5);
PERCENTILE(p90, 0.9);
PERCENTILE(p95, 0.95);
PERCENTILE(p99, 0.99);
PERCENTILE(p999, 0.999);

/* ---- shorthand for the tables below ------------------------------------------------ */

#define COUNT(s, m) { #m, NULL, NULL, COLUMN_COUNT, offsetof(struct s, m), NULL, NULL }
#define NS(s, m) { #m, NULL, NULL, COLUMN_NS, offsetof(struct s, m), NULL, NULL }
#define RATIO(s, m) { #m, NULL, NULL, COLUMN_RATIO, offsetof(struct s, m), NULL, NULL }
#define FLAG(s, m) { #m, NULL, NULL, COLUMN_FLAG, offsetof(struct s, m), NULL, NULL }
#define AS(name, type, s, m, get) { name, NULL, NULL, type, offsetof(struct s, m), get, NULL }
#define MEMBER(group, name, type, s, m) \
	{ #group "_" name, #group, name, type, offsetof(struct s, m), NULL, NULL }
#define STATISTIC(h, name, unit, type, s, f) \
	{ #h "_" name unit, #h "_ns", name, type, offsetof(struct s, h##_ns), NULL, f }
#define HISTOGRAM(h, s)                                                     \
	STATISTIC(h, "count", "", COLUMN_COUNT, s, histogram_count),        \
	STATISTIC(h, "total", "_ns", COLUMN_NS, s, histogram_total),        \
	STATISTIC(h, "mean", "_ns", COLUMN_NS, s, histogram_mean),          \
	STATISTIC(h, "stddev", "_ns", COLUMN_NS, s, histogram_stddev),      \
	STATISTIC(h, "min", "_ns", COLUMN_NS, s, histogram_min),            \
	STATISTIC(h, "p50", "_ns", COLUMN_NS, s, p50),                      \
	STATISTIC(h, "p90", "_ns", COLUMN_NS, s, p90),                      \
	STATISTIC(h, "p95", "_ns", COLUMN_NS, s, p95),                      \
	STATISTIC(h, "p99", "_ns", COLUMN_NS, s, p99),                      \
	STATISTIC(h, "p999", "_ns", COLUMN_NS, s, p999),                    \
	STATISTIC(h, "max", "_ns", COLUMN_NS, s, histogram_max)
#define STATE(name, state) \
	{ #name "_ns", "state_ns", #name, COLUMN_NS, offsetof(struct thread_metrics, state_ns[state]), NULL, NULL }
#define LEFT(name, reason) \
	{ "left_" #name, "left", #name, COLUMN_COUNT, offsetof(struct thread_metrics, left[reason]), NULL, NULL }
#define KIND(name, kind) \
	{ "events_" #name, "events_by_kind", #name, COLUMN_COUNT, kind, get_kind, NULL }

/* ---- the tables -------------------------------------------------------------------- */

static const struct column trace_columns[] = {
	GET("path", COLUMN_TEXT, trace_path),
	GET("host", COLUMN_TEXT, trace_host),
	GET("domain", COLUMN_TEXT, trace_domain),
	GET("streams", COLUMN_COUNT, trace_streams),
	GET("begin_ns", COLUMN_EPOCH, trace_begin),
	GET("end_ns", COLUMN_EPOCH, trace_end_ns),
	GET("duration_ns", COLUMN_NS, trace_duration),
	GET("events", COLUMN_COUNT, trace_events),
	GET("other_events", COLUMN_COUNT, trace_other),
	GET("left_out_events", COLUMN_COUNT, trace_left_out),
	KIND(create, GIL_CREATE), KIND(destroy, GIL_DESTROY), KIND(thread, GIL_THREAD),
	KIND(interval, GIL_INTERVAL), KIND(entry, GIL_ENTRY), KIND(busy, GIL_BUSY),
	KIND(retry, GIL_RETRY), KIND(acquire, GIL_ACQUIRE), KIND(release, GIL_RELEASE),
	KIND(leave, GIL_LEAVE),
};

#define LAW(m) { #m, NULL, NULL, COLUMN_COUNT, offsetof(struct quality, end.m), NULL, NULL }
static const struct column quality_columns[] = {
	GET("incomplete", COLUMN_FLAG, quality_incomplete),
	{ "loss_unknown", NULL, NULL, COLUMN_FLAG, offsetof(struct quality, end.loss_unknown), NULL, NULL },
	{ "interrupted", NULL, NULL, COLUMN_FLAG, offsetof(struct quality, end.interrupted), NULL, NULL },
	FLAG(quality, begins_late),
	AS("absent_processes", COLUMN_COUNT, quality, absent, NULL),
	AS("late_processes", COLUMN_COUNT, quality, late, NULL),
	GET("damage", COLUMN_TEXT, quality_damage),
	LAW(lost_events), LAW(lost_packets), LAW(violations), LAW(cut_intervals), LAW(still_waiting),
	LAW(still_holding), LAW(attempts_found), LAW(attempts_left), LAW(attempts_cut), LAW(pokes),
	LAW(holds_found), LAW(holds_cut),
};

static const struct column gil_columns[] = {
	AS("gil", COLUMN_COUNT, gil_metrics, info.index, get_uint32),
	AS("gil_id", COLUMN_ID, gil_metrics, info.id, NULL),
	AS("pid", COLUMN_COUNT, gil_metrics, info.pid, get_pid),
	AS("known", COLUMN_FLAG, gil_metrics, info.known, NULL),
	GET("design", COLUMN_TEXT, gil_design),
	GET("version", COLUMN_TEXT, gil_version),
	GET("recording", COLUMN_TEXT, gil_recording),
	GET("schema", COLUMN_COUNT, gil_schema),
	GET("interval", COLUMN_COUNT, gil_interval),
	GET("interval_unit", COLUMN_TEXT, gil_unit),
	GET("ticks_exact", COLUMN_FLAG, gil_ticks_exact),
	GET("checks_exact", COLUMN_FLAG, gil_checks_exact),
	GET("retries_visible", COLUMN_FLAG, gil_retries_visible),
	GET("more_gils", COLUMN_FLAG, gil_more),
	AS("first_ns", COLUMN_NS, gil_metrics, first_ns, get_time),
	AS("last_ns", COLUMN_NS, gil_metrics, last_ns, get_time),
	NS(gil_metrics, wall_ns),
	COUNT(gil_metrics, threads),
	COUNT(gil_metrics, acquisitions),
	COUNT(gil_metrics, acquisitions_contended),
	COUNT(gil_metrics, busy),
	COUNT(gil_metrics, retries),
	COUNT(gil_metrics, retries_timed_out),
	GET("retries_lost_race", COLUMN_COUNT, gil_lost_race),
	AS("failed_attempts", COLUMN_COUNT, gil_metrics, failed, NULL),
	COUNT(gil_metrics, failed_same_cpu),
	COUNT(gil_metrics, failed_other_cpu),
	COUNT(gil_metrics, releases),
	COUNT(gil_metrics, releases_requested),
	GET("releases_voluntary", COLUMN_COUNT, gil_voluntary),
	COUNT(gil_metrics, checks),
	COUNT(gil_metrics, ticks),
	RATIO(gil_metrics, badness),
	COUNT(gil_metrics, switches),
	COUNT(gil_metrics, switches_same_cpu),
	COUNT(gil_metrics, switches_other_cpu),
	RATIO(gil_metrics, switches_per_s),
	COUNT(gil_metrics, barging),
	COUNT(gil_metrics, overruns),
	NS(gil_metrics, overrun_ns),
	NS(gil_metrics, held_ns),
	NS(gil_metrics, wait_ns),
	NS(gil_metrics, waiting_ns),
	NS(gil_metrics, wanted_ns),
	NS(gil_metrics, active_ns),
	NS(gil_metrics, dead_ns),
	RATIO(gil_metrics, dead_ratio),
	HISTOGRAM(handover, gil_metrics),
	RATIO(gil_metrics, utilisation),
	RATIO(gil_metrics, contention),
	RATIO(gil_metrics, waiters_mean),
	COUNT(gil_metrics, waiters_max),
	RATIO(gil_metrics, demand),
	RATIO(gil_metrics, fairness_hold),
	RATIO(gil_metrics, fairness_progress),
	RATIO(gil_metrics, hold_share_max),
	RATIO(gil_metrics, parallelism_bound),
};

static const struct column thread_columns[] = {
	GET("thread", COLUMN_ROW, thread_row),
	GET("number", COLUMN_COUNT, thread_number),
	GET("gil", COLUMN_ROW, thread_gil),
	AS("pid", COLUMN_COUNT, thread_metrics, info.pid, get_pid),
	AS("tid", COLUMN_COUNT, thread_metrics, info.tid, get_tid),
	GET("serial", COLUMN_COUNT, thread_serial),
	GET("ident", COLUMN_ID, thread_ident),
	AS("name", COLUMN_TEXT, thread_metrics, info.name, NULL),
	AS("named", COLUMN_FLAG, thread_metrics, info.named, NULL),
	GET("is_main", COLUMN_FLAG, thread_is_main),
	AS("selected", COLUMN_FLAG, thread_metrics, info.selected, NULL),
	FLAG(thread_metrics, folded),
	AS("first_ns", COLUMN_NS, thread_metrics, info.first_ns, get_time),
	AS("last_ns", COLUMN_NS, thread_metrics, info.last_ns, get_time),
	NS(thread_metrics, life_ns),
	COUNT(thread_metrics, entries),
	COUNT(thread_metrics, acquisitions),
	COUNT(thread_metrics, acquisitions_contended),
	COUNT(thread_metrics, busy),
	COUNT(thread_metrics, retries),
	COUNT(thread_metrics, retries_timed_out),
	GET("retries_lost_race", COLUMN_COUNT, thread_lost_race),
	COUNT(thread_metrics, retries_max),
	RATIO(thread_metrics, retries_per_acquisition),
	AS("failed_attempts", COLUMN_COUNT, thread_metrics, failed, NULL),
	COUNT(thread_metrics, failed_same_cpu),
	COUNT(thread_metrics, failed_other_cpu),
	COUNT(thread_metrics, releases),
	COUNT(thread_metrics, releases_requested),
	GET("releases_voluntary", COLUMN_COUNT, thread_voluntary),
	COUNT(thread_metrics, checks),
	COUNT(thread_metrics, ticks),
	RATIO(thread_metrics, ticks_per_check),
	COUNT(thread_metrics, switches_in),
	COUNT(thread_metrics, barging),
	COUNT(thread_metrics, overruns),
	NS(thread_metrics, overrun_ns),
	AS("overrun_hold_max_ns", COLUMN_NS, thread_metrics, overrun.ns, NULL),
	AS("overrun_hold_max_at_ns", COLUMN_NS, thread_metrics, overrun.at_ns, get_time),
	AS("blocking_max_ns", COLUMN_NS, thread_metrics, blocking.ns, NULL),
	AS("blocking_max_at_ns", COLUMN_NS, thread_metrics, blocking.at_ns, get_time),
	COUNT(thread_metrics, waits_long),
	AS("attempt_max_ns", COLUMN_NS, thread_metrics, attempt.ns, NULL),
	AS("attempt_max_at_ns", COLUMN_NS, thread_metrics, attempt.at_ns, get_time),
	AS("attempt_max_holder", COLUMN_ROW, thread_metrics, longest_holder, NULL),
	COUNT(thread_metrics, cpus),
	COUNT(thread_metrics, migrations),
	NS(thread_metrics, blocked_others_ns),
	RATIO(thread_metrics, hold_ratio),
	RATIO(thread_metrics, wait_ratio),
	RATIO(thread_metrics, hold_share),
	RATIO(thread_metrics, progress_ratio),
	FLAG(thread_metrics, still_waiting),
	FLAG(thread_metrics, still_holding),
	STATE(unknown, STATE_UNKNOWN), STATE(outside, STATE_OUTSIDE), STATE(entering, STATE_ENTERING),
	STATE(waiting, STATE_WAITING), STATE(holding, STATE_HOLDING), STATE(ended, STATE_ENDED),
	LEFT(poke, GIL_LEAVE_POKE), LEFT(gone, GIL_LEAVE_GONE), LEFT(gil_off, GIL_LEAVE_GIL_OFF),
	LEFT(thread_end, GIL_LEAVE_THREAD_END),
	HISTOGRAM(wait, thread_metrics),
	HISTOGRAM(wait_contended, thread_metrics),
	HISTOGRAM(hold, thread_metrics),
};

static const struct column pair_columns[] = {
	GET("gil", COLUMN_ROW, pair_gil),
	AS("waiter", COLUMN_ROW, pair_metrics, waiter, NULL),
	AS("holder", COLUMN_ROW, pair_metrics, holder, NULL),
	AS("waiter_name", COLUMN_TEXT, pair_metrics, waiter, get_name_of_row),
	AS("holder_name", COLUMN_TEXT, pair_metrics, holder, get_name_of_row),
	NS(pair_metrics, wait_ns),
	AS("wait_max_ns", COLUMN_NS, pair_metrics, max_ns, NULL),
	AS("wait_max_at_ns", COLUMN_NS, pair_metrics, max_at_ns, get_time),
	AS("first_ns", COLUMN_NS, pair_metrics, first_ns, get_time),
	AS("last_ns", COLUMN_NS, pair_metrics, last_ns, get_time),
	COUNT(pair_metrics, waits),
	AS("failed_attempts", COLUMN_COUNT, pair_metrics, failed, NULL),
	COUNT(pair_metrics, handovers),
	NS(pair_metrics, handover_ns),
};

static const struct column bucket_columns[] = {
	AS("gil", COLUMN_ROW, bucket, gil, NULL),
	AS("from_ns", COLUMN_NS, bucket, from_ns, get_time),
	AS("to_ns", COLUMN_NS, bucket, to_ns, get_time),
	COUNT(bucket, acquisitions),
	COUNT(bucket, acquisitions_contended),
	COUNT(bucket, busy),
	COUNT(bucket, retries),
	AS("failed_attempts", COLUMN_COUNT, bucket, failed, NULL),
	COUNT(bucket, releases),
	COUNT(bucket, releases_requested),
	COUNT(bucket, checks),
	COUNT(bucket, switches),
	NS(bucket, held_ns),
	NS(bucket, wait_ns),
	NS(bucket, waiting_ns),
	NS(bucket, wanted_ns),
	NS(bucket, dead_ns),
	COUNT(bucket, waiters_max),
	RATIO(bucket, utilisation),
	RATIO(bucket, contention),
	RATIO(bucket, badness),
	RATIO(bucket, demand),
};

static const struct column finding_columns[] = {
	GET("finding", COLUMN_TEXT, finding_name),
	AS("gil", COLUMN_ROW, finding, gil, NULL),
	NS(finding, cost_ns),
	AS("from_ns", COLUMN_NS, finding, from_ns, get_time),
	AS("to_ns", COLUMN_NS, finding, to_ns, get_time),
	GET("thread", COLUMN_ROW, finding_thread),
	GET("thread_name", COLUMN_TEXT, finding_thread_name),
	GET("other_thread", COLUMN_ROW, finding_other),
	GET("other_thread_name", COLUMN_TEXT, finding_other_name),
	COUNT(finding, n_concerned),
	GET("waiters", COLUMN_TEXT, finding_waiters),
	AS("verdict", COLUMN_TEXT, finding, verdict, NULL),
	AS("evidence", COLUMN_TEXT, finding, evidence, NULL),
	AS("advice", COLUMN_TEXT, finding, advice, NULL),
};

static size_t one_row(const struct results *r)
{
	(void)r;
	return 1;
}

static const void *trace_row(const struct results *r, size_t i)
{
	(void)i;
	return r;
}

static const void *quality_row(const struct results *r, size_t i)
{
	(void)i;
	return r->quality;
}

#define ROWS(member)                                                       \
	static size_t n_##member(const struct results *r)                  \
	{                                                                  \
		return r->n_##member;                                      \
	}                                                                  \
	static const void *row_of_##member(const struct results *r, size_t i) \
	{                                                                  \
		return &r->member[i];                                      \
	}                                                                  \
	struct member##_needs_semicolon
ROWS(gils);
ROWS(threads);
ROWS(pairs);
ROWS(buckets);
ROWS(findings);

#define TABLE(name, columns) { #name, columns, LENGTH(columns), n_##name, row_of_##name }
const struct table_columns tables[] = {
	{ "trace", trace_columns, LENGTH(trace_columns), one_row, trace_row },
	{ "quality", quality_columns, LENGTH(quality_columns), one_row, quality_row },
	TABLE(gils, gil_columns),
	TABLE(threads, thread_columns),
	TABLE(pairs, pair_columns),
	TABLE(buckets, bucket_columns),
	TABLE(findings, finding_columns),
	{ NULL, NULL, 0, NULL, NULL },
};

/* ---- reading them ------------------------------------------------------------------- */

const struct table_columns *table_find(const char *name)
{
	for (const struct table_columns *t = tables; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

bool table_is_single(const struct table_columns *table)
{
	return table->rows == one_row;
}

const struct column *column_find(const struct table_columns *table, const char *name)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (!strcmp(table->columns[i].name, name))
			return &table->columns[i];
	return NULL;
}

double column_rounded(double ratio)
{
	double scale = pow(10, COLUMN_DECIMALS);

	return round(ratio * scale) / scale;
}

static struct value rounded(double ratio)
{
	if (!isfinite(ratio))
		return unknown;
	return (struct value){ .known = true, .ratio = column_rounded(ratio) };
}

static struct value statistic(const struct column *c, const struct histogram *h)
{
	return count(h ? c->statistic(h) : METRIC_UNKNOWN);
}

struct value column_value(const struct results *r, const struct column *c, const void *row)
{
	uint32_t other;

	if (c->get)
		return c->get(r, c, row);
	if (c->statistic)
		return statistic(c, READ(struct histogram *, c, row));
	switch (c->type) {
	case COLUMN_RATIO:
		return rounded(READ(double, c, row));
	case COLUMN_FLAG:
		return flag(READ(bool, c, row));
	case COLUMN_TEXT:
		return text(at(c, row));
	case COLUMN_ROW:
		other = READ(uint32_t, c, row);
		return count(other < PAIR_OTHERS ? other : METRIC_UNKNOWN);
	case COLUMN_ID:
		return id(READ(uint64_t, c, row));
	default:
		return count(READ(uint64_t, c, row));
	}
}

/* "0.250000" is 0.25, "3.000000" is 3. */
static void drop_zeros(char *text)
{
	size_t end = strlen(text);

	while (text[end - 1] == '0')
		end--;
	if (text[end - 1] == '.')
		end--;
	text[end] = '\0';
}

/* printf() would take most of the time of an export of events. */
static void put_count(char *text, uint64_t n)
{
	char digits[20];
	size_t len = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while (n /= 10);
	while (len)
		*text++ = digits[--len];
	*text = '\0';
}

const char *column_number(char buffer[COLUMN_TEXT_SIZE], const struct column *c, struct value value)
{
	*buffer = '\0';
	if (!value.known)
		return buffer;
	if (c->type == COLUMN_RATIO) {
		snprintf(buffer, COLUMN_TEXT_SIZE, "%.*f", COLUMN_DECIMALS, value.ratio);
		drop_zeros(buffer);
	} else if (c->type == COLUMN_FLAG) {
		snprintf(buffer, COLUMN_TEXT_SIZE, "%s", value.flag ? "true" : "false");
	} else {
		put_count(buffer, value.count);
	}
	return buffer;
}
