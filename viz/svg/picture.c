/* SPDX-License-Identifier: MIT */
#include "viz/svg/picture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "viz/words.h"

/* Okabe and Ito's colours, and shapes that tell the states apart without them. */
static const char style[] =
	"<style>\n"
	"text{font:12px system-ui,-apple-system,\"Segoe UI\",\"DejaVu Sans\",sans-serif;fill:#1b1f24}\n"
	".title{font-size:17px;font-weight:600}.s{font-size:11px;fill:#59636e}.v{text-anchor:end}.c{text-anchor:middle;font-size:10px}\n"
	".v,.c{font-variant-numeric:tabular-nums}\n"
	".p{fill:#fff}.h,.h0{fill:#009e73}.h1{fill:#7fd0b9}.h2{fill:#c4e8dc}.k{fill:#06251c}.w{fill:url(#gilscope-waiting)}\n"
	".wb{fill:#f7d9c4}.wl{stroke:#d55e00;stroke-width:2.4}.q{fill:#d55e00;fill-opacity:.55}.b{fill:#cc79a7}\n"
	".f{stroke:#cc79a7;stroke-width:1.6;fill:none}.o{stroke:#9aa4af;stroke-width:1}.t{stroke:#59636e}\n"
	".g{stroke:#1b1f24;stroke-opacity:.1}.l{fill:url(#gilscope-lost)}.ll{stroke:#59636e;stroke-width:1.5}\n"
	"@media(prefers-color-scheme:dark){\n"
	"text{fill:#e6edf3}.s{fill:#9aa7b4}.p{fill:#12161c}.wb{fill:#4a2a12}.wl{stroke:#f0771a}.q{fill:#f0771a}\n"
	".h,.h0{fill:#00b584}.h1{fill:#8be0c8}.h2{fill:#5f9c8b}.k{fill:#06251c}.f{stroke:#e59bc6}.o{stroke:#5b6673}.t,.ll{stroke:#9aa7b4}\n"
	".g{stroke:#e6edf3}}\n"
	"</style>\n"
	"<defs>\n"
	"<pattern id=\"gilscope-waiting\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
	"<rect class=\"wb\" width=\"5\" height=\"5\"/><path class=\"wl\" d=\"M1 0v5\"/></pattern>\n"
	"<pattern id=\"gilscope-lost\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">"
	"<path class=\"ll\" d=\"M1 0v6\"/></pattern>\n"
	"</defs>\n";

/* ---- what is drawn --------------------------------------------------------------------------- */

static uint64_t waited_ns(const struct thread_metrics *t)
{
	return t->state_ns[STATE_ENTERING] + t->state_ns[STATE_WAITING];
}

/* The lane with the least wait makes room for one with more. */
static void consider(struct picture *p, uint32_t row)
{
	size_t least = 0;

	if (p->n_lanes < PICTURE_MOST_LANES) {
		p->lanes[p->n_lanes++] = row;
		return;
	}
	for (size_t i = 1; i < p->n_lanes; i++)
		if (waited_ns(picture_thread(p, i)) <= waited_ns(picture_thread(p, least)))
			least = i;
	p->left_out++;
	if (waited_ns(&p->r->threads[row]) <= waited_ns(picture_thread(p, least)))
		return;
	memmove(&p->lanes[least], &p->lanes[least + 1], (p->n_lanes - least - 1) * sizeof(*p->lanes));
	p->lanes[p->n_lanes - 1] = row;
}

static void choose_lanes(struct picture *p)
{
	for (size_t i = 0; i < p->r->n_threads; i++) {
		const struct thread_metrics *t = &p->r->threads[i];

		if (!t->info.selected)
			continue;
		if (!t->folded && svg_record_thread(p->record, t->info.index))
			consider(p, (uint32_t)i);
		else
			p->left_out++;
	}
}

struct svg_bucket picture_sum(const struct picture *p, const struct svg_strip *strip, size_t column)
{
	double ns = picture_column_ns(p);

	return svg_strip_sum(p->record, strip, (double)column * ns, (double)(column + 1) * ns);
}

void picture_steps(const struct picture *p, const char *class, const double *heights, double base)
{
	long at = 0; /* tenths of a px */
	bool any = false;
	size_t skipped = 0;

	for (size_t i = 0; i < picture_columns(p); i++) {
		long height = lround(10 * heights[i]);

		/* More than nothing is seen. */
		if (!height && heights[i] > 0)
			height = 1;
		if (height && !any)
			fprintf(p->out, "<path class=\"%s\" d=\"M%d %.0fh", class, PICTURE_GUTTER, base);
		if (height != at) {
			fprintf(p->out, "%gv%g", (double)skipped * p->column, (double)(at - height) / 10);
			putc('h', p->out);
			skipped = 0;
			any = true;
		}
		at = height;
		skipped++;
	}
	if (any)
		fprintf(p->out, "%gV%.0fz\"/>\n", (double)skipped * p->column, base);
}

/* ---- the head ----------------------------------------------------------------------------------- */

static const char *verdict(const struct picture *p)
{
	return p->r->n_findings ? p->r->findings[0].verdict : "What happened at Python's GIL";
}

/* A line of at most `most` characters, broken at a space, not between a number and its unit. @return its length */
static size_t line_length(const char *text, size_t most)
{
	size_t n = strlen(text), cut = most;

	if (n <= most)
		return n;
	while (cut && (text[cut] != ' ' || (text[cut - 1] >= '0' && text[cut - 1] <= '9')))
		cut--;
	/* One long word is broken anywhere but inside a character. */
	for (cut = cut ? cut : most; cut && (text[cut] & 0xc0) == 0x80; cut--)
		;
	return cut;
}

