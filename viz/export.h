/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_EXPORT_H
#define GILSCOPE_VIZ_EXPORT_H

#include "analyzer/metrics.h"
#include "viz/quality.h"

/*
 * A format for machines. A new one is a file that defines a `struct exporter`
 * and a line in export.c. All show the same totals under the same names.
 */
struct exporter {
	const char *name;   /* --to NAME */
	const char *suffix; /* of its file or folder, behind a stem: ".json" */
	const char *help;
	/*
	 * Writes `path`; what stood there is replaced in one step for each file.
	 * @return 0, or < 0 with a sentence that names the file.
	 */
	int (*write)(const struct metrics *metrics, const struct quality *quality, const char *path);
};

extern const struct exporter export_csv, export_json;

extern const struct exporter *const exporters[]; /* NULL ends */

#endif
