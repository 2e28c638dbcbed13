/* SPDX-License-Identifier: MIT */
/*
 * One JSON document, schema gilscope-report-1. Rows are written one by one, so
 * that memory does not grow with them. Numbers are integers that every reader
 * takes exactly; what may exceed 2^53 is a decimal string.
 */
#include "viz/export.h"

#include "base/err.h"
#include "config.h"
#include "viz/fields.h"
#include "viz/outfile.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

/* jansson takes NULL values as a failed set; the first failure is enough to know. */
struct object {
	json_t *json;
	bool failed;
};

static void set(struct object *o, const char *name, json_t *value)
{
	o->failed |= json_object_set_new(o->json, name, value) != 0;
}

static void set_count(struct object *o, const char *name, uint64_t n)
{
	set(o, name, json_integer((json_int_t)n));
}

static void set_text(struct object *o, const char *name, const char *text)
{
	set(o, name, json_string(UTF8(text)));
}

static void set_bool(struct object *o, const char *name, bool value)
{
	set(o, name, json_boolean(value));
}

/* What JavaScript could not read exactly. */
static void set_decimal(struct object *o, const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	set(o, name, json_string(text));
}

static void set_fields(struct object *o, const struct field *f, const void *of)
{
	for (; f->name; f++)
		set_count(o, f->name, field_value(f, of));
}

static struct object new_object(void)
{
	return (struct object){ .json = json_object() };
}

/* Nests `inner` in `o`. */
static void set_object(struct object *o, const char *name, struct object *inner)
{
	o->failed |= inner->failed;
	set(o, name, steal(&inner->json));
}

/* Writes an object on one line, or over several, and lets it go. */
static int dump(struct object *o, FILE *out, size_t flags)
{
	/* A full disk is found by outfile_commit(). */
	bool failed = o->failed || !o->json;

	if (!failed)
		json_dumpf(o->json, out, flags);
	json_decref(steal(&o->json));
	return failed ? err(-ENOMEM, "out of memory") : 0;
}

/* ---- rows --------------------------------------------------------------------- */

struct export {
	FILE *out;
	const struct metrics *metrics;
	const struct quality *quality;
	const struct thread_metrics *threads;
	size_t n_threads;
};

static uint64_t since_begin(const struct export *x, int64_t ts_ns)
{
	return ts_ns > x->quality->end.begin_ns ? (uint64_t)(ts_ns - x->quality->end.begin_ns) : 0;
}

static int put_gil(const struct export *x, const struct gil_metrics *g)
{
	struct object o = new_object();

	set_count(&o, "gil", g->info.index);
	set_decimal(&o, "gil_id", g->info.id);
	set_count(&o, "pid", (uint64_t)g->info.pid);
	set_bool(&o, "known", g->info.known);
	set_text(&o, "design", g->info.design);
	set_text(&o, "version", g->info.version);
	set_text(&o, "recording", g->info.recording);
	set_count(&o, "schema", g->info.schema);
	set_count(&o, "interval", (uint64_t)g->info.interval);
	set_text(&o, "interval_unit", gil_is_ticked(&g->info) ? "ticks" : "us");
	set_bool(&o, "ticks_exact", g->info.flags & GIL_FLAG_TICKS_EXACT);
	set_bool(&o, "checks_exact", g->info.flags & GIL_FLAG_CHECKS_EXACT);
	set_bool(&o, "retries_visible", gil_shows_retries(&g->info));
	set_bool(&o, "more_gils", g->info.flags & GIL_FLAG_MORE_GILS);
	set_count(&o, "first_ns", since_begin(x, g->first_ns));
	set_count(&o, "last_ns", since_begin(x, g->last_ns));
	set_fields(&o, gil_fields, g);
	return dump(&o, x->out, JSON_COMPACT);
}

static void set_who(struct object *o, const struct thread_metrics *t)
{
	set_count(o, "gil", t->info.gil->index);
	set_count(o, "pid", (uint64_t)t->info.pid);
	set_count(o, "tid", (uint64_t)t->info.tid);
	set_count(o, "serial", t->info.serial);
	set_decimal(o, "ident", t->info.ident);
	set_text(o, "name", t->info.name);
	set_bool(o, "named", t->info.named);
	set_bool(o, "is_main", t->info.is_main);
	set_bool(o, "selected", t->info.selected);
	set_bool(o, "folded", t->folded);
}

static void set_histograms(struct object *o, const struct thread_metrics *t)
{
	for (const struct histogram_field *f = histogram_fields; f->name; f++) {
		const struct histogram *h = histogram_field(f, t);
		struct object values = new_object();
		char name[32];

		for (const struct statistic *s = statistics; s->name; s++)
			set_count(&values, s->name, s->value(h));
		snprintf(name, sizeof(name), "%s_ns", f->name);
		set_object(o, name, &values);
	}
}

static int put_thread(const struct export *x, size_t index)
{
	const struct thread_metrics *t = &x->threads[index];
	struct object o = new_object(), states = new_object(), left = new_object();

	set_count(&o, "thread", index);
	set_who(&o, t);
	set_count(&o, "first_ns", since_begin(x, t->info.first_ns));
	set_count(&o, "last_ns", since_begin(x, t->info.last_ns));
	set_fields(&o, thread_fields, t);
	set_bool(&o, "still_waiting", t->still_waiting);
	set_bool(&o, "still_holding", t->still_holding);
	for (int i = 0; i < THREAD_STATES; i++)
		set_count(&states, thread_state_name((enum thread_state)i), t->state_ns[i]);
	set_object(&o, "state_ns", &states);
	for (int i = 0; i < GIL_LEAVE_REASONS; i++)
		set_count(&left, leave_reason_names[i], t->left[i]);
	set_object(&o, "left", &left);
	set_histograms(&o, t);
	return dump(&o, x->out, JSON_COMPACT);
}

