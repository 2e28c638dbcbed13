/* SPDX-License-Identifier: MIT */
/* The numbers over time: the report's buckets, as counters. */
#include "viz/perfetto/trace.h"

struct rates {
	uint64_t utilisation, handovers, failures; /* tracks */
};

static void put_rate(struct perfetto_export *x, uint64_t track, double value, int64_t ts_ns)
{
	struct proto event;

	event_begin(&event, EVENT_COUNTER, track, SLICE_NONE);
	proto_double(&event, EVENT_DOUBLE_VALUE, value);
	packets_late_event(&x->packets, &event, ts_ns);
}

static void put_bucket(struct perfetto_export *x, const struct rates *rates, const struct bucket *b)
{
	double s = (double)(b->to_ns - b->from_ns) / 1e9;

	if (s <= 0)
		return;
	put_rate(x, rates->utilisation, 100 * b->utilisation, b->from_ns);
	put_rate(x, rates->handovers, (double)b->switches / s, b->from_ns);
	put_rate(x, rates->failures, (double)b->failed / s, b->from_ns);
}

static void put_zero(struct perfetto_export *x, const struct rates *rates, const struct bucket *last)
{
	put_rate(x, rates->utilisation, 0, last->to_ns);
	put_rate(x, rates->handovers, 0, last->to_ns);
	put_rate(x, rates->failures, 0, last->to_ns);
}

static struct rates add_rates(struct perfetto_export *x, const struct gil_info *gil)
{
	uint64_t process = x->gils[gil->index].process;

	return (struct rates){
		.utilisation = packets_counter(&x->packets, process, PERFETTO_TITLE("GIL utilisation", gil), "%"),
		.handovers = packets_counter(&x->packets, process, PERFETTO_TITLE("GIL hand-overs/s", gil), "1/s"),
		.failures = packets_counter(&x->packets, process, PERFETTO_TITLE("failed GIL attempts/s", gil), "1/s"),
	};
}

/* The report's buckets: the same numbers. They are by GIL, then by time. */
void perfetto_put_course(struct perfetto_export *x, const struct results *r)
{
	struct rates rates;

	for (size_t i = 0; i < r->n_buckets; i++) {
		const struct bucket *b = &r->buckets[i];
		bool last = i + 1 == r->n_buckets || b[1].gil != b->gil;

		if (b->gil >= x->gils_room || !x->gils[b->gil].known)
			continue;
		if (!i || b[-1].gil != b->gil)
			rates = add_rates(x, &r->gils[b->gil].info);
		put_bucket(x, &rates, b);
		if (last)
			put_zero(x, &rates, b);
	}
}
