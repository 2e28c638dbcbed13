/* SPDX-License-Identifier: MIT */
#include "analyzer/stream_ends.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

/* Less room than that is none for an event, not even with vpid, vtid and procname as contexts. */
enum { LARGEST_EVENT_BYTES = 64 };

/* A buffer's packets have a power of two; one of such a size that a flush closed is small, or the only one. */
enum { SURELY_FULL_BYTES = 64 << 10 };

void stream_end_follow(struct stream_end *end, uint64_t packet_bits, uint64_t content_bits, uint64_t discarded_events)
{
	uint64_t bytes = packet_bits / 8, room = bytes - content_bits / 8;
	bool is_power = !(bytes & (bytes - 1)), counts_loss = discarded_events > end->discarded_events;

	if (bytes > end->full_bytes) {
		end->full_bytes = bytes;
		end->n_full = 0;
	}
	end->n_full += bytes == end->full_bytes;
	end->is_open = bytes == end->full_bytes && is_power && (end->n_full > 1 || bytes >= SURELY_FULL_BYTES) &&
		       room < (counts_loss ? 1 : LARGEST_EVENT_BYTES);
	end->discarded_events = discarded_events;
}

static struct stream_end *find(const struct stream_ends *ends, uint32_t class_id, uint64_t instance_id)
{
	for (size_t i = 0; i < ends->n; i++)
		if (ends->all[i].class_id == class_id && ends->all[i].instance_id == instance_id)
			return &ends->all[i];
	return NULL;
}

int stream_ends_add(struct stream_ends *ends, const struct stream_end *end)
{
	struct stream_end *all, *known = find(ends, end->class_id, end->instance_id);

	if (known) {
		if (end->sequence >= known->sequence)
			*known = *end;
		return 0;
	}
	all = reallocarray(ends->all, ends->n + 1, sizeof(*all));
	if (!all)
		return err(-ENOMEM, "out of memory");
	ends->all = all;
	ends->all[ends->n++] = *end;
	return 0;
}

void stream_ends_deinit(struct stream_ends *ends)
{
	free(ends->all);
	*ends = (struct stream_ends){ 0 };
}
