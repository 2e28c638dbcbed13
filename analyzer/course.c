/* SPDX-License-Identifier: MIT */
#include "analyzer/course.h"

#include <errno.h>

#include "base/err.h"

struct course {
	struct sink sink;
	uint64_t width_ns;
};

static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

int course_new(struct course **out, uint64_t width_ns)
{
	struct course *c = calloc(1, sizeof(*c));

	if (!c)
		return err(-ENOMEM, "out of memory");
	c->width_ns = width_ns;
	c->sink = (struct sink){ .name = "course", .data = c, .lost = on_lost };
	*out = c;
	return 0;
}

struct course *course_free(struct course *c)
{
	free(c);
	return NULL;
}

struct sink *course_sink(struct course *c)
{
	return &c->sink;
}

size_t course_buckets(const struct course *c, const struct bucket **out)
{
	(void)c;
	*out = NULL;
	return 0;
}
