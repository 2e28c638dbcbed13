/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include <inttypes.h>
#include <string.h>

/* A text of a finding, which may hold any thread's name. */
static void say(const struct section *s, const char *lead, const char *text)
{
	char shown[4 * sizeof(((struct finding *)0)->evidence) + 1];

	if (*text)
		text_paragraph(s->page, lead, text_name(shown, sizeof(shown), s->page, text));
}

static uint64_t since_origin_ns(const struct section *s, int64_t ts_ns)
{
	return ts_ns > s->r->trace->origin_ns ? (uint64_t)(ts_ns - s->r->trace->origin_ns) : 0;
}

/* "+1.250000000s": --time counts from the trace's first event. */
static const char *time_text(char buffer[TEXT_NUMBER], uint64_t ns)
{
	snprintf(buffer, TEXT_NUMBER, "+%" PRIu64 ".%09" PRIu64 "s", ns / 1000000000,
		 ns % 1000000000);
	return buffer;
}

/*
 * "1. battle: 6.86 ms of waiting; --time +0.001807542s,+0.013772523s"; what
 * costs nothing is nowhere in particular.
 */
static void print_title(const struct section *s, const struct finding *f, size_t rank)
{
	char from[TEXT_NUMBER], to[TEXT_NUMBER], gil[32] = "";
	char text[256];

	if (!f->cost_ns) {
		fprintf(s->page->out, "  %zu. %s\n", rank, f->name);
		return;
	}
	if (s->several)
		snprintf(gil, sizeof(gil), "--gil %" PRIu32 " ", f->gil);
	snprintf(text, sizeof(text), "%zu. %s: %s of waiting; %s--time %s,%s", rank, f->name,
		 DURATION(f->cost_ns), gil, time_text(from, since_origin_ns(s, f->from_ns)),
		 time_text(to, since_origin_ns(s, f->to_ns)));
	text_paragraph(s->page, "  ", text);
}

static void print_finding(const struct section *s, const struct finding *f, size_t rank)
{
	print_title(s, f, rank);
	say(s, "     ", f->verdict);
	say(s, "     ", f->evidence);
	say(s, "     ", f->advice);
}

/* The verdict above has said the first sentence. */
static void print_none(const struct section *s, const struct finding *f)
{
	char heading[64];

	snprintf(heading, sizeof(heading), "Findings: none (%s)", f->name);
	section_heading(s, heading);
	say(s, "  ", f->evidence);
	say(s, "  ", f->advice);
	fputc('\n', s->page->out);
}

void section_print_findings(const struct section *s)
{
	size_t limit = section_limit(s, REPORT_LIMIT), n = 0;
	const struct finding *first = section_finding(s, NULL);

	/* Of a GIL without a problem the verdict has said all. */
	if (!first || (!first->cost_ns && !*first->evidence))
		return;
	/* "no_contention" stands alone. */
	if (!first->cost_ns && !section_finding(s, first)) {
		print_none(s, first);
		return;
	}
	section_heading(s, "Findings, the costliest first");
	for (const struct finding *f = first; f; f = section_finding(s, f))
		if (n++ < limit)
			print_finding(s, f, n);
	if (n > limit)
		fprintf(s->page->out, "  ... and %s more: --limit %s shows them\n",
			COUNT(n - limit), COUNT(n));
	fputc('\n', s->page->out);
}
