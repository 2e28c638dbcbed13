/* SPDX-License-Identifier: MIT */
#include "analyzer/table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

enum { FIRST_SIZE = 16 };

void table_deinit(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}

static int grow(struct table *t)
{
	struct table bigger = { .size = t->size ? 2 * t->size : FIRST_SIZE, .used = t->used };

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].value)
			*table_slot_of(&bigger, t->slots[i].key) = t->slots[i];
	free(t->slots);
	*t = bigger;
	return 0;
}

int table_put(struct table *t, uint64_t key, void *value)
{
	struct table_slot *slot;

	if (2 * t->used >= t->size) {
		int r = grow(t);
		if (r)
			return r;
	}
	slot = table_slot_of(t, key);
	t->used += !slot->value;
	*slot = (struct table_slot){ .key = key, .value = value };
	return 0;
}
