/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_EXPORT_JSON_H
#define GILSCOPE_VIZ_EXPORT_JSON_H

#include <stdio.h>

#include "analyzer/results.h"

/* The document gilscope-report-1. Errors stay in the stream, for ferror(). */
void export_json_write(FILE *out, const struct results *r);

#endif
