/* SPDX-License-Identifier: MIT */
#include "viz/report/section.h"

#include <errno.h>
#include <limits.h>

#include "base/err.h"

/* What the costliest finding says; without findings, who waited for whom. */
static void compose(const struct section *s, FILE *out)
{
	const struct finding *f = section_finding(s, NULL);
	char verdict[4 * sizeof(f->verdict) + 1];

	if (section_is_unused(s))
		fputs("Nobody was seen to take this GIL: there is nothing to say about it.", out);
	else if (f)
		fputs(text_name(verdict, sizeof(verdict), s->page, f->verdict), out);
	else
		section_say_who(s, out);
	if (!s->complete)
		fputs(" But the data are incomplete: it may have been worse.", out);
}

/* In a pipe it is the first line, however long. */
static void put(const struct section *s, const char *text)
{
	struct page page = *s->page;

	if (!page.width)
		page.width = UINT_MAX;
	fputs(text_ink(&page, INK_STRONG), page.out);
	text_paragraph(&page, "", text);
	fprintf(page.out, "%s\n", text_ink(&page, INK_PLAIN));
}

int section_print_verdict(const struct section *s)
{
	cleanup(freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return err(-ENOMEM, "out of memory");
	compose(s, out);
	fclose(out);
	put(s, text);
	return 0;
}
