/* SPDX-License-Identifier: MIT */
#include "viz/array.h"

#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_reach(void *items, size_t *n, size_t index, size_t size)
{
	size_t room = 2 * index + 8;
	void *array;
	char *grown;

	if (index < *n)
		return 0;
	/* By bytes: a pointer to an unknown type cannot be dereferenced lawfully. */
	memcpy(&array, items, sizeof(array));
	grown = reallocarray(array, room, size);
	if (!grown)
		return err(-ENOMEM, "out of memory");
	memset(grown + *n * size, 0, (room - *n) * size);
	memcpy(items, &grown, sizeof(grown));
	*n = room;
	return 0;
}