static void draw_lines(struct picture *p, const char *class, double size, const char *text)
{
	char shown[2048], line[2048];
	size_t most = (size_t)((p->width - 2.0 * PICTURE_MARGIN) / (0.61 * size));

	text_name(shown, sizeof(shown), &p->page, text);
	for (const char *s = shown; *s;) {
		size_t n = line_length(s, most);

		snprintf(line, sizeof(line), "%.*s", (int)n, s);
		p->y += size * 1.3;
		picture_label(p, PICTURE_MARGIN, p->y, class, line);
		s += n;
		while (*s == ' ')
			s++;
	}
}

static void draw_subtitle(struct picture *p)
{
	const struct trace_end *end = &p->r->quality->end;
	uint64_t failed = 0, from_ns = end->begin_ns > p->r->trace->origin_ns ?
		(uint64_t)(end->begin_ns - p->r->trace->origin_ns) : 0;
	char text[1024];
	int n;

	for (size_t i = 0; i < p->r->n_gils; i++)
		failed += p->r->gils[i].failed;
	n = snprintf(text, sizeof(text), "%s%s%s", p->r->n_gils ? GIL(&p->page, &p->r->gils[0].info) : "",
		     p->r->n_gils > 1 ? " and others" : "", p->r->n_gils ? " \u00b7 " : "");
	n += snprintf(text + n, sizeof(text) - (size_t)n, "%s", DURATION((uint64_t)p->span_ns));
	if (from_ns)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " from +%.6f s on", (double)from_ns / 1e9);
	snprintf(text + n, sizeof(text) - (size_t)n, " \u00b7 %s failed %s%s", COUNT(failed), PLURAL(failed, "attempt"),
		 quality_complete(p->r->quality) ? "" : " \u00b7 incomplete: events are lost");
	p->y += 3;
	draw_lines(p, "s", 11, text);
}

/* ---- the body -------------------------------------------------------------------------------------- */

static bool has_lane(const struct picture *p, const struct gil_metrics *gil)
{
	for (size_t i = 0; i < p->n_lanes; i++)
		if (picture_is_of(p, i, gil))
			return true;
	return false;
}

static int draw_gil(struct picture *p, const struct gil_metrics *gil)
{
	char text[128];
	int r;

	if (p->r->n_gils > 1) {
		p->y += 22;
		snprintf(text, sizeof(text), "GIL %u, process %d", gil->info.index, gil->info.pid);
		picture_label(p, PICTURE_MARGIN, p->y, "s", text);
		p->y += 4;
	}
	picture_draw_ticks(p, gil);
	r = picture_draw_holders(p, gil);
	if (!r)
		r = picture_draw_lanes(p, gil);
	if (!r)
		r = picture_draw_waiters(p, gil);
	picture_draw_badness(p, gil);
	return r;
}

static int draw_gils(struct picture *p)
{
	int r = 0;

	for (size_t i = 0; i < p->r->n_gils && !r; i++)
		if (has_lane(p, &p->r->gils[i]))
			r = draw_gil(p, &p->r->gils[i]);
	return r;
}

static void draw_left_out(struct picture *p)
{
	char text[128];

	if (!p->left_out)
		return;
	p->y += 16;
	snprintf(text, sizeof(text), "%s more %s left out: these waited most.", COUNT(p->left_out),
		 p->left_out == 1 ? "thread is" : "threads are");
	picture_label(p, PICTURE_MARGIN, p->y, "s", text);
}

/* Everything below the <svg>, whose height is known afterwards. */
static int draw_all(struct picture *p)
{
	double ruler;
	int r;

	p->y = 8;
	draw_lines(p, "title", 17, verdict(p));
	draw_subtitle(p);
	ruler = p->y += 12;
	p->y += 16;
	p->lanes_from = p->y;
	r = draw_gils(p);
	picture_draw_losses(p);
	/* The ruler's lines are as long as what is above them. */
	p->lanes_from = p->y;
	p->y = ruler;
	picture_draw_ruler(p);
	p->y = p->lanes_from;
	draw_left_out(p);
	picture_draw_legend(p);
	p->y += 12;
	return r;
}

static void put_head(const struct picture *p, double height)
{
	fprintf(p->out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"gilscope-title gilscope-desc\">\n"
		"<title id=\"gilscope-title\">", p->width, height, p->width, height);
	picture_put_text(p, verdict(p));
	fputs("</title>\n", p->out);
	picture_put_description(p);
	fputs(style, p->out);
	fprintf(p->out, "<rect class=\"p\" width=\"%.0f\" height=\"%.0f\" rx=\"6\"/>\n", p->width, height);
}

int picture_draw(FILE *out, const struct results *r, const struct svg_record *record, unsigned width)
{
	const struct trace_end *end = &r->quality->end;
	struct picture p = {
		.page = { .utf8 = true }, .r = r, .record = record,
		.width = width ? width : PICTURE_WIDTH,
		.span_ns = (double)results_since_begin(r, end->end_ns),
		.exact = record->n_stays <= SVG_MOST_STAYS,
	};
	cleanup(freep) char *body = NULL;
	size_t size;
	int code;

	p.plot = p.width - PICTURE_GUTTER - PICTURE_MARGIN;
	choose_lanes(&p);
	p.column = p.n_lanes <= 12 ? 2 : 4;
	p.out = open_memstream(&body, &size);
	if (!p.out)
		return err(-ENOMEM, "out of memory");
	code = draw_all(&p);
	if (fclose(p.out) && !code)
		code = err(-ENOMEM, "out of memory");
	p.out = out;
	put_head(&p, p.y);
	if (!code)
		fputs(body, out);
	fputs("</svg>\n", out);
	return code;
}
