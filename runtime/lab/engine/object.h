/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LAB_OBJECT_H
#define GILSCOPE_LAB_OBJECT_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The objects of an interpreter, as CPython 2 keeps them: plain reference
 * counts, shared small integers, a free list for the others. Nothing here is
 * atomic or locked: this is what a GIL is for, and heap_is_balanced() tells
 * whether it did its work. Call everything with the GIL held.
 */
enum object_type {
	OBJECT_NONE,
	OBJECT_BOOL,
	OBJECT_INT,
	OBJECT_FLOAT,    /* seconds, kept as ns */
	OBJECT_STR,      /* the name or text of something, by its number in the program */
	OBJECT_RANGE,    /* range(n), which is its own iterator: how often it still goes round */
	OBJECT_FUNCTION, /* written in bytecode: its code */
	OBJECT_BUILTIN,  /* written in C: its number among the globals */
};

struct code;

struct object {
	int64_t refs;
	enum object_type type;
	union {
		int64_t value;            /* all that have no better name here */
		const struct code *code;  /* FUNCTION */
		struct object *next_free; /* refs is 0 */
	};
};

enum { SMALL_INT_MIN = -5, SMALL_INT_MAX = 256 };

struct heap {
	struct object none, boolean[2];
	struct object small[SMALL_INT_MAX - SMALL_INT_MIN + 1];
	struct object *free;
	struct object_block *blocks;
};

void heap_init(struct heap *heap);
void heap_deinit(struct heap *heap);

/* Nobody refers to an object any more, and no reference was lost on the way. */
bool heap_is_balanced(const struct heap *heap);

/* Puts more integers on the free list. @return 0 or -ENOMEM. */
int heap_grow(struct heap *heap);

static inline struct object *object_ref(struct object *o)
{
	o->refs++;
	return o;
}

static inline void object_unref(struct heap *heap, struct object *o)
{
	if (--o->refs)
		return;
	/* None, the booleans and the small integers are referred to by the heap. */
	o->next_free = heap->free;
	heap->free = o;
}

/* Those below return a new reference. */

/* NULL: no memory. */
static inline struct object *object_new(struct heap *heap, enum object_type type, int64_t value)
{
	struct object *o;

	if (!heap->free && heap_grow(heap))
		return NULL;
	o = heap->free;
	heap->free = o->next_free;
	*o = (struct object){ .refs = 1, .type = type, .value = value };
	return o;
}

/* NULL: no memory. */
static inline struct object *int_new(struct heap *heap, int64_t value)
{
	if (value >= SMALL_INT_MIN && value <= SMALL_INT_MAX)
		return object_ref(&heap->small[value - SMALL_INT_MIN]);
	return object_new(heap, OBJECT_INT, value);
}

static inline struct object *bool_new(struct heap *heap, bool value)
{
	return object_ref(&heap->boolean[value]);
}

static inline struct object *none_new(struct heap *heap)
{
	return object_ref(&heap->none);
}

#endif
