/* SPDX-License-Identifier: MIT */
/*
 * A folder with one CSV file for each table (RFC 4180, lines end in LF). Times
 * are integers in ns; a cell is empty where nothing is known.
 */
#include "viz/export.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "viz/csv.h"
#include "viz/outfile.h"

struct csv_export {
	struct export base;
	char *folder;
};

static int open_csv(struct export **out, const char *path)
{
	cleanup(freep) struct csv_export *x = calloc(1, sizeof(*x));

	if (!x || !(x->folder = strdup(path)))
		return err(-ENOMEM, "out of memory");
	if (mkdir(path, 0777) && errno != EEXIST) {
		free(x->folder);
		return err(-errno, "cannot create the folder '%s': %s; name another place with -o",
			   path, strerror(errno));
	}
	*out = &steal(&x)->base;
	return 0;
}

static int open_file(struct outfile *file, const struct csv_export *x, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s.csv", x->folder, name) >= (int)sizeof(path))
		return err(-ENAMETOOLONG, "'%s' is too long a name", x->folder);
	return outfile_open(file, path);
}

static int write_table(const struct csv_export *x, const struct results *r,
		       const struct table_columns *table)
{
	cleanup(outfile_drop) struct outfile file = { 0 };
	int code = open_file(&file, x, table->name);

	if (code)
		return code;
	csv_put_header(file.f, table);
	fputc('\n', file.f);
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
	return code;
}

static void free_csv(struct export *export)
{
	struct csv_export *x = (struct csv_export *)export;

	free(x->folder);
	free(x);
}

const struct exporter export_csv = {
	.name = "csv", .suffix = "-csv", .help = "a folder with a CSV file for each table",
	.folder = true, .open = open_csv, .finish = finish_csv, .free = free_csv,
};
