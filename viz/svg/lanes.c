/* SPDX-License-Identifier: MIT */
/* The threads, and who of them holds. */
#include "viz/svg/picture.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

enum { MARK = 7, ROW = 22 }; /* px: a failed attempt, a row that is no thread */

static double lane_height(const struct picture *p)
{
	return p->n_lanes <= 8 ? 26 : p->n_lanes <= 20 ? 18 : 12;
}

static bool is_stay_of(const struct svg_stay *s, const struct thread_metrics *t, enum thread_state state)
{
	return s->thread == t->info.index &&
	       (s->state == state || (state == STATE_WAITING && s->state == STATE_ENTERING));
}

/* ---- each stay as it was --------------------------------------------------------------------- */

static void draw_stays(const struct picture *p, const struct thread_metrics *t, enum thread_state state,
		       const char *class, double base, double height)
{
	bool any = false;

	for (size_t i = 0; i < p->record->n_stays; i++) {
		const struct svg_stay *s = &p->record->stays[i];
		double x = picture_x(p, (double)s->from_ns), width = picture_x(p, (double)s->to_ns) - x;

		if (!is_stay_of(s, t, state))
			continue;
		if (!any)
			fprintf(p->out, "<path class=\"%s\" d=\"", class);
		any = true;
		fprintf(p->out, "M%.1f %.0fh%.1fv-%.0fh-%.1fz", x, base, fmax(width, 0.4), height, fmax(width, 0.4));
	}
	if (any)
		fputs("\"/>\n", p->out);
}

static void draw_marks(const struct picture *p, const struct thread_metrics *t, double base)
{
	bool any = false;

	for (size_t i = 0; i < p->record->n_stays; i++) {
		const struct svg_stay *s = &p->record->stays[i];

		if (!is_stay_of(s, t, STATE_UNKNOWN))
			continue;
		fputs(any ? "" : "<path class=\"f\" d=\"", p->out);
		any = true;
		fprintf(p->out, "M%.1f %.0fv-%d", picture_x(p, (double)s->from_ns), base, MARK);
	}
	if (any)
		fputs("\"/>\n", p->out);
}

/* ---- shares of a column's time ------------------------------------------------------------------ */

static void draw_share_marks(const struct picture *p, const struct svg_strip *strip, double base)
{
	bool any = false;

	for (size_t i = 0; i < picture_columns(p); i++) {
		uint32_t failed = picture_sum(p, strip, i).failed;

		if (!failed)
			continue;
		fputs(any ? "" : "<path class=\"f\" d=\"", p->out);
		any = true;
		fprintf(p->out, "M%.0f %.0fv-%.1f", PICTURE_GUTTER + ((double)i + 0.5) * p->column, base,
			fmin(MARK, 2.5 + 1.2 * log10(failed)));
	}
	if (any)
		fputs("\"/>\n", p->out);
}

/* Waiting stands on holding: it is drawn first, as high as both. */
static int draw_shares(const struct picture *p, const struct thread_metrics *t, double base, double height)
{
	const struct svg_strip *strip = svg_record_thread(p->record, t->info.index);
	size_t n = picture_columns(p);
	cleanup(freep) double *held = calloc(n, sizeof(*held)), *both = calloc(n, sizeof(*both));

	if (!held || !both)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct svg_bucket b = picture_sum(p, strip, i);

		held[i] = height * picture_share(p, b.held_ns);
		both[i] = held[i] + height * picture_share(p, b.waited_ns);
	}
	picture_steps(p, "w", both, base);
	picture_steps(p, "h", held, base);
	draw_share_marks(p, strip, base - height - 0.5);
	return 0;
}

/* ---- a lane ----------------------------------------------------------------------------------------- */

static void draw_life(const struct picture *p, const struct thread_metrics *t, double y)
{
	double from = picture_x(p, (double)results_since_begin(p->r, t->info.first_ns));
	double to = picture_x(p, (double)results_since_begin(p->r, t->info.last_ns));

	fprintf(p->out, "<path class=\"o\" d=\"M%.1f %.1fH%.1f\"/>\n", from, y, to);
}

