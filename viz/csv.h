/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_CSV_H
#define GILSCOPE_VIZ_CSV_H

#include <stdio.h>

#include "analyzer/columns.h"

/* Columns as cells of CSV (RFC 4180), without the end of the line. Errors stay in the stream, for ferror(). */

void csv_put_header(FILE *out, const struct table_columns *table);
void csv_put_row(FILE *out, const struct results *r, const struct table_columns *table,
		 const void *row);

#endif
