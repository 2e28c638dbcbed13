/* SPDX-License-Identifier: MIT */
/* What is not a thread's: rulers, waiters, badness, holes, the legend. */
#include "viz/svg/picture.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

enum { ROW = 22, TIME_GAP = 72, TICK_GAP = 100, CELL = 46, LABEL_DIGIT = 7 }; /* px */

static const struct svg_strip *strip_of(const struct picture *p, const struct gil_metrics *gil)
{
	static const struct svg_strip none;

	return gil->info.index < SVG_MOST_GILS ? &p->record->gils[gil->info.index] : &none;
}

/* 1, 2, 5, 10, ...: at least `least` */
static double nice_step(double least)
{
	double power = pow(10, floor(log10(fmax(least, 1))));

	return least <= power ? power : least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power : 10 * power;
}

/* ---- rulers -------------------------------------------------------------------------------- */

/* How many are at most on a ruler: some in the narrowest picture, too. */
static double marks(const struct picture *p, double gap)
{
	return fmax(p->plot / gap, 2.5);
}

/* Right of its mark, if it has room from `free_x` on. @return where there is room again */
static double draw_mark_label(const struct picture *p, double x, double y, const char *text, double free_x)
{
	double end = x + 3 + LABEL_DIGIT * (double)strlen(text);

	if (x < free_x || end > p->width)
		return free_x;
	picture_label(p, x + 3, y, "s", text);
	return end + 6;
}

void picture_draw_ruler(struct picture *p)
{
	double step = nice_step(p->span_ns / marks(p, TIME_GAP)), free_x = 0;

	picture_label(p, PICTURE_MARGIN, p->y + 10, "s", "thread");
	picture_label(p, PICTURE_GUTTER - 68, p->y + 10, "v s", "holding");
	picture_label(p, PICTURE_GUTTER - 12, p->y + 10, "v s", "waiting");
	for (double at = 0; at <= p->span_ns && p->span_ns > 0; at += step) {
		double x = picture_x(p, at);

		fprintf(p->out, "<path class=\"g\" d=\"M%.1f %.0fV%.0f\"/>\n", x, p->y + 14, p->lanes_from);
		free_x = draw_mark_label(p, x, p->y + 10, DURATION((uint64_t)at), free_x);
	}
	p->y += 16;
}

/* How many ticks were executed before it is at what time: the marks are not evenly spaced. */
void picture_draw_ticks(struct picture *p, const struct gil_metrics *gil)
{
	const struct svg_strip *strip = strip_of(p, gil);
	double all = 0, sum = 0, step, next, free_x = 0;

	for (size_t i = 0; i < strip->n; i++)
		all += strip->buckets[i].ticks;
	if (!gil_is_ticked(&gil->info) || all < 1)
		return;
	step = next = nice_step(all / marks(p, TICK_GAP));
	picture_label(p, PICTURE_MARGIN, p->y + 10, "s", "ticks executed");
	for (size_t i = 0; i < strip->n; i++) {
		double ticks = strip->buckets[i].ticks;

		for (; next <= sum + ticks && ticks > 0; next += step) {
			double x = picture_x(p, ((double)i + (next - sum) / ticks) * (double)p->record->width_ns);

			fprintf(p->out, "<path class=\"t\" d=\"M%.1f %.0fv5\"/>\n", x, p->y + 8);
			free_x = draw_mark_label(p, x, p->y + 11, COUNT((uint64_t)next), free_x);
		}
		sum += ticks;
	}
	p->y += 16;
}

/* ---- waiters --------------------------------------------------------------------------------- */

