/* SPDX-License-Identifier: MIT */
#include "runtime/lab/gil/gil.h"

#include <string.h>

#include "config.h"
#include "runtime/lab/gil/designs.h"

const struct gil_design *const gil_designs[] = {
	&gil_cond,
	&gil_sem,
	&gil_interval,
	&gil_priority,
	&gil_fair,
	&gil_none,
	NULL,
};

const struct gil_design *gil_design_find(const char *name)
{
	for (size_t i = 0; gil_designs[i]; i++)
		if (!strcmp(gil_designs[i]->name, name))
			return gil_designs[i];
	return NULL;
}

int gil_new(struct gil **out, const struct gil_design *design, struct gil_clock *clock,
	    int64_t interval)
{
	struct gil *gil;
	int r = design->new(&gil);

	if (r)
		return r;
	gil->design = design;
	gil->clock = clock;
	gil->emit.design = design->name;
	gil->emit.version = "gilrun " GILSCOPE_VERSION;
	gil->emit.flags = GIL_FLAG_CHECKS_EXACT;
	if (design->ticked)
		gil->emit.flags |= GIL_FLAG_TICKED | GIL_FLAG_TICKS_EXACT;
	atomic_init(&gil->emit.interval, interval);
	emit_gil_create(&gil->emit);
	*out = gil;
	return 0;
}

struct timespec gil_slice_end(const struct gil *gil)
{
	int64_t interval_us = atomic_load_explicit(&gil->emit.interval, memory_order_relaxed);
	struct timespec end;
	int64_t us;

	clock_gettime(CLOCK_MONOTONIC, &end);
	us = end.tv_nsec / 1000 + (interval_us >= 1 ? interval_us : 1);
	end.tv_sec += us / 1000000;
	end.tv_nsec = us % 1000000 * 1000;
	return end;
}

struct gil *gil_free(struct gil *gil)
{
	if (gil) {
		emit_gil_destroy(&gil->emit);
		gil->design->free(gil);
	}
	return NULL;
}
