/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_PART_H
#define GILSCOPE_VIZ_VIEW_PART_H

#include "base/cleanup.h"
#include "viz/base64.h"
#include "viz/gzip.h"

/*
 * Writes the elements of docs/viewer-format.md that hold data: base64 of a gzip member.
 * All zero is none. Stays where it is. Errors stay in the stream, for ferror().
 */
struct part {
	FILE *out; /* borrowed */
	struct gzip *gzip;
	struct base64 base64;
};

int part_init(struct part *p, FILE *out);
void part_deinit(struct part *p);

/* begin, any number of puts, end; then the next element. */
void part_begin(struct part *p, const char *name);
void part_put(struct part *p, const void *bytes, size_t size);
void part_end(struct part *p);

/* What is written to the stream goes to part_put(). To be closed before part_end(). NULL: out of memory. */
FILE *part_stream(struct part *p);

#endif
