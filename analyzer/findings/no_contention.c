/* SPDX-License-Identifier: MIT */
#include "analyzer/findings/detector.h"

#include <stdio.h>

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	struct finding found = { .from_ns = gil->first_ns, .to_ns = gil->last_ns };

	(void)r;
	if (gil->failed || gil->wanted_ns)
		return 0;
	snprintf(found.verdict, sizeof(found.verdict),
		 "No contention: nobody ever waited for the GIL. The GIL is not your problem.");
	return findings_add(out, &found);
}

const struct detector detect_no_contention = { .name = "no_contention", .look = look };