int picture_draw_waiters(struct picture *p, const struct gil_metrics *gil)
{
	size_t n = picture_columns(p);
	cleanup(freep) double *heights = calloc(n, sizeof(*heights));
	double most = gil->waiters_max ? (double)gil->waiters_max : 1, base = p->y + 10 + ROW;
	char text[64];

	if (!heights)
		return err(-ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		heights[i] = ROW * picture_share(p, picture_sum(p, strip_of(p, gil), i).waited_ns) / most;
	snprintf(text, sizeof(text), "asleep, at most %s", COUNT(gil->waiters_max));
	picture_label(p, PICTURE_MARGIN, base - 7, "n", text);
	snprintf(text, sizeof(text), "%.2f", gil->waiters_mean);
	picture_label(p, PICTURE_GUTTER - 12, base - 7, "v", text);
	fprintf(p->out, "<path class=\"o\" d=\"M%d %.1fh%.1f\"/>\n", PICTURE_GUTTER, base - 0.5, p->plot);
	picture_steps(p, "q", heights, base);
	p->y = base;
	return 0;
}

/* ---- badness ------------------------------------------------------------------------------------ */

static const char *badness_text(char buffer[TEXT_NUMBER], double badness)
{
	if (isnan(badness))
		snprintf(buffer, TEXT_NUMBER, "-");
	else
		snprintf(buffer, TEXT_NUMBER, badness < 10 ? "%.2f" : "%.0f", badness);
	return buffer;
}

void picture_draw_badness(struct picture *p, const struct gil_metrics *gil)
{
	size_t n = (size_t)(p->plot / CELL);
	double width = p->plot / (double)n, part = p->span_ns / (double)n, y = p->y + 8;

	picture_label(p, PICTURE_MARGIN, y + 13, "n", "failed per check");
	picture_label(p, PICTURE_GUTTER - 12, y + 13, "v", badness_text((char[TEXT_NUMBER]){ 0 }, gil->badness));
	for (size_t i = 0; i < n; i++) {
		struct svg_bucket b = svg_strip_sum(p->record, strip_of(p, gil), (double)i * part, (double)(i + 1) * part);
		double badness = b.checks ? (double)b.failed / b.checks : NAN, x = PICTURE_GUTTER + (double)i * width;

		fprintf(p->out, "<rect class=\"b\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"18\" fill-opacity=\"%.2f\"/>\n",
			x, y, width - 1, isnan(badness) ? 0.04 : 0.04 + 0.9 * fmin(1, badness));
		if (b.checks || b.failed)
			picture_label(p, x + width / 2, y + 13, "c", badness_text((char[TEXT_NUMBER]){ 0 }, badness));
	}
	p->y = y + 18;
}

/* ---- holes --------------------------------------------------------------------------------------- */

void picture_draw_losses(const struct picture *p)
{
	for (size_t i = 0; i < p->record->n_losses; i++) {
		const struct svg_span *l = &p->record->losses[i];
		double from = picture_x(p, fmin((double)l->from_ns, p->span_ns));
		double to = picture_x(p, fmin((double)l->to_ns, p->span_ns));

		fprintf(p->out, "<rect class=\"l\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\"/>\n",
			from, p->lanes_from, fmax(to - from, 1.5), p->y - p->lanes_from);
	}
}

/* ---- the legend ------------------------------------------------------------------------------------ */

static double put_item(const struct picture *p, double x, const char *shape, const char *text)
{
	fprintf(p->out, "<g transform=\"translate(%.0f %.0f)\">%s</g>\n", x, p->y, shape);
	picture_label(p, x + 20, p->y + 10, "s", text);
	return x + 40 + 6.2 * text_columns(text);
}

void picture_draw_legend(struct picture *p)
{
	double x = PICTURE_MARGIN;
	char text[160];

	p->y += 14;
	x = put_item(p, x, "<path class=\"h\" d=\"M0 12v-12h14v12z\"/>", "holding");
	x = put_item(p, x, "<path class=\"w\" d=\"M0 12v-6h14v6z\"/>", "waiting");
	x = put_item(p, x, "<path class=\"f\" d=\"M4 10v-7M8 10v-7\"/>", "failed attempt");
	x = put_item(p, x, "<path class=\"o\" d=\"M0 8h14\"/>", "outside");
	if (p->record->n_losses)
		x = put_item(p, x, "<rect class=\"l\" width=\"14\" height=\"12\"/>", "events lost");
	if (p->exact)
		snprintf(text, sizeof(text), "Each stay and each attempt is drawn.");
	else
		snprintf(text, sizeof(text), "Heights are shares of %s; a higher mark is more attempts.",
			 DURATION((uint64_t)picture_column_ns(p)));
	if (x + 6.2 * text_columns(text) > p->width) {
		x = PICTURE_MARGIN;
		p->y += 18;
	}
	picture_label(p, x, p->y + 10, "s", text);
	p->y += 12;
}
