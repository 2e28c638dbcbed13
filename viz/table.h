/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_TABLE_H
#define GILSCOPE_VIZ_TABLE_H

#include "base/cleanup.h"
#include "viz/text.h"

/*
 * A table of text, as wide as its content. What does not fit on the page
 * continues below with its first column said again; it breaks only between
 * groups of columns. Memory runs out at most once: table_print() says so.
 * Not thread-safe.
 */
struct table;

int table_new(struct table **out);
struct table *table_free(struct table *t); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct table *, table_free);

/*
 * Columns first, from the left; the first one holds words. Words are
 * left-aligned and cut where they are very long. Neighbours with the same
 * `group` stay together under it ("" is a group without a heading). Both
 * strings are borrowed.
 */
enum table_kind { TABLE_NUMBERS, TABLE_WORDS };
void table_column(struct table *t, const char *group, const char *title, enum table_kind kind);

/* The next cell, row by row. */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* @return 0, or -ENOMEM when a cell could not be kept. */
int table_print(const struct table *t, const struct page *page);

#endif
