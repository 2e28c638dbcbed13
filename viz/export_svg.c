/* SPDX-License-Identifier: MIT */
/* A picture for documents: light and dark, readable without colour and without eyes; no script, no request. */
#include "viz/export.h"

#include <errno.h>

#include "base/err.h"
#include "viz/outfile.h"
#include "viz/svg/picture.h"

struct svg_export {
	struct export base;
	struct outfile file;
	struct svg_record record;
};

static int open_svg(struct export **out, const char *path)
{
	cleanup(freep) struct svg_export *x = calloc(1, sizeof(*x));
	int r = x ? outfile_open(&x->file, path) : err(-ENOMEM, "out of memory");

	if (r)
		return r;
	svg_record_init(&x->record);
	x->base.sink = &x->record.sink;
	*out = &steal(&x)->base;
	return 0;
}

static int finish_svg(struct export *export, const struct results *r)
{
	struct svg_export *x = (struct svg_export *)export;
	int code = picture_draw(x->file.f, r, &x->record, export->width);

	return code ? code : outfile_commit(&x->file);
}

static void free_svg(struct export *export)
{
	struct svg_export *x = (struct svg_export *)export;

	outfile_drop(&x->file);
	svg_record_deinit(&x->record);
	free(x);
}

const struct exporter export_svg = {
	.name = "svg", .suffix = ".svg",
	.open = open_svg, .finish = finish_svg, .free = free_svg,
};
