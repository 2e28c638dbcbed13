/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include <string.h>

#include "base/err.h"
#include "viz/chart.h"

struct kind {
	const char *one, *more, *which;
	size_t offset; /* of the histogram in struct thread_metrics */
};

static const struct kind kinds[] = {
	{ "wait", "waits", ", when contended", offsetof(struct thread_metrics, wait_contended_ns) },
	{ "hold", "holds", "", offsetof(struct thread_metrics, hold_ns) },
};

/* Of all threads that are asked for. */
static int merge(const struct section *s, const struct kind *kind, struct histogram *into)
{
	int r = 0;

	for (size_t i = 0; i < s->r->n_threads && !r; i++) {
		const struct thread_metrics *t = &s->r->threads[i];

		if (section_shows(s, t))
			r = histogram_merge(into, *(struct histogram *const *)
							((const char *)t + kind->offset));
	}
	return r;
}

static int print(const struct section *s, const struct kind *kind)
{
	cleanup(histogram_freep) struct histogram *h = NULL;
	int r = histogram_new(&h);

	if (!r)
		r = merge(s, kind, h);
	if (r || !histogram_count(h))
		return r;
	fprintf(s->page->out, "%s %s%s: p50 %s, p99 %s, longest %s\n", COUNT(histogram_count(h)),
		histogram_count(h) == 1 ? kind->one : kind->more, kind->which, DURATION(histogram_percentile(h, 0.5)),
		DURATION(histogram_percentile(h, 0.99)), DURATION(histogram_max(h)));
	chart_print(h, s->page);
	fputc('\n', s->page->out);
	return 0;
}

int section_print_histograms(const struct section *s)
{
	int r = 0;

	section_heading(s, "How long: each column is twice as long as the one before");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !r; i++)
		r = print(s, &kinds[i]);
	return r;
}
