/* SPDX-License-Identifier: MIT */
/* In the place of export_sqlite.c where SQLite was not there when gilscope was built. */
#include "viz/export.h"

#include <errno.h>

#include "base/err.h"

static int refuse(struct export **out, const char *path)
{
	(void)out;
	return err(-ENOTSUP, "cannot write '%s': the format sqlite is not built in; build gilscope with "
			     "-Dsqlite=enabled", path);
}

const struct exporter export_sqlite = {
	.name = "sqlite", .suffix = ".sqlite", .needs_place = true, .open = refuse,
};
