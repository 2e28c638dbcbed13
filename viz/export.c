/* SPDX-License-Identifier: MIT */
#include "viz/export.h"

#include <stddef.h>

const struct exporter *const exporters[] = {
	&export_json,
	&export_csv,
	NULL,
};
