/* SPDX-License-Identifier: MIT */
/* One JSON document, schema gilscope-report-1. Rows are written one by one: memory does not grow with them. */
#include "viz/export_json.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "config.h"
#include "viz/export.h"
#include "viz/json.h"
#include "viz/outfile.h"

struct json_export {
	struct export base;
	struct outfile file;
};

static int open_json(struct export **out, const char *path)
{
	cleanup(freep) struct json_export *x = calloc(1, sizeof(*x));
	int r = x ? outfile_open(&x->file, path) : err(-ENOMEM, "out of memory");

	if (!r)
		*out = &steal(&x)->base;
	return r;
}

/* A table of one row is an object, and the quality has its sentences beside the numbers. */
static void put_object(FILE *out, const struct results *r, const struct table_columns *table)
{
	fputc('{', out);
	json_put_row(out, r, table, table->row(r, 0));
	if (!strcmp(table->name, "quality")) {
		fputs(",\"violation_texts\":[", out);
		for (size_t i = 0; i < r->n_violations; i++) {
			if (i)
				fputc(',', out);
			json_put_text(out, r->violations[i]);
		}
		fputc(']', out);
	}
	fputc('}', out);
}

/* One row a line. */
static void put_array(FILE *out, const struct results *r, const struct table_columns *table)
{
	size_t n = table->rows(r);

	fputc('[', out);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",\n  {" : "\n  {", out);
		json_put_row(out, r, table, table->row(r, i));
		fputc('}', out);
	}
	fputc(']', out);
}

void export_json_write(FILE *out, const struct results *r)
{
	fputs("{\n\"schema\": \"gilscope-report-1\",\n"
	      "\"tool\": {\"name\": \"gilscope\", \"version\": \"" GILSCOPE_VERSION "\"}", out);
	for (const struct table_columns *t = tables; t->name; t++) {
		fprintf(out, ",\n\"%s\": ", t->name);
		if (table_is_single(t))
			put_object(out, r, t);
		else
			put_array(out, r, t);
	}
	fputs("\n}\n", out);
}

static int finish_json(struct export *export, const struct results *r)
{
	struct json_export *x = (struct json_export *)export;

	export_json_write(x->file.f, r);
	return outfile_commit(&x->file);
}

static void free_json(struct export *export)
{
	struct json_export *x = (struct json_export *)export;

	outfile_drop(&x->file);
	free(x);
}

const struct exporter export_json = {
	.name = "json", .suffix = ".json",
	.open = open_json, .finish = finish_json, .free = free_json,
};
