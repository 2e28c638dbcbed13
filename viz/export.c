/* SPDX-License-Identifier: MIT */
#include "viz/export.h"

#include <stddef.h>

const struct exporter *const exporters[] = {
	&export_json,
	&export_csv,
	&export_jsonl,
	&export_sqlite,
	&export_svg,
	&export_perfetto,
	NULL,
};

int export_new(struct export **out, const struct exporter *exporter, const char *path)
{
	int r = exporter->open(out, path);

	if (!r)
		(*out)->exporter = exporter;
	return r;
}

int export_finish(struct export *x, const struct results *r)
{
	return x->exporter->finish(x, r);
}

struct export *export_free(struct export *x)
{
	if (x)
		x->exporter->free(x);
	return NULL;
}
