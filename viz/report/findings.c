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

static void print_where(const struct section *s, const struct finding *f)
{
	char from[TEXT_NUMBER], to[TEXT_NUMBER];

	fputs("     where: ", s->page->out);
	if (s->several)
		fprintf(s->page->out, "--gil %" PRIu32 " ", f->gil);
	fprintf(s->page->out, "--time %s,%s\n", time_text(from, since_origin_ns(s, f->from_ns)),
		time_text(to, since_origin_ns(s, f->to_ns)));
	if (f->cost_ns)
		fprintf(s->page->out, "     cost: %s of waiting\n", DURATION(f->cost_ns));
}

static void print_finding(const struct section *s, const struct finding *f, size_t rank)
{
	char text[sizeof(f->verdict) + 64];

	snprintf(text, sizeof(text), "%zu. %s: %s", rank, f->name, f->verdict);
	say(s, "  ", text);
	say(s, "     ", f->evidence);
	print_where(s, f);
	say(s, "     ", f->advice);
}

void section_print_findings(const struct section *s)
{
	size_t limit = section_limit(s, REPORT_LIMIT), n = 0;
	const struct finding *first = section_finding(s, NULL);

	/* Of a GIL without a problem the verdict has said all. */
	if (!first || section_is_unused(s) || (!first->cost_ns && !*first->evidence))
		return;
	section_heading(s, "Findings, the costliest first");
	for (const struct finding *f = first; f; f = section_finding(s, f))
		if (n++ < limit)
			print_finding(s, f, n);
	if (n > limit)
		fprintf(s->page->out, "  ... and %s more: --limit %s shows them\n",
			COUNT(n - limit), COUNT(n));
	fputc('\n', s->page->out);
}
