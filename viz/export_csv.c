/* SPDX-License-Identifier: MIT */
/*
 * A folder with one CSV file for each table (RFC 4180, lines end in LF):
 * threads, pairs, gils, summary. Times are integers in ns; a cell is empty
 * where nothing is known.
 */
#include "viz/export.h"

#include "base/err.h"
#include "viz/fields.h"
#include "viz/outfile.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

struct table {
	FILE *out;
	const struct metrics *metrics;
	const struct quality *quality;
	bool header; /* the names of the columns, not their values, are written */
	bool inside; /* a line */
};

/* ---- cells: the same code writes the header and the rows ------------------------- */

/* Begins the next cell. @return true in the header: the cell is its name. */
static bool put_name(struct table *t, const char *name)
{
	if (t->inside)
		fputc(',', t->out);
	t->inside = true;
	if (t->header)
		fputs(name, t->out);
	return t->header;
}

static void put_text(struct table *t, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, t->out);
		return;
	}
	fputc('"', t->out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', t->out);
		fputc(*text, t->out);
	}
	fputc('"', t->out);
}

/* The values are looked at in rows only: in the header there is nothing to look at. */
#define CELL_COUNT(t, name, value)                                   \
	do {                                                         \
		if (!put_name(t, name))                              \
			fprintf((t)->out, "%" PRIu64, (uint64_t)(value)); \
	} while (0)
#define CELL_TEXT(t, name, value)                    \
	do {                                         \
		if (!put_name(t, name))              \
			put_text(t, UTF8(value));    \
	} while (0)

static void put_fields(struct table *t, const struct field *f, const void *of)
{
	for (; f->name; f++)
		CELL_COUNT(t, f->name, field_value(f, of));
}

static void end_line(struct table *t)
{
	fputc('\n', t->out);
	t->inside = false;
}

static uint64_t since_begin(const struct table *t, int64_t ts_ns)
{
	int64_t begin_ns = t->quality->end.begin_ns;

	return ts_ns > begin_ns ? (uint64_t)(ts_ns - begin_ns) : 0;
}

/* ---- rows; the item is NULL in the header ------------------------------------------- */

static void put_gil(struct table *t, const struct gil_metrics *g)
{
	CELL_COUNT(t, "gil", g->info.index);
	CELL_COUNT(t, "gil_id", g->info.id);
	CELL_COUNT(t, "pid", g->info.pid);
	CELL_TEXT(t, "design", g->info.design);
	CELL_TEXT(t, "version", g->info.version);
	CELL_COUNT(t, "interval", g->info.interval);
	CELL_TEXT(t, "interval_unit", gil_is_ticked(&g->info) ? "ticks" : "us");
	CELL_COUNT(t, "first_ns", since_begin(t, g->first_ns));
	CELL_COUNT(t, "last_ns", since_begin(t, g->last_ns));
	put_fields(t, gil_fields, g);
	end_line(t);
}

static void put_histogram(struct table *t, const struct histogram_field *f,
			  const struct thread_metrics *thread)
{
	char name[48];

	for (const struct statistic *s = statistics; s->name; s++) {
		snprintf(name, sizeof(name), "%s_%s%s", f->name, s->name, s == statistics ? "" : "_ns");
		CELL_COUNT(t, name, s->value(histogram_field(f, thread)));
	}
}

static void put_thread(struct table *t, const struct thread_metrics *thread, size_t index)
{
	char name[48];

	CELL_COUNT(t, "thread", index);
	CELL_COUNT(t, "gil", thread->info.gil->index);
	CELL_COUNT(t, "pid", thread->info.pid);
	CELL_COUNT(t, "tid", thread->info.tid);
	CELL_COUNT(t, "serial", thread->info.serial);
	CELL_COUNT(t, "ident", thread->info.ident);
	CELL_TEXT(t, "name", thread->info.name);
	CELL_COUNT(t, "is_main", thread->info.is_main);
	CELL_COUNT(t, "first_ns", since_begin(t, thread->info.first_ns));
	CELL_COUNT(t, "last_ns", since_begin(t, thread->info.last_ns));
	put_fields(t, thread_fields, thread);
	for (int i = 0; i < THREAD_STATES; i++) {
		snprintf(name, sizeof(name), "%s_ns", thread_state_name((enum thread_state)i));
		CELL_COUNT(t, name, thread->state_ns[i]);
	}
	for (int i = 0; i < GIL_LEAVE_REASONS; i++) {
		snprintf(name, sizeof(name), "left_%s", leave_reason_names[i]);
		CELL_COUNT(t, name, thread->left[i]);
	}
	for (const struct histogram_field *f = histogram_fields; f->name; f++)
		put_histogram(t, f, thread);
	end_line(t);
}

