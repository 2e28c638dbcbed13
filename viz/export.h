/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_EXPORT_H
#define GILSCOPE_VIZ_EXPORT_H

#include <stdbool.h>

#include "analyzer/results.h"
#include "base/cleanup.h"

/*
 * A format for machines, or a picture. A new one is a file that defines a `struct exporter`
 * and a line in export.c. All walk the tables of columns.h, so that all show
 * the same numbers under the same names. Not thread-safe.
 *
 *     export_new() ... analysis_run() with x->sink, if there is one ... export_finish() ... export_free()
 */
struct exporter;

/* One that is being written. Each format's own struct begins with it. */
struct export {
	const struct exporter *exporter;
	struct sink *sink; /* to feed in the pass; NULL: the results are enough */
	unsigned width;    /* of a picture, in px; 0: its own. To be set before export_finish() */
};

struct exporter {
	const char *name;   /* --to NAME */
	const char *suffix; /* of its file or folder, behind a stem: ".json" */
	bool needs_place;   /* a folder, or written out of order: not for the standard output */
	/* Opens what stands at `path` in the end: a bad place is found before the trace is read. */
	int (*open)(struct export **out, const char *path);
	/* Writes the rest and gives each file its name; what stood there is replaced in one step. */
	int (*finish)(struct export *x, const struct results *r);
	/* Lets go; what was not finished leaves no trace. */
	void (*free)(struct export *x);
};

extern const struct exporter export_csv, export_json, export_jsonl, export_sqlite;
extern const struct exporter export_svg;
extern const struct exporter export_perfetto;

extern const struct exporter *const exporters[]; /* NULL ends */

/* @return 0, or < 0 with a sentence that names the file. */
int export_new(struct export **out, const struct exporter *exporter, const char *path);
int export_finish(struct export *x, const struct results *r);
struct export *export_free(struct export *x); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct export *, export_free);

#endif