static int draw_lane(struct picture *p, size_t lane, bool swatch)
{
	const struct thread_metrics *t = picture_thread(p, lane);
	double height = lane_height(p), base = p->y + MARK + 2 + height, text = base - height / 2 + 4;

	if (swatch)
		fprintf(p->out, "<rect class=\"h%zu\" x=\"%d\" y=\"%.0f\" width=\"7\" height=\"7\"/>\n", lane % 3,
			PICTURE_MARGIN, text - 7);
	picture_name(p, PICTURE_MARGIN + (swatch ? 12 : 0), text, 16, t->folded ? "(others)" : t->info.name);
	picture_label(p, PICTURE_GUTTER - 68, text, "v", RATIO_TEXT(t->hold_ratio));
	picture_label(p, PICTURE_GUTTER - 12, text, "v", RATIO_TEXT(t->wait_ratio));
	p->y = base;
	draw_life(p, t, base - 0.5);
	if (!p->exact)
		return draw_shares(p, t, base, height);
	draw_stays(p, t, STATE_WAITING, "w", base, height / 2);
	draw_stays(p, t, STATE_HOLDING, "h", base, height);
	draw_marks(p, t, base - height - 0.5);
	return 0;
}

static size_t count_lanes(const struct picture *p, const struct gil_metrics *gil)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_lanes; i++)
		n += picture_is_of(p, i, gil);
	return n;
}

int picture_draw_lanes(struct picture *p, const struct gil_metrics *gil)
{
	bool swatch = count_lanes(p, gil) <= PICTURE_MOST_HOLDERS;
	int r = 0;

	for (size_t i = 0; i < p->n_lanes && !r; i++)
		if (picture_is_of(p, i, gil))
			r = draw_lane(p, i, swatch);
	return r;
}

/* ---- who holds ------------------------------------------------------------------------------------------- */

/* A name where it fits into the hold. */
static void name_holds(const struct picture *p, const struct thread_metrics *t, double base)
{
	for (size_t i = 0; i < p->record->n_stays; i++) {
		const struct svg_stay *s = &p->record->stays[i];
		double from = picture_x(p, (double)s->from_ns), to = picture_x(p, (double)s->to_ns);

		if (is_stay_of(s, t, STATE_HOLDING) && to - from > 8 * (double)strlen(t->info.name) + 4)
			picture_label(p, (from + to) / 2, base - 6, "c k", t->info.name);
	}
}

static void draw_holds(const struct picture *p, const struct gil_metrics *gil, double base)
{
	for (size_t i = 0; i < p->n_lanes; i++) {
		if (!picture_is_of(p, i, gil))
			continue;
		draw_stays(p, picture_thread(p, i), STATE_HOLDING, (const char *[]){ "h0", "h1", "h2" }[i % 3], base, ROW);
		name_holds(p, picture_thread(p, i), base);
	}
}

/* All of it first; then each without the lanes before it, so that they stand on each other. */
static int draw_hold_shares(const struct picture *p, const struct gil_metrics *gil, double base)
{
	const struct svg_strip *all = gil->info.index < SVG_MOST_GILS ? &p->record->gils[gil->info.index] : NULL;
	size_t n = picture_columns(p);
	cleanup(freep) double *heights = calloc(n, sizeof(*heights));

	if (!heights)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < n && all; i++)
		heights[i] = ROW * picture_share(p, picture_sum(p, all, i).held_ns);
	if (count_lanes(p, gil) > PICTURE_MOST_HOLDERS) {
		picture_steps(p, "h0", heights, base);
		return 0;
	}
	for (size_t k = 0; k < p->n_lanes; k++) {
		const struct svg_strip *strip = svg_record_thread(p->record, picture_thread(p, k)->info.index);

		if (!picture_is_of(p, k, gil))
			continue;
		picture_steps(p, (const char *[]){ "h0", "h1", "h2" }[k % 3], heights, base);
		for (size_t i = 0; i < n; i++)
			heights[i] = fmax(0, heights[i] - ROW * picture_share(p, picture_sum(p, strip, i).held_ns));
	}
	return 0;
}

int picture_draw_holders(struct picture *p, const struct gil_metrics *gil)
{
	double base = p->y + 4 + ROW;

	picture_label(p, PICTURE_MARGIN, base - 7, "n", "GIL held");
	picture_label(p, PICTURE_GUTTER - 68, base - 7, "v", RATIO_TEXT(gil->utilisation));
	fprintf(p->out, "<path class=\"o\" d=\"M%d %.1fh%.1f\"/>\n", PICTURE_GUTTER, base - 0.5, p->plot);
	p->y = base + 4;
	if (!p->exact)
		return draw_hold_shares(p, gil, base);
	draw_holds(p, gil, base);
	return 0;
}
