/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"
#include "viz/quality.h"

/* CPython up to 3.11 ends with its main thread holding: no news. */
static void say_open(const struct trace_end *e, size_t n_gils, FILE *out)
{
	if (e->still_waiting || e->still_holding > n_gils)
		fprintf(out, "  at its end %s waited and %s held the GIL\n", COUNT(e->still_waiting),
			COUNT(e->still_holding));
	if (e->cut_intervals > e->still_waiting + e->still_holding)
		fprintf(out, "  %s %s cut by the trace's ends or by holes: in no percentile\n",
			COUNT(e->cut_intervals), PLURAL(e->cut_intervals, "interval"));
	if (e->left_out_events)
		fprintf(out, "  %s %s of other recordings, GILs or times left out\n",
			COUNT(e->left_out_events), PLURAL(e->left_out_events, "event"));
}

void report_print_data(const struct results *r, const struct page *page)
{
	const struct quality *q = r->quality;
	size_t n = r->n_violations;

	fputs("Data: ", page->out);
	quality_print_line(q, page);
	if (q->damage)
		fprintf(page->out, "  %s\n", q->damage);
	for (size_t i = 0; i < n; i++)
		fprintf(page->out, "  %s\n", NAME(page, r->violations[i]));
	if (q->end.violations > n && n)
		fprintf(page->out, "  ... and %s more\n", COUNT(q->end.violations - n));
	say_open(&q->end, r->n_gils, page->out);
}
