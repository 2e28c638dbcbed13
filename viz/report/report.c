/* SPDX-License-Identifier: MIT */
#include "viz/report/report.h"

#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "viz/report/section.h"

static bool is_whole(const struct section *s)
{
	for (size_t i = 0; i < s->r->n_threads; i++)
		if (section_has(s, &s->r->threads[i]) && !section_shows(s, &s->r->threads[i]))
			return false;
	return true;
}

/* Of several GILs the report begins with the worst, whatever its number. */
static size_t worst_gil(const struct results *r)
{
	size_t worst = 0;

	for (size_t i = 0; i < r->n_gils; i++) {
		if (r->n_findings && r->gils[i].info.index == r->findings[0].gil)
			return i;
		if (r->gils[i].wait_ns > r->gils[worst].wait_ns)
			worst = i;
	}
	return worst;
}

static void turn_to(struct section *s, size_t gil)
{
	s->gil = &s->r->gils[gil];
	s->all = is_whole(s);
}

static void print_title(const struct section *s)
{
	const struct page *page = s->page;

	fprintf(page->out, "%s=== GIL %" PRIu32 ", process %" PRId32 "%s\n", text_ink(page, INK_NOTE),
		s->gil->info.index, s->gil->info.pid, text_ink(page, INK_PLAIN));
}

static int print_section(const struct section *s)
{
	int r = 0;

	if (s->several) {
		print_title(s);
		r = section_print_verdict(s);
	}
	if (r)
		return r;
	section_print_summary(s);
	if (section_is_unused(s))
		return 0;
	section_print_findings(s);
	r = section_print_course(s);
	if (!r)
		r = section_print_threads(s);
	if (!r)
		r = section_print_pairs(s);
	return r ? r : section_print_histograms(s);
}

static int print_sections(struct section *s)
{
	int r;

	turn_to(s, worst_gil(s->r));
	r = section_print_verdict(s);
	for (size_t i = 0; i < s->r->n_gils && !r; i++) {
		turn_to(s, i);
		r = print_section(s);
	}
	return r;
}

int report_print(const struct results *results, const struct report_options *options,
		 const struct page *page)
{
	cleanup(freep) uint64_t *blamed_ns = calloc(results->n_threads + 1, sizeof(*blamed_ns));
	struct section s = {
		.page = page, .r = results, .options = options, .blamed_ns = blamed_ns,
		.several = results->n_gils > 1, .complete = quality_complete(results->quality),
	};
	int r = 0;

	if (!blamed_ns)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < results->n_pairs; i++)
		blamed_ns[results->pairs[i].waiter] += results->pairs[i].wait_ns;
	if (results->n_gils)
		r = print_sections(&s);
	else
		text_paragraph(page, "", "No GIL was seen: there is nothing to say.");
	report_print_data(results, options, page);
	return r;
}
