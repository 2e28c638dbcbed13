/* SPDX-License-Identifier: MIT */
/* Names, numbers and the description in words. */
#include "viz/svg/picture.h"

#include <math.h>
#include <string.h>

#include "viz/words.h"

static void put_character(FILE *out, const char *s, unsigned len, uint32_t c)
{
	const char *entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;

	/* What XML cannot have at all, escaped or not. */
	if (!len || (c < 0x20 && c != '\n' && c != '\t') || c == 0xfffe || c == 0xffff)
		entity = TEXT_BROKEN;
	if (entity)
		fputs(entity, out);
	else
		fwrite(s, 1, len, out);
}

void picture_put_text(const struct picture *p, const char *text)
{
	char shown[4096];

	text_name(shown, sizeof(shown), &p->page, text);
	for (const char *s = shown; *s;) {
		uint32_t c = 0;
		unsigned len = text_character(s, &c);

		put_character(p->out, s, len, c);
		s += len ? len : 1;
	}
}

void picture_label(const struct picture *p, double x, double y, const char *class, const char *text)
{
	fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	picture_put_text(p, text);
	fputs("</text>\n", p->out);
}

/* Copies `n` characters of valid UTF-8. @return behind the last one. */
static const char *copy(char **to, const char *s, size_t n)
{
	for (; n && *s; n--) {
		uint32_t c;
		unsigned len = text_character(s, &c);

		len = len ? len : 1;
		memcpy(*to, s, len);
		*to += len;
		s += len;
	}
	return s;
}

static size_t count_characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

void picture_name(const struct picture *p, double x, double y, unsigned most, const char *text)
{
	const char *name = NAME(&p->page, text), *end = name;
	size_t n = count_characters(name);
	char cut[TEXT_NAME + 4], *to = cut;

	if (n > most) {
		char *skipped = (char[TEXT_NAME]){ 0 };

		end = copy(&to, name, most / 2);
		end = copy(&skipped, end, n - most / 2 - (most - most / 2 - 1));
		to = stpcpy(to, "\u2026");
	}
	copy(&to, end, n);
	*to = 0;
	fprintf(p->out, "<g><title>");
	picture_put_text(p, text);
	fputs("</title>", p->out);
	picture_label(p, x, y, "n", cut);
	fputs("</g>\n", p->out);
}

const char *picture_ratio(char buffer[TEXT_NUMBER], double ratio)
{
	if (isnan(ratio))
		return strcpy(buffer, "-");
	snprintf(buffer, TEXT_NUMBER, "%.1f %%", 100 * ratio);
	return buffer;
}

/* ---- the description ---------------------------------------------------------------------- */

static void put_thread(const struct picture *p, const struct thread_metrics *t)
{
	picture_put_text(p, t->info.name);
	fprintf(p->out, ": holds %s, waits %s of its life, ", RATIO_TEXT(t->hold_ratio), RATIO_TEXT(t->wait_ratio));
	fprintf(p->out, "%s failed %s, %s %s.\n", COUNT(t->failed), PLURAL(t->failed, "attempt"),
		COUNT(t->acquisitions), PLURAL(t->acquisitions, "acquisition"));
}

static void put_gil(const struct picture *p, const struct gil_metrics *g)
{
	fprintf(p->out, "GIL %u of process %d, ", g->info.index, g->info.pid);
	picture_put_text(p, GIL(&p->page, &g->info));
	fprintf(p->out, ": held %s of the time, wanted by sleepers %s; %s failed %s, %s %s; "
		"at most %s asleep waiting at a time.\n",
		RATIO_TEXT(g->utilisation), RATIO_TEXT(g->contention), COUNT(g->failed), PLURAL(g->failed, "attempt"),
		COUNT(g->checks), PLURAL(g->checks, "check"), COUNT(g->waiters_max));
	for (size_t i = 0; i < p->n_lanes; i++)
		if (picture_is_of(p, i, g))
			put_thread(p, picture_thread(p, i));
}

void picture_put_description(const struct picture *p)
{
	fputs("<desc id=\"gilscope-desc\">", p->out);
	for (size_t i = 0; i < p->r->n_findings && i < 3; i++) {
		picture_put_text(p, p->r->findings[i].verdict);
		putc('\n', p->out);
	}
	for (size_t i = 0; i < p->r->n_gils; i++)
		put_gil(p, &p->r->gils[i]);
	if (p->left_out)
		fprintf(p->out, "%s %s left out.\n", COUNT(p->left_out), PLURAL(p->left_out, "thread"));
	fputs("</desc>\n", p->out);
}