static void put_pair(struct table *t, const struct thread_metrics *threads, size_t n_threads,
		     const struct pair_metrics *p)
{
	CELL_COUNT(t, "gil", threads[p->waiter].info.gil->index);
	CELL_COUNT(t, "waiter", p->waiter);
	if (!put_name(t, "holder") && p->holder < n_threads)
		fprintf(t->out, "%" PRIu32, p->holder);
	CELL_TEXT(t, "waiter_name", threads[p->waiter].info.name);
	CELL_TEXT(t, "holder_name", p->holder < n_threads ? threads[p->holder].info.name :
				    p->holder == PAIR_OTHERS ? "(others)" : "");
	CELL_COUNT(t, "wait_ns", p->wait_ns);
	CELL_COUNT(t, "wait_max_ns", p->max_ns);
	CELL_COUNT(t, "waits", p->waits);
	CELL_COUNT(t, "failed_attempts", p->failed);
	end_line(t);
}

/* ---- tables ----------------------------------------------------------------------------- */

static void put_gils(struct table *t)
{
	const struct gil_metrics *gils;
	size_t n = metrics_gils(t->metrics, &gils);

	put_gil(t, NULL);
	t->header = false;
	for (size_t i = 0; i < n; i++)
		put_gil(t, &gils[i]);
}

static void put_threads(struct table *t)
{
	const struct thread_metrics *threads;
	size_t n = metrics_threads(t->metrics, &threads);

	put_thread(t, NULL, 0);
	t->header = false;
	for (size_t i = 0; i < n; i++)
		put_thread(t, &threads[i], i);
}

static void put_pairs(struct table *t)
{
	const struct thread_metrics *threads;
	const struct pair_metrics *pairs;
	size_t n_threads = metrics_threads(t->metrics, &threads);
	size_t n = metrics_pairs(t->metrics, &pairs);

	put_pair(t, NULL, 0, NULL);
	t->header = false;
	for (size_t i = 0; i < n; i++)
		put_pair(t, threads, n_threads, &pairs[i]);
}

static void put_summary_line(struct table *t)
{
	const struct trace_info *info = metrics_trace(t->metrics);
	const struct trace_end *e = &t->quality->end;

	CELL_TEXT(t, "path", info->path);
	CELL_TEXT(t, "host", info->host);
	CELL_COUNT(t, "begin_ns", e->begin_ns);
	CELL_COUNT(t, "end_ns", e->end_ns);
	CELL_COUNT(t, "duration_ns", e->end_ns - e->begin_ns);
	put_fields(t, trace_fields, e);
	for (int i = 0; i < GIL_KINDS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "events_%s", kind_name((enum gil_kind)i));
		CELL_COUNT(t, name, e->events_by_kind[i]);
	}
	CELL_COUNT(t, "incomplete", !quality_complete(t->quality) || e->interrupted);
	CELL_COUNT(t, "loss_unknown", e->loss_unknown);
	put_fields(t, quality_fields, e);
	end_line(t);
}

static void put_summary(struct table *t)
{
	put_summary_line(t);
	t->header = false;
	put_summary_line(t);
}

static int write_table(struct table *t, const char *folder, const char *name,
		       void (*put)(struct table *t))
{
	cleanup(outfile_drop) struct outfile file = { 0 };
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/%s.csv", folder, name) >= (int)sizeof(path))
		return err(-ENAMETOOLONG, "'%s' is too long a name", folder);
	r = outfile_open(&file, path);
	if (r)
		return r;
	t->out = file.f;
	t->header = true;
	put(t);
	return outfile_commit(&file);
}

static int write_csv(const struct metrics *metrics, const struct quality *quality, const char *path)
{
	static const struct {
		const char *name;
		void (*put)(struct table *t);
	} tables[] = {
		{ "threads", put_threads }, { "pairs", put_pairs },
		{ "gils", put_gils },       { "summary", put_summary },
	};
	struct table t = { .metrics = metrics, .quality = quality };
	int r = 0;

	if (mkdir(path, 0777) && errno != EEXIST)
		return err(-errno, "cannot create the folder '%s': %s; name another place with -o",
			   path, strerror(errno));
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !r; i++)
		r = write_table(&t, path, tables[i].name, tables[i].put);
	return r;
}

const struct exporter export_csv = {
	.name = "csv", .suffix = "-csv", .help = "a folder with a CSV file for each table",
	.write = write_csv,
};
