/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_GZIP_H
#define GILSCOPE_VIZ_GZIP_H

#include <stddef.h>

#include "base/cleanup.h"

/*
 * Compresses to one gzip member after the other, and hands on what comes out. The same
 * input makes the same output: there is no time in it. Not thread-safe.
 */
struct gzip;
typedef void gzip_out(void *data, const void *bytes, size_t size);

int gzip_new(struct gzip **out, gzip_out *put, void *data);
struct gzip *gzip_free(struct gzip *z); /* NULL ok; returns NULL */
DEFINE_CLEANUP(struct gzip *, gzip_free);

void gzip_put(struct gzip *z, const void *bytes, size_t size);

/* The member is complete; what comes next begins another one. */
void gzip_end(struct gzip *z);

#endif
