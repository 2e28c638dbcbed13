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
}

/* Of what, as far as it is known: what nobody asked for left nothing out. */
static void say_left_out(const struct trace_end *e, const struct report_options *o, FILE *out)
{
	const char *const reasons[] = {
		o->by_recording ? "other recordings" : NULL, o->by_gil ? "other GILs than asked for" : NULL,
		o->by_time ? "other times than asked for" : NULL,
	};
	const char *before = " of ";

	if (!e->left_out_events)
		return;
	fprintf(out, "  %s %s", COUNT(e->left_out_events), PLURAL(e->left_out_events, "event"));
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i]) {
			fprintf(out, "%s%s", before, reasons[i]);
			before = " or ";
		}
	fputs(" left out\n", out);
}

void report_print_data(const struct results *r, const struct report_options *options,
		       const struct page *page)
{
	const struct quality *q = r->quality;
	size_t n = r->n_violations;

	fputs("Data: ", page->out);
	quality_print_line(q, page);
	if (q->damage)
		fprintf(page->out, "  %s\n", SENTENCE(page, q->damage));
	for (size_t i = 0; i < n; i++)
		fprintf(page->out, "  %s\n", NAME(page, r->violations[i]));
	if (q->end.violations > n && n)
		fprintf(page->out, "  ... and %s more\n", COUNT(q->end.violations - n));
	say_open(&q->end, r->n_gils, page->out);
	say_left_out(&q->end, options, page->out);
}
