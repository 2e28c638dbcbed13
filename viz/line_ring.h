/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_LINE_RING_H
#define GILSCOPE_VIZ_LINE_RING_H

#include <stddef.h>
#include <stdint.h>

/* The last lines of a text, numbered from 0 on. Its memory is bounded by its room. Not thread-safe. */
struct ring_line {
	char *text; /* without its newline; not ended by a zero */
	size_t len, room;
};

struct line_ring {
	struct ring_line *lines;
	size_t n_lines; /* allocated so far */
	uint64_t n;     /* lines ever pushed: the number of the next one */
};

/* Adds a line, `margin` before it; of `room` lines the oldest one goes. @return 0 or -ENOMEM */
int line_ring_push(struct line_ring *ring, size_t room, const char *margin, const char *line, size_t len);

/* The oldest line that is still there. */
static inline uint64_t line_ring_first(const struct line_ring *ring, size_t room)
{
	return ring->n > room ? ring->n - room : 0;
}

/* A line from line_ring_first() on, before ring->n; borrowed until the next push. */
static inline const struct ring_line *line_ring_at(const struct line_ring *ring, size_t room, uint64_t number)
{
	return &ring->lines[number % room];
}

void line_ring_deinit(struct line_ring *ring);

#endif
