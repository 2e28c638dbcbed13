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

/* The value at `key`, or NULL. */
void *table_get(const struct table *t, uint64_t key);

/* Points `key` to `value` (not NULL). @return 0 or -ENOMEM. */
int table_put(struct table *t, uint64_t key, void *value);

#endif
