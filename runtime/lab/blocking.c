/* SPDX-License-Identifier: MIT */
#include "runtime/lab/blocking.h"

#include <errno.h>

int blocking(struct thread_state *ts, int (*op)(void *arg), void *arg)
{
	int r, after;

	do {
		gil_release(ts->interp->gil, ts->gil);
		r = op(arg);
		gil_acquire(ts->interp->gil, ts->gil);
		after = interp_after_blocking(ts);
	} while (r == -EINTR && !after);
	return after ? after : r;
}
