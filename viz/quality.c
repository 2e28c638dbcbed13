/* SPDX-License-Identifier: MIT */
#include "viz/quality.h"

void quality_print_line(const struct quality *q, const struct page *page)
{
	const struct trace_end *e = &q->end;

	fprintf(page->out, "%s %s, ", COUNT(e->events), PLURAL(e->events, "event"));
	if (quality_complete(q)) {
		fputs("none lost", page->out);
	} else {
		fputs(text_ink(page, INK_BAD), page->out);
		if (quality_cannot_tell_loss(q))
			fputs("whether any was lost is not known", page->out);
		else
			fprintf(page->out, "%s%s lost", e->loss_unknown ? "at least " : "",
				COUNT(e->lost_events));
		if (e->lost_packets)
			fprintf(page->out, " and %s whole %s", COUNT(e->lost_packets),
				PLURAL(e->lost_packets, "packet"));
		if (q->damage)
			fputs(", a file is damaged", page->out);
		fputs(text_ink(page, INK_PLAIN), page->out);
	}
	if (e->violations)
		fprintf(page->out, ", %s%s unlawful%s", text_ink(page, INK_BAD),
			COUNT(e->violations), text_ink(page, INK_PLAIN));
	else
		fputs(", all lawful", page->out);
	if (q->absent)
		fprintf(page->out, "; %s %s not in it", COUNT(q->absent),
			q->absent == 1 ? "process is" : "processes are");
	if (q->late)
		fprintf(page->out, "; %s %s not in it from %s begin on", COUNT(q->late),
			q->late == 1 ? "process is" : "processes are", q->late == 1 ? "its" : "their");
	if (q->begins_late)
		fputs("; it begins in the middle, what was before is not in it", page->out);
	fprintf(page->out, "%s.\n", e->interrupted ? "; reading was interrupted" : "");
}
