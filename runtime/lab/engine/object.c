/* SPDX-License-Identifier: MIT */
#include "runtime/lab/engine/object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_INTS = SMALL_INT_MAX - SMALL_INT_MIN + 1, BLOCK_OBJECTS = 40 };

struct object_block {
	struct object_block *next;
	struct object objects[BLOCK_OBJECTS];
};

void heap_init(struct heap *heap)
{
	memset(heap, 0, sizeof(*heap));
	heap->none = (struct object){ .refs = 1, .type = OBJECT_NONE };
	for (int i = 0; i < 2; i++)
		heap->boolean[i] = (struct object){ .refs = 1, .type = OBJECT_BOOL, .value = i };
	for (int i = 0; i < SMALL_INTS; i++)
		heap->small[i] = (struct object){
			.refs = 1, .type = OBJECT_INT, .value = i + SMALL_INT_MIN,
		};
}

void heap_deinit(struct heap *heap)
{
	struct object_block *next;

	for (struct object_block *b = heap->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	memset(heap, 0, sizeof(*heap));
}

int heap_grow(struct heap *heap)
{
	struct object_block *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->next = heap->blocks;
	heap->blocks = b;
	for (int i = 0; i < BLOCK_OBJECTS; i++) {
		b->objects[i].next_free = heap->free;
		heap->free = &b->objects[i];
	}
	return 0;
}

bool heap_is_balanced(const struct heap *heap)
{
	size_t made = 0, unused = 0;

	if (heap->none.refs != 1 || heap->boolean[0].refs != 1 || heap->boolean[1].refs != 1)
		return false;
	for (int i = 0; i < SMALL_INTS; i++)
		if (heap->small[i].refs != 1)
			return false;
	for (const struct object_block *b = heap->blocks; b; b = b->next)
		made += BLOCK_OBJECTS;
	/* `made` ends the walk even where a broken GIL has tied the list into a ring. */
	for (const struct object *o = heap->free; o && unused <= made; o = o->next_free)
		unused++;
	return made == unused;
}
