/* SPDX-License-Identifier: MIT */
/*
 * No lock at all: each thread has an interpreter, and so a GIL, of its own,
 * and nobody to share it with. What the other designs cost, compare with this.
 */
#include <errno.h>

#include "base/err.h"
#include "runtime/lab/gil/designs.h"

static int none_new(struct gil **out)
{
	struct gil *gil = calloc(1, sizeof(*gil));

	if (!gil)
		return err(-ENOMEM, "no memory for a GIL");
	*out = gil;
	return 0;
}

static void none_free(struct gil *gil)
{
	free(gil);
}

static void none_acquire(struct gil *gil, struct gil_thread *self)
{
	gil_says_entry(gil, self);
	gil_says_acquire(gil, self);
}

static void none_release(struct gil *gil, struct gil_thread *self)
{
	gil_says_release(gil, self, false);
}

const struct gil_design gil_none = {
	.name = "none",
	.summary = "free threading, the upper bound: each thread has a GIL of its own, no lock",
	.ticked = true,
	.own = true,
	.new = none_new,
	.free = none_free,
	.acquire = none_acquire,
	.release = none_release,
};
