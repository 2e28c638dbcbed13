/* SPDX-License-Identifier: MIT */
/*
 * A page for a browser, with the whole trace in it: docs/viewer-format.md. What comes first in it
 * is known last, so the events wait in a temporary file.
 */
#include "viz/export.h"

#include <errno.h>

#include "base/err.h"
#include "base/numbers.h"
#include "viz/export_json.h"
#include "viz/outfile.h"
#include "viz/view/meta.h"
#include "viz/view/page.h"
#include "viz/view/part.h"

struct html_export {
	struct export base;
	struct sink sink;
	struct outfile file;
	struct view view;
	char note[512];
};

/* ---- the sink ------------------------------------------------------------------------ */

static int on_begin(void *data, const struct trace_info *trace)
{
	struct view *v = data;

	v->origin_ns = trace->origin_ns;
	v->begin_ns = trace->begin_ns;
	story_begin(&v->story, trace->begin_ns);
	overview_begin(&v->overview, &v->lanes, trace->begin_ns);
	return 0;
}

static int on_standing(void *data, const struct thread_info *thread, bool last_holder)
{
	struct view *v = data;

	return story_stand(&v->story, thread, last_holder);
}

static int on_gil(void *data, const struct gil_info *gil)
{
	struct view *v = data;

	return overview_look(&v->overview, gil);
}

static int on_thread(void *data, const struct thread_info *thread)
{
	return on_gil(data, thread->gil);
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct view *v = data;
	int r = story_event(&v->story, event, step);

	return r ? r : overview_event(&v->overview, event, step);
}

static int on_interval(void *data, const struct interval *interval)
{
	struct view *v = data;
	int r = story_interval(&v->story, interval);

	return r ? r : overview_interval(&v->overview, interval);
}

static int on_handover(void *data, const struct handover *handover)
{
	struct view *v = data;

	return overview_handover(&v->overview, handover);
}

static int on_retire(void *data, const struct thread_info *const *threads, size_t n)
{
	struct view *v = data;
	int r = story_retire(&v->story, threads, n);

	lanes_retire(&v->lanes, threads, n);
	return r;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	struct view *v = data;
	int r = story_look(&v->story);

	return r ? r : losses_add(&v->losses, loss);
}

static int on_end(void *data, const struct trace_end *end)
{
	struct view *v = data;
	int r = story_look(&v->story);

	v->duration_ns = end->end_ns > v->begin_ns ? (uint64_t)(end->end_ns - v->begin_ns) : 0;
	if (!r)
		r = overview_end(&v->overview, v->duration_ns);
	if (!r)
		r = lanes_end(&v->lanes);
	return r ? r : blocks_end(v->blocks);
}

/* ---- the page ------------------------------------------------------------------------ */

static void put_page(FILE *out, const char *const *pieces)
{
	for (; *pieces; pieces++)
		fputs(*pieces, out);
}

/* A part that is text: write() prints it. */
static int put_text(struct part *part, const char *name, void (*write)(FILE *out, const void *what), const void *what)
{
	FILE *out = part_stream(part);

	if (!out)
		return err(-ENOMEM, "out of memory");
	part_begin(part, name);
	write(out, what);
	fclose(out);
	part_end(part);
	return 0;
}

static void write_report(FILE *out, const void *results)
{
	export_json_write(out, results);
}

static void write_meta(FILE *out, const void *view)
{
	meta_write(out, view);
}

static int write_page(FILE *out, struct part *part, struct view *v, const struct results *results)
{
	int r;

	put_page(out, page_head);
	r = put_text(part, "meta", write_meta, v);
	if (!r)
		r = put_text(part, "report", write_report, results);
	if (r)
		return r;
	part_begin(part, "overview");
	overview_write(&v->overview, part);
	part_end(part);
	put_page(out, page_program);
	r = blocks_copy(v->blocks, out);
	put_page(out, page_tail);
	return r;
}

/* Times as --time takes them. */
static void note_left_out(struct html_export *x)
{
	const struct view *v = &x->view;
	size_t at = 0;

	if (v->story.left_out)
		at = (size_t)snprintf(x->note, sizeof(x->note), "the page has the first %s events; of the %s from +%.3fs on "
				      "it has the course and the report's numbers: --time shows them%s", COUNT(v->story.told),
				      COUNT(v->story.left_out), (double)(v->story.left_out_from_ns - v->origin_ns) / 1e9,
				      v->lanes.left_out ? "; " : "");
	if (v->lanes.left_out)
		snprintf(x->note + at, sizeof(x->note) - at, "%s has lanes for the first %s threads; the report in it has the "
			 "others, too: --thread or --time shows them", at ? "it" : "the page", COUNT(v->lanes.n));
	x->base.note = *x->note ? x->note : NULL;
}

static int finish_html(struct export *export, const struct results *results)
{
	struct html_export *x = (struct html_export *)export;
	struct part part;
	int r = part_init(&part, x->file.f);

	if (r)
		return r;
	lanes_number(&x->view.lanes, results);
	r = write_page(x->file.f, &part, &x->view, results);
	part_deinit(&part);
	note_left_out(x);
	return r ? r : outfile_commit(&x->file);
}

/* ---- the file ------------------------------------------------------------------------ */

static void free_html(struct export *export)
{
	struct html_export *x = (struct html_export *)export;

	outfile_drop(&x->file);
	blocks_free(x->view.blocks);
	story_deinit(&x->view.story);
	overview_deinit(&x->view.overview);
	losses_deinit(&x->view.losses);
	lanes_deinit(&x->view.lanes);
	free(x);
}

static int open_html(struct export **out, const char *path)
{
	struct html_export *x = calloc(1, sizeof(*x));
	int r = x ? outfile_open(&x->file, path) : err(-ENOMEM, "out of memory");

	if (!r)
		r = blocks_new(&x->view.blocks);
	if (r) {
		if (x)
			free_html(&x->base);
		return r;
	}
	x->view.story = (struct story){ .lanes = &x->view.lanes, .blocks = x->view.blocks, .limit = STORY_EVENTS };
	x->sink = (struct sink){
		.name = "html", .data = &x->view, .begin = on_begin, .standing = on_standing, .gil = on_gil, .thread = on_thread,
		.event = on_event, .interval = on_interval, .handover = on_handover, .retire = on_retire,
		.lost = on_lost, .end = on_end,
	};
	x->base.sink = &x->sink;
	*out = &x->base;
	return 0;
}

const struct exporter export_html = {
	.name = "html", .suffix = ".html",
	.open = open_html, .finish = finish_html, .free = free_html,
};
