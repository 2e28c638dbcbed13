/* SPDX-License-Identifier: MIT */
/* What --time and --around take, and where it lies in a trace. */
#include "analyzer/filter.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "bytes.h"

static void check_sentence(int result)
{
	if (result > 0 || (result < 0) != (*err_innermost() != '\0'))
		abort();
	err_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };
	int64_t begin_ns = (int64_t)take(&b, 8), end_ns = (int64_t)take(&b, 8);
	cleanup(freep) char *text = take_text(&b, 200);
	struct time_filter range;
	struct time_bound bound;
	int64_t from_ns, to_ns;
	int r = time_filter_parse(&range, text);

	check_sentence(r);
	/* A trace does not end before it begins: see struct trace_info. */
	if (end_ns < begin_ns)
		end_ns = begin_ns;
	if (!r) {
		from_ns = time_bound_resolve(&range.from, begin_ns, end_ns, INT64_MIN);
		to_ns = time_bound_resolve(&range.to, begin_ns, end_ns, INT64_MAX);
		if (range.from.kind == range.to.kind && from_ns > to_ns)
			abort();
	}
	r = time_bound_parse(&bound, text);
	check_sentence(r);
	if (!r)
		time_bound_resolve(&bound, begin_ns, end_ns, 0);
	return 0;
}
