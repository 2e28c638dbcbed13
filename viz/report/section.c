/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

bool section_has(const struct section *s, const struct thread_metrics *t)
{
	return t->info.gil->index == s->gil->info.index;
}

bool section_shows(const struct section *s, const struct thread_metrics *t)
{
	return section_has(s, t) && t->info.selected;
}

size_t section_limit(const struct section *s, size_t usual)
{
	return s->options->limit ? (size_t)s->options->limit : usual;
}

uint64_t section_waited_ns(const struct thread_metrics *t)
{
	uint64_t ended = histogram_total(t->wait_contended_ns);
	uint64_t seen = t->state_ns[STATE_WAITING];

	return seen > ended ? seen : ended;
}

const char *section_thread(char *buffer, size_t size, const struct section *s,
			   const struct thread_metrics *t)
{
	return text_name(buffer, size, s->page, t->folded ? "(others)" : t->info.name);
}

const char *section_metric(char *buffer, size_t size, const struct section *s, const char *name)
{
	const struct column *c = column_find(table_find("gils"), name);

	if (cell_says_nothing(c, s->gil, &s->gil->info))
		return cell_text(buffer, size, s->page, c, (struct value){ .known = false });
	return cell_text(buffer, size, s->page, c, column_value(s->r, c, s->gil));
}

void section_heading(const struct section *s, const char *text)
{
	const struct page *page = s->page;

	fprintf(page->out, "%s%s%s\n", text_ink(page, INK_NOTE), text, text_ink(page, INK_PLAIN));
}

const struct finding *section_finding(const struct section *s, const struct finding *after)
{
	for (size_t i = after ? (size_t)(after - s->r->findings) + 1 : 0; i < s->r->n_findings; i++)
		if (s->r->findings[i].gil == s->gil->info.index)
			return &s->r->findings[i];
	return NULL;
}

bool section_is_unused(const struct section *s)
{
	return s->all && !s->gil->acquisitions && !s->gil->failed && !s->gil->held_ns && !s->gil->wanted_ns;
}
