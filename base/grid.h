/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_BASE_GRID_H
#define GILSCOPE_BASE_GRID_H

#include "base/cleanup.h"
#include "base/text.h"

/*
 * A table of text, as wide as its content. What does not fit on the page
 * continues below with its first column said again; it breaks between groups
 * of columns, and within one only when that is wider than the page. Memory runs out at most once: grid_print() says so.
 * Not thread-safe.
 */
struct grid;

int grid_new(struct grid **out);
struct grid *grid_free(struct grid *t); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct grid *, grid_free);

/*
 * Columns first, from the left; the first one holds words. Words are
 * left-aligned and cut in the middle where they are very long. No line ends with blanks. Neighbours with the same
 * `group` stay together under it ("" is a group without a heading). Both
 * strings are borrowed.
 */
enum grid_kind { GRID_NUMBERS, GRID_WORDS };
void grid_column(struct grid *t, const char *group, const char *title, enum grid_kind kind);

/* The next cell, row by row. */
void grid_cell(struct grid *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How wide it is when nothing continues below. */
unsigned grid_width(struct grid *t);

/* @return 0, or -ENOMEM when a cell could not be kept. */
int grid_print(struct grid *t, const struct page *page);

#endif
