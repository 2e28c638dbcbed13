/* SPDX-License-Identifier: MIT */
/*
 * JSON Lines, schema gilscope-events-1: everything that happened, in order, an
 * object a line, written while the trace is read. The first line is the header,
 * the last one says whether all is there: a file without it was cut.
 */
#include "viz/export.h"

#include <errno.h>

#include "analyzer/stream.h"
#include "base/err.h"
#include "config.h"
#include "viz/json.h"
#include "viz/outfile.h"

struct jsonl_export {
	struct export base;
	struct sink sink;
	struct outfile file;
	struct stream stream;
};

static void open_line(const struct jsonl_export *x, const char *type)
{
	fprintf(x->file.f, "{\"type\":\"%s\"", type);
}

/* A full disk ends the pass. */
static int close_line(const struct jsonl_export *x)
{
	fputs("}\n", x->file.f);
	return outfile_check(&x->file);
}

static int put_line(const struct jsonl_export *x, const char *type, const struct table_columns *table,
		    const void *row)
{
	open_line(x, type);
	json_put_known(x->file.f, &x->stream.results, table, row);
	return close_line(x);
}

/* The named columns of a table of the report, of a row that is not in it yet. */
static void put_facts(const struct jsonl_export *x, const char *table, const char *const *names,
		      const void *row)
{
	const struct table_columns *t = table_find(table);

	for (; *names; names++) {
		const struct column *c = column_find(t, *names);

		fprintf(x->file.f, ",\"%s\":", c->name);
		json_put_value(x->file.f, c, column_value(&x->stream.results, c, row));
	}
}

/* ---- the sink ------------------------------------------------------------------------- */

static int on_begin(void *data, const struct trace_info *trace)
{
	struct jsonl_export *x = data;
	static const char *const facts[] = { "path", "host", "domain", "streams", "begin_ns", NULL };

	stream_begin(&x->stream, trace);
	open_line(x, "header");
	fputs(",\"schema\":\"gilscope-events-1\",\"tool\":{\"name\":\"gilscope\",\"version\":\""
	      GILSCOPE_VERSION "\"}", x->file.f);
	put_facts(x, "trace", facts, &x->stream.results);
	return close_line(x);
}

static int on_gil(void *data, const struct gil_info *gil)
{
	const struct jsonl_export *x = data;
	const struct gil_metrics row = { .info = *gil };
	static const char *const facts[] = {
		"gil", "gil_id", "pid", "known", "design", "version", "recording", "schema", "interval",
		"interval_unit", "ticks_exact", "checks_exact", "retries_visible", "more_gils", NULL,
	};

	open_line(x, "gil");
	put_facts(x, "gils", facts, &row);
	return close_line(x);
}

static int on_thread(void *data, const struct thread_info *thread)
{
	const struct jsonl_export *x = data;
	const struct thread_metrics row = { .info = *thread };
	static const char *const facts[] = {
		"gil", "pid", "tid", "serial", "ident", "name", "named", "is_main", "selected", NULL,
	};

	open_line(x, "thread");
	fprintf(x->file.f, ",\"thread\":%u", thread->index);
	put_facts(x, "threads", facts, &row);
	return close_line(x);
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	return put_line(data, "event", &stream_events,
			&(struct event_row){ .event = event, .step = step });
}

static int on_interval(void *data, const struct interval *interval)
{
	return put_line(data, "interval", &stream_intervals, interval);
}

static int on_attempt(void *data, const struct attempt *attempt)
{
	struct jsonl_export *x = data;
	FILE *out = x->file.f;

	open_line(x, "attempt");
	json_put_known(out, &x->stream.results, &stream_waits,
		       &(struct wait_row){ .number = x->stream.waits++, .attempt = attempt });
	fputs(",\"blames\":[", out);
	for (uint32_t i = 0; i < attempt->n_blames; i++) {
		const struct blame *b = &attempt->blames[i];

		fputs(i ? ",{\"holder\":" : "{\"holder\":", out);
		if (b->holder)
			fprintf(out, "%u", b->holder->index);
		else
			fputs("null", out);
		fprintf(out, ",\"wait_ns\":%llu}", (unsigned long long)b->ns);
	}
	fputc(']', out);
	return close_line(x);
}

static int on_handover(void *data, const struct handover *handover)
{
	return put_line(data, "handover", &stream_handovers, handover);
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	return put_line(data, "lost", &stream_losses, loss);
}

/* ---- the file --------------------------------------------------------------------------- */

static int open_jsonl(struct export **out, const char *path)
{
	cleanup(freep) struct jsonl_export *x = calloc(1, sizeof(*x));
	int r = x ? outfile_open(&x->file, path) : err(-ENOMEM, "out of memory");

	if (r)
		return r;
	x->sink = (struct sink){
		.name = "jsonl", .data = x, .begin = on_begin, .gil = on_gil, .thread = on_thread,
		.event = on_event, .interval = on_interval, .attempt = on_attempt,
		.handover = on_handover, .lost = on_lost,
	};
	x->base.sink = &x->sink;
	*out = &steal(&x)->base;
	return 0;
}

static int finish_jsonl(struct export *export, const struct results *r)
{
	struct jsonl_export *x = (struct jsonl_export *)export;
	const struct table_columns *quality = table_find("quality");
	struct value incomplete =
		column_value(r, column_find(quality, "incomplete"), quality->row(r, 0));

	open_line(x, "end");
	fprintf(x->file.f, ",\"complete\":%s", incomplete.flag ? "false" : "true");
	for (const struct table_columns *t = tables; t->name; t++) {
		if (!table_is_single(t))
			continue;
		fputc(',', x->file.f);
		json_put_row(x->file.f, r, t, t->row(r, 0));
	}
	fputs("}\n", x->file.f);
	return outfile_commit(&x->file);
}

static void free_jsonl(struct export *export)
{
	struct jsonl_export *x = (struct jsonl_export *)export;

	outfile_drop(&x->file);
	free(x);
}

const struct exporter export_jsonl = {
	.name = "jsonl", .suffix = ".jsonl",
	.open = open_jsonl, .finish = finish_jsonl, .free = free_jsonl,
};
