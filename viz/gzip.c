/* SPDX-License-Identifier: MIT */
#include "viz/gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <zlib.h>

#include "base/err.h"

enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8, OUT_SIZE = 1 << 15 }; /* + 16: gzip's header, not zlib's */

struct gzip {
	z_stream stream;
	gzip_out *put;
	void *data;
	unsigned char out[OUT_SIZE];
};

int gzip_new(struct gzip **out, gzip_out *put, void *data)
{
	struct gzip *z = calloc(1, sizeof(*z));

	if (z && deflateInit2(&z->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
			      Z_DEFAULT_STRATEGY) == Z_OK) {
		z->put = put;
		z->data = data;
		*out = z;
		return 0;
	}
	free(z);
	return err(-ENOMEM, "out of memory");
}

struct gzip *gzip_free(struct gzip *z)
{
	if (z)
		deflateEnd(&z->stream);
	free(z);
	return NULL;
}

/* deflate() can fail only where it is called wrongly. */
static void run(struct gzip *z, int flush)
{
	do {
		z->stream.next_out = z->out;
		z->stream.avail_out = sizeof(z->out);
		deflate(&z->stream, flush);
		z->put(z->data, z->out, sizeof(z->out) - z->stream.avail_out);
	} while (!z->stream.avail_out);
}

void gzip_put(struct gzip *z, const void *bytes, size_t size)
{
	const unsigned char *next = bytes;

	while (size) {
		uInt part = size < INT_MAX ? (uInt)size : INT_MAX;

		z->stream.next_in = (unsigned char *)next;
		z->stream.avail_in = part;
		run(z, Z_NO_FLUSH);
		next += part;
		size -= part;
	}
}

void gzip_end(struct gzip *z)
{
	run(z, Z_FINISH);
	deflateReset(&z->stream);
}
