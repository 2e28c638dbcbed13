/* SPDX-License-Identifier: MIT */
/*
 * A folder with one CSV file for each table (RFC 4180, lines end in LF). Times
 * are integers in ns; a cell is empty where nothing is known. intervals.csv and
 * waits.csv are written while the trace is read.
 */
#include "viz/export.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/stream.h"
#include "base/err.h"
#include "base/paths.h"
#include "viz/csv.h"
#include "viz/outfile.h"

struct csv_export {
	struct export base;
	struct sink sink;
	struct stream stream;
	struct outfile intervals, waits;
	char *folder;
	bool made;     /* the folder is ours */
	bool finished; /* so are the tables in it */
};

static int open_file(struct outfile *file, const struct csv_export *x, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s.csv", x->folder, name) >= (int)sizeof(path))
		return err(-ENAMETOOLONG, "'%s' is too long a name", x->folder);
	return outfile_open(file, path);
}

static int open_table(struct outfile *file, const struct csv_export *x,
		      const struct table_columns *table)
{
	int code = open_file(file, x, table->name);

	if (!code) {
		csv_put_header(file->f, table);
		fputc('\n', file->f);
	}
	return code;
}

/* ---- while the trace is read -------------------------------------------------------- */

static int on_begin(void *data, const struct trace_info *trace)
{
	struct csv_export *x = data;

	stream_begin(&x->stream, trace);
	return 0;
}

static int put_row(const struct csv_export *x, const struct outfile *file,
		   const struct table_columns *table, const void *row)
{
	csv_put_row(file->f, &x->stream.results, table, row);
	fputc('\n', file->f);
	return outfile_check(file);
}

static int on_interval(void *data, const struct interval *interval)
{
	const struct csv_export *x = data;

	return put_row(x, &x->intervals, &stream_intervals, interval);
}

static int on_attempt(void *data, const struct attempt *attempt)
{
	struct csv_export *x = data;

	return put_row(x, &x->waits, &stream_waits,
		       &(struct wait_row){ .number = x->stream.waits++, .attempt = attempt });
}

/* Losses are summed up in the summary. */
static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

/* ---- afterwards ------------------------------------------------------------------------ */

static int write_table(const struct csv_export *x, const struct results *r,
		       const struct table_columns *table)
{
	cleanup(outfile_drop) struct outfile file = { 0 };
	int code = open_table(&file, x, table);

	if (code)
		return code;
	for (size_t i = 0, n = table->rows(r); i < n; i++) {
		csv_put_row(file.f, r, table, table->row(r, i));
		fputc('\n', file.f);
	}
	return outfile_commit(&file);
}

/* The tables of one row stand beside each other. */
static int write_summary(const struct csv_export *x, const struct results *r)
{
	cleanup(outfile_drop) struct outfile file = { 0 };
	int code = open_file(&file, x, "summary");

	if (code)
		return code;
	for (int header = 1; header >= 0; header--) {
		const char *between = "";

		for (const struct table_columns *t = tables; t->name; t++) {
			if (!table_is_single(t))
				continue;
			fputs(between, file.f);
			between = ",";
			if (header)
				csv_put_header(file.f, t);
			else
				csv_put_row(file.f, r, t, t->row(r, 0));
		}
		fputc('\n', file.f);
	}
	return outfile_commit(&file);
}

static int finish_csv(struct export *export, const struct results *r)
{
	struct csv_export *x = (struct csv_export *)export;
	int code = write_summary(x, r);

	for (const struct table_columns *t = tables; t->name && !code; t++)
		if (!table_is_single(t))
			code = write_table(x, r, t);
	if (!code)
		code = outfile_commit(&x->intervals);
	if (!code)
		code = outfile_commit(&x->waits);
	x->finished = !code;
	return code;
}

/* ---- where to ------------------------------------------------------------------------- */

static bool is_table(const char *name, size_t length)
{
	static const char *const others[] = { "summary", "intervals", "waits" };

	for (const struct table_columns *t = tables; t->name; t++)
		if (!table_is_single(t) && !strncmp(t->name, name, length) && !t->name[length])
			return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strncmp(others[i], name, length) && !others[i][length])
			return true;
	return false;
}

/* "pairs.csv", or what a killed export may leave of it: "pairs.csv.Ab12Cd". */
static bool is_named_as_ours(const char *file, bool *whole)
{
	const char *end = strstr(file, ".csv");

	if (!end || (end[4] && end[4] != '.'))
		return false;
	*whole = !end[4];
	return is_table(file, (size_t)(end - file));
}

/* The first one that an export names: its first column is ours. */
static bool has_summary(const char *folder)
{
	const char *first = tables[0].columns[0].name;
	char path[PATH_MAX], begin[32] = "";
	cleanup(filep) FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/summary.csv", folder);
	f = fopen(path, "re");
	return f && fgets(begin, (int)strlen(first) + 2, f) && !strncmp(begin, first, strlen(first)) &&
	       begin[strlen(first)] == ',';
}

/* An export may replace an older one, and nothing else. */
static int check_folder(const char *path)
{
	DIR *folder = opendir(path);
	bool summary = has_summary(path);
	int r = folder ? 0 : err(-errno, "cannot read the folder '%s': %s; name another place with -o", path,
				 strerror(errno));

	for (const struct dirent *entry; !r && (entry = readdir(folder));) {
		bool whole = false;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!is_named_as_ours(entry->d_name, &whole) || (whole && !summary))
			r = err(-EEXIST, "'%s' holds '%s', which no export has made: name another folder with -o",
				path, entry->d_name);
	}
	if (folder)
		closedir(folder);
	return r;
}

/* What there is of an export that failed: some tables without the others. */
static void remove_tables(const char *path)
{
	DIR *folder = opendir(path);
	bool whole;

	for (const struct dirent *entry; folder && (entry = readdir(folder));)
		if (is_named_as_ours(entry->d_name, &whole))
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
}

static void free_csv(struct export *export)
{
	struct csv_export *x = (struct csv_export *)export;

	outfile_drop(&x->intervals);
	outfile_drop(&x->waits);
	if (x->made && !x->finished)
		remove_tables(x->folder);
	if (x->made)
		rmdir(x->folder); /* only an empty one goes */
	free(x->folder);
	free(x);
}

static int open_folder(struct csv_export *x, const char *path)
{
	int r = paths_check_links(path);

	if (r)
		return r;
	x->folder = strdup(path);
	if (!x->folder)
		return err(-ENOMEM, "out of memory");
	x->made = !mkdir(path, 0777);
	if (!x->made && errno != EEXIST)
		return err(-errno, "cannot create the folder '%s': %s; name another place with -o",
			   path, strerror(errno));
	if (!x->made)
		r = check_folder(path);
	return r;
}

static int open_csv(struct export **out, const char *path)
{
	struct csv_export *x = calloc(1, sizeof(*x));
	int code = x ? open_folder(x, path) : err(-ENOMEM, "out of memory");

	if (!code)
		code = open_table(&x->intervals, x, &stream_intervals);
	if (!code)
		code = open_table(&x->waits, x, &stream_waits);
	if (code) {
		if (x)
			free_csv(&x->base);
		return code;
	}
	x->sink = (struct sink){ .name = "csv", .data = x, .begin = on_begin,
				 .interval = on_interval, .attempt = on_attempt, .lost = on_lost };
	x->base.sink = &x->sink;
	*out = &x->base;
	return 0;
}

const struct exporter export_csv = {
	.name = "csv", .suffix = "-csv",
	.needs_place = true, .open = open_csv, .finish = finish_csv, .free = free_csv,
};
