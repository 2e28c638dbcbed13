/* SPDX-License-Identifier: MIT */
/* The overview as it stands in the file: plane by plane. */
#include "viz/view/overview.h"

#include <string.h>

enum { FULL = 255 };

static uint8_t share(uint64_t ns, uint64_t of_ns)
{
	double part = of_ns ? (double)ns / (double)of_ns * FULL : 0;

	if (part >= FULL)
		return FULL;
	return ns && part < 1 ? 1 : (uint8_t)(part + 0.5);
}

static uint64_t width_of(const struct overview *o, size_t bucket)
{
	uint64_t begin_ns = (uint64_t)bucket << o->grid.shift;

	return bucket + 1 < o->buckets ? overview_width_ns(o) : o->duration_ns - begin_ns;
}

static void put_share(const struct overview *o, struct part *part, const struct grid_row *row, int which)
{
	uint8_t bytes[GRID_BUCKETS];

	for (size_t i = 0; i < o->buckets; i++)
		bytes[i] = share(row->lane[i].ns[which], width_of(o, i));
	part_put(part, bytes, o->buckets);
}

static void put_counts(const struct overview *o, struct part *part, const void *first, size_t stride)
{
	uint8_t bytes[4 * GRID_BUCKETS];

	for (size_t i = 0; i < o->buckets; i++) {
		uint32_t n;

		memcpy(&n, (const char *)first + i * stride, sizeof(n));
		for (size_t k = 0; k < sizeof(n); k++)
			bytes[4 * i + k] = (uint8_t)(n >> 8 * k);
	}
	part_put(part, bytes, 4 * o->buckets);
}

static void put_gils(const struct overview *o, struct part *part, size_t offset)
{
	for (uint32_t row = 0; row < o->grid.of[GRID_GILS].n; row++) {
		uint32_t place = lanes_gil_of_row(o->lanes, row)->place;

		put_counts(o, part, (const char *)o->grid.of[GRID_GILS].rows[place]->cells + offset, sizeof(struct gil_cell));
	}
}

void overview_write(const struct overview *o, struct part *part)
{
	static const size_t of_lane[] = { offsetof(struct lane_cell, acquisitions), offsetof(struct lane_cell, failed) };
	static const size_t of_gil[] = {
		offsetof(struct gil_cell, checks), offsetof(struct gil_cell, ticks),
		offsetof(struct gil_cell, switches), offsetof(struct gil_cell, waiters_max),
	};
	const struct grid_rows *lanes = &o->grid.of[GRID_LANES];

	for (int which = 0; which < GRID_SHARES; which++)
		for (size_t k = 0; k < lanes->n; k++)
			put_share(o, part, lanes->rows[k], which);
	for (size_t which = 0; which < 2; which++)
		for (size_t k = 0; k < lanes->n; k++)
			put_counts(o, part, (const char *)lanes->rows[k]->cells + of_lane[which],
				   sizeof(struct lane_cell));
	for (size_t which = 0; which < sizeof(of_gil) / sizeof(*of_gil); which++)
		put_gils(o, part, of_gil[which]);
}
