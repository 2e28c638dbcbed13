/* SPDX-License-Identifier: MIT */
#include "viz/view/losses.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

static struct gil_loss sum_of(const struct gil_loss *a, const struct gil_loss *b)
{
	return (struct gil_loss){
		.from_ns = a->from_ns < b->from_ns ? a->from_ns : b->from_ns,
		.to_ns = a->to_ns > b->to_ns ? a->to_ns : b->to_ns,
		.events = a->events + b->events,
		.packets = a->packets + b->packets,
		.events_known = a->events_known && b->events_known,
		.pid = a->pid == b->pid ? a->pid : 0,
	};
}

static void merge(struct losses *l)
{
	for (size_t i = 0; i + 1 < l->n; i += 2)
		l->list[i / 2] = sum_of(&l->list[i], &l->list[i + 1]);
	l->n /= 2;
}

int losses_add(struct losses *l, const struct gil_loss *loss)
{
	if (!l->list)
		l->list = calloc(LOSSES_MAX, sizeof(*l->list));
	if (!l->list)
		return err(-ENOMEM, "out of memory");
	if (l->n == LOSSES_MAX)
		merge(l);
	l->list[l->n++] = *loss;
	return 0;
}

void losses_deinit(struct losses *l)
{
	free(l->list);
	*l = (struct losses){ 0 };
}
