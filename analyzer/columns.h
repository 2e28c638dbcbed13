/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_COLUMNS_H
#define GILSCOPE_ANALYZER_COLUMNS_H

#include "analyzer/results.h"

/*
 * Every number under its name, once: all exports, --fields, --sort, --fail-if
 * and diff walk these tables, so that no output can differ from another.
 * docs/metrics.md defines each name; a test compares both.
 */
enum column_type {
	COLUMN_COUNT, /* .count, below 2^53 */
	COLUMN_NS,    /* .count: a duration, or a time since the trace's begin, in ns */
	COLUMN_ROW,   /* .count: a row of another table, by its place there or, as a GIL, by its number */
	COLUMN_ID,    /* .count: any 64 bits; JavaScript cannot read them as a number */
	COLUMN_EPOCH, /* .count: ns since 1970; JavaScript neither */
	COLUMN_RATIO, /* .ratio, rounded to COLUMN_DECIMALS */
	COLUMN_FLAG,  /* .flag */
	COLUMN_TEXT,  /* .text: any bytes, borrowed from the results */
};
enum { COLUMN_DECIMALS = 6 };

struct value {
	bool known; /* else: null, an empty cell, "-" */
	union {
		uint64_t count;
		double ratio;
		bool flag;
		const char *text;
	};
};

struct column {
	const char *name;   /* "wait_p99_ns" */
	const char *group;  /* NULL, or the object of the JSON export in which it is `member`: "wait_ns", "p99" */
	const char *member;
	enum column_type type;
	/* How to get it: a member of the row's struct, or `get`. */
	size_t offset;
	struct value (*get)(const struct results *r, const struct column *column, const void *row);
	uint64_t (*statistic)(const struct histogram *h); /* of the histogram at `offset` */
};

struct table_columns {
	const char *name; /* "threads": of the JSON member, CSV file, SQLite table */
	const struct column *columns;
	size_t n_columns;
	size_t (*rows)(const struct results *r);
	const void *(*row)(const struct results *r, size_t i);
};

/* One row each: trace, quality. Many: gils, threads, pairs, buckets, findings. NULL name ends. */
extern const struct table_columns tables[];

/* One row, whatever the trace. */
bool table_is_single(const struct table_columns *table);

/* By name; NULL: there is none. */
const struct table_columns *table_find(const char *name);
const struct column *column_find(const struct table_columns *table, const char *name);

struct value column_value(const struct results *r, const struct column *column, const void *row);

/* A ratio as it is given out: to COLUMN_DECIMALS. */
double column_rounded(double ratio);

/* As it stands in CSV and in the JSON export: "12", "0.25", "true"; "" when it is not known. Not for texts. */
enum { COLUMN_TEXT_SIZE = 48 };
const char *column_number(char buffer[COLUMN_TEXT_SIZE], const struct column *column, struct value value);

#endif
