/* SPDX-License-Identifier: MIT */
#include "viz/view/part.h"

static void put_base64(void *data, const void *bytes, size_t size)
{
	struct part *p = data;

	base64_put(&p->base64, p->out, bytes, size);
}

int part_init(struct part *p, FILE *out)
{
	*p = (struct part){ .out = out };
	return gzip_new(&p->gzip, put_base64, p);
}

void part_deinit(struct part *p)
{
	p->gzip = gzip_free(p->gzip);
}

void part_begin(struct part *p, const char *name)
{
	fprintf(p->out, "<script type=\"application/octet-stream\" data-part=\"%s\">", name);
}

void part_put(struct part *p, const void *bytes, size_t size)
{
	gzip_put(p->gzip, bytes, size);
}

void part_end(struct part *p)
{
	gzip_end(p->gzip);
	base64_end(&p->base64, p->out);
	fputs("</script>\n", p->out);
}

static ssize_t write_part(void *cookie, const char *bytes, size_t size)
{
	part_put(cookie, bytes, size);
	return (ssize_t)size;
}

FILE *part_stream(struct part *p)
{
	return fopencookie(p, "w", (cookie_io_functions_t){ .write = write_part });
}
