/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_ARRAY_H
#define GILSCOPE_VIZ_ARRAY_H

#include <stddef.h>

/*
 * Makes room for items[index] in a growing array; new items are zero.
 * @items a pointer to the array's pointer (of any type), @n its present room,
 * @size of one item. @return 0, or -ENOMEM with the array unchanged.
 */
int array_reach(void *items, size_t *n, size_t index, size_t size);

#endif
