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

struct csv {
	FILE *out;
	const struct metrics *metrics;
	const struct quality *quality;
	bool header; /* the names of the columns, not their values, are written */
	bool inside; /* a line */
};

/* ---- cells: the same code writes the header and the rows ------------------------- */

/* Begins the next cell. @return true in the header: the cell is its name. */
static bool put_name(struct csv *c, const char *name)
{
	if (c->inside)
		fputc(',', c->out);
	c->inside = true;
	if (c->header)
		fputs(name, c->out);
	return c->header;
}

static void put_text(struct csv *c, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, c->out);
		return;
	}
	fputc('"', c->out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', c->out);
		fputc(*text, c->out);
	}
	fputc('"', c->out);
}

/* The values are looked at in rows only: in the header there is nothing to look at. */
#define CELL_COUNT(c, name, value)                                        \
	do {                                                              \
		if (!put_name(c, name))                                   \
			fprintf((c)->out, "%" PRIu64, (uint64_t)(value)); \
	} while (0)
#define CELL_TEXT(c, name, value)                    \
	do {                                         \
		if (!put_name(c, name))              \
			put_text(c, UTF8(value));    \
	} while (0)

static void put_fields(struct csv *c, const struct field *f, const void *of)
{
	for (; f->name; f++)
		CELL_COUNT(c, f->name, field_value(f, of));
}

static void end_line(struct csv *c)
{
	fputc('\n', c->out);
	c->inside = false;
}

static uint64_t since_begin(const struct csv *c, int64_t ts_ns)
{
	int64_t begin_ns = c->quality->end.begin_ns;

	return ts_ns > begin_ns ? (uint64_t)(ts_ns - begin_ns) : 0;
}

/* ---- rows; the item is NULL in the header ------------------------------------------- */

static void put_gil(struct csv *c, const struct gil_metrics *g)
{
	CELL_COUNT(c, "gil", g->info.index);
	CELL_COUNT(c, "gil_id", g->info.id);
	CELL_COUNT(c, "pid", g->info.pid);
	CELL_TEXT(c, "design", g->info.design);
	CELL_TEXT(c, "version", g->info.version);
	CELL_COUNT(c, "interval", g->info.interval);
	CELL_TEXT(c, "interval_unit", gil_is_ticked(&g->info) ? "ticks" : "us");
	CELL_COUNT(c, "first_ns", since_begin(c, g->first_ns));
	CELL_COUNT(c, "last_ns", since_begin(c, g->last_ns));
	put_fields(c, gil_fields, g);
	end_line(c);
}

static void put_histogram(struct csv *c, const struct histogram_field *f,
			  const struct thread_metrics *thread)
{
	char name[48];

	for (const struct statistic *s = statistics; s->name; s++) {
		snprintf(name, sizeof(name), "%s_%s%s", f->name, s->name, s == statistics ? "" : "_ns");
		CELL_COUNT(c, name, s->value(histogram_field(f, thread)));
	}
}

static void put_thread(struct csv *c, const struct thread_metrics *thread, size_t index)
{
	char name[48];

	CELL_COUNT(c, "thread", index);
	CELL_COUNT(c, "gil", thread->info.gil->index);
	CELL_COUNT(c, "pid", thread->info.pid);
	CELL_COUNT(c, "tid", thread->info.tid);
	CELL_COUNT(c, "serial", thread->info.serial);
	CELL_COUNT(c, "ident", thread->info.ident);
	CELL_TEXT(c, "name", thread->info.name);
	CELL_COUNT(c, "is_main", thread->info.is_main);
	CELL_COUNT(c, "selected", thread->info.selected);
	CELL_COUNT(c, "first_ns", since_begin(c, thread->info.first_ns));
	CELL_COUNT(c, "last_ns", since_begin(c, thread->info.last_ns));
	put_fields(c, thread_fields, thread);
	for (int i = 0; i < THREAD_STATES; i++) {
		snprintf(name, sizeof(name), "%s_ns", thread_state_name((enum thread_state)i));
		CELL_COUNT(c, name, thread->state_ns[i]);
	}
	for (int i = 0; i < GIL_LEAVE_REASONS; i++) {
		snprintf(name, sizeof(name), "left_%s", leave_reason_names[i]);
		CELL_COUNT(c, name, thread->left[i]);
	}
	for (const struct histogram_field *f = histogram_fields; f->name; f++)
		put_histogram(c, f, thread);
	end_line(c);
}

