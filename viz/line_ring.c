/* SPDX-License-Identifier: MIT */
#include "viz/line_ring.h"

#include "base/err.h"
#include "viz/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int line_ring_push(struct line_ring *ring, size_t room, const char *margin, const char *line, size_t len)
{
	size_t lead = strlen(margin), size = lead + len;
	size_t place = (size_t)(ring->n % room);
	struct ring_line *l;
	char *grown;
	int r = array_reach(&ring->lines, &ring->n_lines, place, sizeof(*ring->lines));

	if (r)
		return r;
	l = &ring->lines[place];
	if (size > l->room) {
		grown = realloc(l->text, size);
		if (!grown)
			return err(-ENOMEM, "out of memory");
		l->text = grown;
		l->room = size;
	}
	if (size) {
		memcpy(l->text, margin, lead);
		memcpy(l->text + lead, line, len);
	}
	l->len = size;
	ring->n++;
	return 0;
}

void line_ring_deinit(struct line_ring *ring)
{
	for (size_t i = 0; i < ring->n_lines; i++)
		free(ring->lines[i].text);
	free(ring->lines);
	*ring = (struct line_ring){ 0 };
}
