/* SPDX-License-Identifier: MIT */
#include "cli/experiment/experiment.h"

#include "base/err.h"
#include "config.h"

#include <errno.h>
#include <jansson.h>

static json_t *text_or_null(const char *text)
{
	return text ? json_string(UTF8(text)) : json_null();
}

static json_t *cell_object(const struct samples *s)
{
	json_t *samples = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(samples, json_real(s->values[i]));
	return json_pack("{s:f, s:f, s:f, s:o}", "median", samples_median(s),
			 "q1", samples_quantile(s, 0.25), "q3", samples_quantile(s, 0.75),
			 "samples", samples);
}

static json_t *row_object(const struct bench *b, const struct row *row)
{
	json_t *values = json_object();

	for (size_t i = 0; i < b->experiment->n_columns; i++)
		json_object_set_new(values, b->experiment->columns[i].key,
				    row->cells[i].n ? cell_object(&row->cells[i]) : json_null());
	return json_pack("{s:o, s:o, s:s, s:b, s:o, s:b, s:o}",
			 "subject", text_or_null(row->subject ? row->subject->name : NULL),
			 "program", text_or_null(row->subject ? row->subject->program : NULL),
			 "condition", row->name,
			 "quoted", !row->subject,
			 "failure", text_or_null(row->failure),
			 "incomplete", row->incomplete,
			 "values", values);
}

int table_write_json(const struct bench *b, FILE *out)
{
	json_t *rows = json_array(), *document;
	int r;

	for (size_t i = 0; i < b->n_rows; i++)
		json_array_append_new(rows, row_object(b, &b->rows[i]));
	document = json_pack("{s:s, s:s, s:s, s:I, s:s, s:o, s:o}",
			     "schema", "gilscope-experiment-1",
			     "tool", "gilscope " GILSCOPE_VERSION,
			     "experiment", b->experiment->name,
			     "runs", (json_int_t)b->runs,
			     "cpus", b->cpus.list,
			     "note", text_or_null(*b->note ? b->note : NULL),
			     "rows", rows);
	r = document ? 0 : err(-ENOMEM, "out of memory");
	if (!r && (json_dumpf(document, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) || fputc('\n', out) == EOF))
		r = err(-EIO, "cannot write the JSON");
	json_decref(document);
	return r;
}
