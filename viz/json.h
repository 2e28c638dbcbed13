/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_JSON_H
#define GILSCOPE_VIZ_JSON_H

#include <stdio.h>

#include "analyzer/columns.h"

/*
 * Columns as JSON. Every reader takes every number exactly: what may exceed
 * 2^53 is a decimal string. Errors stay in the stream, for ferror().
 */

/* A string with its quotes; each broken byte of UTF-8 becomes U+FFFD. */
void json_put_text(FILE *out, const char *text);

/* Number, decimal string, text, true, false, or null. */
void json_put_value(FILE *out, const struct column *column, struct value value);

/* "name":value of all columns, with commas between; columns of one group become one object. */
void json_put_row(FILE *out, const struct results *r, const struct table_columns *table,
		  const void *row);

/* ,"name":value of the columns that are known, and no groups: for lines of which there are millions. */
void json_put_known(FILE *out, const struct results *r, const struct table_columns *table,
		    const void *row);

#endif
