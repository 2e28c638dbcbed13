/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_TABLE_H
#define GILSCOPE_ANALYZER_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A map from numbers to pointers, embedded and started as all zero. It does
 * not own what it points to. Keys are never removed, only pointed elsewhere.
 * Not thread-safe.
 */
struct table {
	struct table_slot {
		uint64_t key;
		void *value; /* NULL: free */
	} *slots;
	size_t size, used; /* size: a power of two, or 0 */
};

void table_deinit(struct table *t);

/* Where `key` is, or would be; not in a table of size 0. */
static inline struct table_slot *table_slot_of(const struct table *t, uint64_t key)
{
	size_t i = (key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (t->size - 1);

	while (t->slots[i].value && t->slots[i].key != key)
		i = (i + 1) & (t->size - 1);
	return &t->slots[i];
}

/* The value at `key`, or NULL. */
static inline void *table_get(const struct table *t, uint64_t key)
{
	return t->size ? table_slot_of(t, key)->value : NULL;
}

/* Points `key` to `value` (not NULL). @return 0 or -ENOMEM. */
int table_put(struct table *t, uint64_t key, void *value);

#endif
