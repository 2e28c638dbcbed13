/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "lib/handle.h"

static const struct exporter *format_at(size_t format)
{
	size_t n = 0;

	while (n < format && exporters[n])
		n++;
	return exporters[n];
}

const char *gilscope_format_name(size_t format)
{
	return format_at(format) ? format_at(format)->name : NULL;
}

const char *gilscope_format_suffix(size_t format)
{
	return format_at(format) ? format_at(format)->suffix : NULL;
}

bool gilscope_format_needs_place(size_t format)
{
	return format_at(format) && format_at(format)->needs_place;
}

static const struct exporter *find(const char *name)
{
	for (const struct exporter *const *e = exporters; *e; e++)
		if (!strcmp((*e)->name, name))
			return *e;
	return NULL;
}

int gilscope_add_export(struct gilscope *g, const char *format, const char *path)
{
	const struct exporter *exporter = find(format);
	int r = handle_check_early(g);

	if (r)
		return r;
	if (!exporter)
		return err(GILSCOPE_E_OPTION, "there is no format '%s'", format);
	if (exporter->needs_place && !strcmp(path, "-"))
		return err(GILSCOPE_E_OPTION, "the format %s needs a place of its own, not '-'", format);
	if (g->options.only_listen)
		return err(GILSCOPE_E_OPTION, "there are no results to write: they are not wanted (only_listen)");
	if (g->n_exports == MOST_EXPORTS)
		return err(-ENOSPC, "at most %d files at a time", MOST_EXPORTS);
	r = export_new(&g->exports[g->n_exports], exporter, path);
	if (!r)
		g->exports[g->n_exports++]->width = g->options.picture_width;
	return r;
}
