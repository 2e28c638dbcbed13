/* SPDX-License-Identifier: MIT */
#include "runtime/lab/interp.h"

#include <errno.h>

#include "base/err.h"

/* As in CPython: the first tick of all is a check. */
enum { FIRST_TICKER = 0 };

int interp_new(struct interp **out, const struct gil_design *design, int32_t check_interval)
{
	struct interp *interp = aligned_alloc(alignof(struct interp), sizeof(*interp));
	int r;

	if (!interp)
		return err(-ENOMEM, "no memory for an interpreter");
	atomic_init(&interp->clock.ticker, FIRST_TICKER);
	atomic_init(&interp->clock.checks, 0);
	interp->check_interval = check_interval;
	heap_init(&interp->heap);
	r = gil_new(&interp->gil, design, &interp->clock, check_interval);
	if (r) {
		free(interp);
		return r;
	}
	*out = interp;
	return 0;
}

struct interp *interp_free(struct interp *interp)
{
	if (interp) {
		gil_free(interp->gil);
		heap_deinit(&interp->heap);
		free(interp);
	}
	return NULL;
}

bool interp_was_exclusive(const struct interp *interp, uint64_t ticks)
{
	/* A check takes the ticker from -1 to the interval. */
	int64_t counted_down = FIRST_TICKER - (int64_t)atomic_load(&interp->clock.ticker) +
			       (int64_t)atomic_load(&interp->clock.checks) *
				       ((int64_t)interp->check_interval + 1);

	return counted_down == (int64_t)ticks && heap_is_balanced(&interp->heap);
}

void interp_check(struct interp *interp, struct gil_thread *self)
{
	struct gil_clock *clock = &interp->clock;
	uint64_t checks = atomic_load_explicit(&clock->checks, memory_order_relaxed);

	atomic_store_explicit(&clock->ticker, interp->check_interval, memory_order_relaxed);
	atomic_store_explicit(&clock->checks, checks + 1, memory_order_relaxed);
	self->counts.checks++;
	/* Whether or not anybody waits: 2.x does not know. */
	gil_release(interp->gil, self);
	gil_acquire(interp->gil, self);
}
