/* SPDX-License-Identifier: MIT */
#include "analyzer/table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

enum { FIRST_SIZE = 16 };

static size_t home_of(const struct table *t, uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (t->size - 1);
}

static struct table_slot *find(const struct table *t, uint64_t key)
{
	size_t i = home_of(t, key);

	while (t->slots[i].value && t->slots[i].key != key)
		i = (i + 1) & (t->size - 1);
	return &t->slots[i];
}

void table_deinit(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}

void *table_get(const struct table *t, uint64_t key)
{
	return t->size ? find(t, key)->value : NULL;
}

static int grow(struct table *t)
{
	struct table bigger = { .size = t->size ? 2 * t->size : FIRST_SIZE, .used = t->used };

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].value)
			*find(&bigger, t->slots[i].key) = t->slots[i];
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
	slot = find(t, key);
	t->used += !slot->value;
	*slot = (struct table_slot){ .key = key, .value = value };
	return 0;
}
