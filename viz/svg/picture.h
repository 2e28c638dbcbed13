/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_SVG_PICTURE_H
#define GILSCOPE_VIZ_SVG_PICTURE_H

#include "analyzer/results.h"
#include "base/text.h"
#include "viz/svg/record.h"

/* A picture while it is drawn, from top to bottom. Inside of viz/svg/ only. */
enum {
	PICTURE_WIDTH = 1000,
	PICTURE_MARGIN = 14,
	PICTURE_GUTTER = 256,    /* left of the time: names and numbers */
	PICTURE_MOST_LANES = 40,
	PICTURE_MOST_HOLDERS = 6, /* above it the holder row does not tell them apart */
};

struct picture {
	FILE *out;
	struct page page; /* for names */
	const struct results *r;
	const struct svg_record *record;
	uint32_t lanes[PICTURE_MOST_LANES]; /* rows of r->threads, in their order */
	size_t n_lanes, left_out;
	bool exact;       /* each stay is drawn, else shares of the time of a column */
	double width, plot, y; /* px */
	double column;    /* px */
	double span_ns;
	double lanes_from; /* where the ruler's lines begin */
};

/* Writes the whole picture. @return 0 or < 0 with a sentence. */
int picture_draw(FILE *out, const struct results *r, const struct svg_record *record, unsigned width);

static inline double picture_x(const struct picture *p, double since_begin_ns)
{
	return PICTURE_GUTTER + (p->span_ns > 0 ? since_begin_ns / p->span_ns * p->plot : 0);
}

static inline size_t picture_columns(const struct picture *p)
{
	return (size_t)(p->plot / p->column);
}

/* What a strip has in the column of that number. */
struct svg_bucket picture_sum(const struct picture *p, const struct svg_strip *strip, size_t column);

/* ns of a column */
static inline double picture_column_ns(const struct picture *p)
{
	return p->span_ns / p->plot * p->column;
}

/* Which part of a column's time that is. A trace of a single moment has none. */
static inline double picture_share(const struct picture *p, double ns)
{
	return p->span_ns > 0 ? ns / picture_column_ns(p) : 0;
}

/* Steps on the line `base`: heights in px, one for each column. Nothing where it is 0. */
void picture_steps(const struct picture *p, const char *class, const double *heights, double base);

/* Text as data, whatever bytes it has: shown as text_name() does, and valid XML. */
void picture_put_text(const struct picture *p, const char *text);
void picture_label(const struct picture *p, double x, double y, const char *class, const char *text);
/* The same, cut in the middle to `most` characters; whole in a <title>. */
void picture_name(const struct picture *p, double x, double y, unsigned most, const char *text);

/* "49.8 %"; "-" where it is unknown */
const char *picture_ratio(char buffer[TEXT_NUMBER], double ratio);
#define RATIO_TEXT(ratio) picture_ratio((char[TEXT_NUMBER]){ 0 }, (ratio))

/* The parts. Rows move p->y down. */
void picture_put_description(const struct picture *p);
int picture_draw_holders(struct picture *p, const struct gil_metrics *gil);
int picture_draw_lanes(struct picture *p, const struct gil_metrics *gil);
int picture_draw_waiters(struct picture *p, const struct gil_metrics *gil);
void picture_draw_badness(struct picture *p, const struct gil_metrics *gil);
void picture_draw_ruler(struct picture *p);
void picture_draw_ticks(struct picture *p, const struct gil_metrics *gil);
void picture_draw_losses(const struct picture *p);
void picture_draw_legend(struct picture *p);

static inline const struct thread_metrics *picture_thread(const struct picture *p, size_t lane)
{
	return &p->r->threads[p->lanes[lane]];
}

static inline bool picture_is_of(const struct picture *p, size_t lane, const struct gil_metrics *gil)
{
	return picture_thread(p, lane)->info.gil->index == gil->info.index;
}

#endif