static void put_pair(struct csv *c, const struct thread_metrics *threads, size_t n_threads,
		     const struct pair_metrics *p)
{
	CELL_COUNT(c, "gil", threads[p->waiter].info.gil->index);
	CELL_COUNT(c, "waiter", p->waiter);
	if (!put_name(c, "holder") && p->holder < n_threads)
		fprintf(c->out, "%" PRIu32, p->holder);
	CELL_TEXT(c, "waiter_name", threads[p->waiter].info.name);
	CELL_TEXT(c, "holder_name", p->holder < n_threads ? threads[p->holder].info.name :
				    p->holder == PAIR_OTHERS ? "(others)" : "");
	CELL_COUNT(c, "wait_ns", p->wait_ns);
	CELL_COUNT(c, "wait_max_ns", p->max_ns);
	CELL_COUNT(c, "waits", p->waits);
	CELL_COUNT(c, "failed_attempts", p->failed);
	end_line(c);
}

/* ---- tables ----------------------------------------------------------------------------- */

static void put_gils(struct csv *c)
{
	const struct gil_metrics *gils;
	size_t n = metrics_gils(c->metrics, &gils);

	put_gil(c, NULL);
	c->header = false;
	for (size_t i = 0; i < n; i++)
		put_gil(c, &gils[i]);
}

static void put_threads(struct csv *c)
{
	const struct thread_metrics *threads;
	size_t n = metrics_threads(c->metrics, &threads);

	put_thread(c, NULL, 0);
	c->header = false;
	for (size_t i = 0; i < n; i++)
		put_thread(c, &threads[i], i);
}

static void put_pairs(struct csv *c)
{
	const struct thread_metrics *threads;
	const struct pair_metrics *pairs;
	size_t n_threads = metrics_threads(c->metrics, &threads);
	size_t n = metrics_pairs(c->metrics, &pairs);

	put_pair(c, NULL, 0, NULL);
	c->header = false;
	for (size_t i = 0; i < n; i++)
		put_pair(c, threads, n_threads, &pairs[i]);
}

static void put_summary_line(struct csv *c)
{
	const struct trace_info *info = metrics_trace(c->metrics);
	const struct trace_end *e = &c->quality->end;

	CELL_TEXT(c, "path", info->path);
	CELL_TEXT(c, "host", info->host);
	CELL_COUNT(c, "begin_ns", e->begin_ns);
	CELL_COUNT(c, "end_ns", e->end_ns);
	CELL_COUNT(c, "duration_ns", e->end_ns - e->begin_ns);
	put_fields(c, trace_fields, e);
	for (int i = 0; i < GIL_KINDS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "events_%s", kind_name((enum gil_kind)i));
		CELL_COUNT(c, name, e->events_by_kind[i]);
	}
	CELL_COUNT(c, "incomplete", !quality_complete(c->quality) || e->interrupted);
	CELL_COUNT(c, "loss_unknown", e->loss_unknown);
	put_fields(c, quality_fields, e);
	end_line(c);
}

static void put_summary(struct csv *c)
{
	put_summary_line(c);
	c->header = false;
	put_summary_line(c);
}

static int write_table(struct csv *c, const char *folder, const char *name,
		       void (*put)(struct csv *c))
{
	cleanup(outfile_drop) struct outfile file = { 0 };
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/%s.csv", folder, name) >= (int)sizeof(path))
		return err(-ENAMETOOLONG, "'%s' is too long a name", folder);
	r = outfile_open(&file, path);
	if (r)
		return r;
	c->out = file.f;
	c->header = true;
	put(c);
	return outfile_commit(&file);
}

static int write_csv(const struct metrics *metrics, const struct quality *quality, const char *path)
{
	static const struct {
		const char *name;
		void (*put)(struct csv *c);
	} tables[] = {
		{ "threads", put_threads }, { "pairs", put_pairs },
		{ "gils", put_gils },       { "summary", put_summary },
	};
	struct csv c = { .metrics = metrics, .quality = quality };
	int r = 0;

	if (mkdir(path, 0777) && errno != EEXIST)
		return err(-errno, "cannot create the folder '%s': %s; name another place with -o",
			   path, strerror(errno));
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !r; i++)
		r = write_table(&c, path, tables[i].name, tables[i].put);
	return r;
}

const struct exporter export_csv = {
	.name = "csv", .suffix = "-csv", .help = "a folder with a CSV file for each table",
	.write = write_csv,
};