/* The holder of a pair: a thread, nobody that is known (null), or all the others. */
static int put_pair(const struct export *x, const struct pair_metrics *p)
{
	struct object o = new_object();
	bool thread = p->holder < x->n_threads;

	set_count(&o, "gil", x->threads[p->waiter].info.gil->index);
	set_count(&o, "waiter", p->waiter);
	set(&o, "holder", thread ? json_integer(p->holder) : json_null());
	set_text(&o, "waiter_name", x->threads[p->waiter].info.name);
	if (thread || p->holder == PAIR_OTHERS)
		set_text(&o, "holder_name", thread ? x->threads[p->holder].info.name : "(others)");
	else
		set(&o, "holder_name", json_null());
	set_count(&o, "wait_ns", p->wait_ns);
	set_count(&o, "wait_max_ns", p->max_ns);
	set_count(&o, "waits", p->waits);
	set_count(&o, "failed_attempts", p->failed);
	return dump(&o, x->out, JSON_COMPACT);
}

/* ---- the document ----------------------------------------------------------------- */

static int put_trace(const struct export *x)
{
	const struct trace_info *info = metrics_trace(x->metrics);
	const struct trace_end *e = &x->quality->end;
	struct object o = new_object(), kinds = new_object();

	set_text(&o, "path", info->path);
	set_text(&o, "host", info->host);
	set_text(&o, "domain", info->domain);
	set_count(&o, "streams", info->streams);
	set_decimal(&o, "begin_ns", (uint64_t)e->begin_ns);
	set_decimal(&o, "end_ns", (uint64_t)e->end_ns);
	set_count(&o, "duration_ns", (uint64_t)(e->end_ns - e->begin_ns));
	set_fields(&o, trace_fields, e);
	for (int i = 0; i < GIL_KINDS; i++)
		set_count(&kinds, kind_name((enum gil_kind)i), e->events_by_kind[i]);
	set_object(&o, "events_by_kind", &kinds);
	return dump(&o, x->out, JSON_INDENT(2));
}

static int put_quality(const struct export *x)
{
	const struct quality *q = x->quality;
	struct object o = new_object();
	json_t *texts = json_array();
	const char *const *violations;
	size_t n = metrics_violations(x->metrics, &violations);

	set_bool(&o, "incomplete", !quality_complete(q) || q->end.interrupted);
	set_bool(&o, "loss_unknown", q->end.loss_unknown);
	set_bool(&o, "interrupted", q->end.interrupted);
	set_bool(&o, "begins_late", q->begins_late);
	set_count(&o, "absent_processes", q->absent);
	set_count(&o, "late_processes", q->late);
	set(&o, "damage", q->damage ? json_string(UTF8(q->damage)) : json_null());
	set_fields(&o, quality_fields, &q->end);
	for (size_t i = 0; i < n; i++)
		o.failed |= json_array_append_new(texts, json_string(UTF8(violations[i]))) != 0;
	set(&o, "violation_texts", texts);
	return dump(&o, x->out, JSON_INDENT(2));
}

/* A member that is an array with one object a line. */
static void open_array(const struct export *x, const char *name)
{
	fprintf(x->out, ",\n\"%s\": [", name);
}

static void next_row(const struct export *x, size_t i)
{
	fputs(i ? ",\n  " : "\n  ", x->out);
}

static int put_document(const struct export *x)
{
	const struct gil_metrics *gils;
	const struct pair_metrics *pairs;
	size_t n_gils = metrics_gils(x->metrics, &gils);
	size_t n_pairs = metrics_pairs(x->metrics, &pairs);
	int r;

	fputs("{\n\"schema\": \"gilscope-report-1\",\n"
	      "\"tool\": {\"name\": \"gilscope\", \"version\": \"" GILSCOPE_VERSION "\"},\n"
	      "\"trace\": ", x->out);
	r = put_trace(x);
	fputs(",\n\"quality\": ", x->out);
	if (!r)
		r = put_quality(x);
	open_array(x, "gils");
	for (size_t i = 0; i < n_gils && !r; i++) {
		next_row(x, i);
		r = put_gil(x, &gils[i]);
	}
	fputc(']', x->out);
	open_array(x, "threads");
	for (size_t i = 0; i < x->n_threads && !r; i++) {
		next_row(x, i);
		r = put_thread(x, i);
	}
	fputc(']', x->out);
	open_array(x, "pairs");
	for (size_t i = 0; i < n_pairs && !r; i++) {
		next_row(x, i);
		r = put_pair(x, &pairs[i]);
	}
	fputs("],\n\"findings\": []\n}\n", x->out);
	return r;
}

static int write_json(const struct metrics *metrics, const struct quality *quality, const char *path)
{
	cleanup(outfile_drop) struct outfile file = { 0 };
	struct export x = { .metrics = metrics, .quality = quality };
	int r = outfile_open(&file, path);

	if (r)
		return r;
	x.out = file.f;
	x.n_threads = metrics_threads(metrics, &x.threads);
	r = put_document(&x);
	return r ? r : outfile_commit(&file);
}

const struct exporter export_json = {
	.name = "json", .suffix = ".json", .help = "one document with everything",
	.write = write_json,
};
