/* SPDX-License-Identifier: MIT */
#include "lib/handle.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/analysis.h"
#include "analyzer/filter.h"
#include "base/err.h"
#include "config.h"

static void gilscope_freep(struct gilscope **g)
{
	gilscope_free(*g);
}

enum { MOST_SINKS = STUDY_SINKS + MOST_LISTENERS + MOST_EXPORTS + 3 };

const char *gilscope_version(void)
{
	return GILSCOPE_VERSION;
}

const char *gilscope_error(void)
{
	return err_take();
}

void gilscope_error_clear(void)
{
	err_clear();
}

/* ---- what callers hand in -------------------------------------------------------- */

int handle_take(void *ours, size_t size, const void *theirs)
{
	size_t their_size = theirs ? *(const size_t *)theirs : 0, common;

	memset(ours, 0, size);
	if (!theirs)
		return 0;
	if (their_size < sizeof(size_t))
		return err(GILSCOPE_E_OPTION, "the options' `size` is not set");
	common = their_size < size ? their_size : size;
	memcpy(ours, theirs, common);
	for (size_t i = common; i < their_size; i++)
		if (((const char *)theirs)[i])
			return err(GILSCOPE_E_OPTION, "this libgilscope, %s, is older than the program and "
				   "does not know one of its options", GILSCOPE_VERSION);
	return 0;
}

int handle_take_page(struct page *ours, const struct gilscope_page *theirs)
{
	struct gilscope_page page;
	int r = handle_take(&page, sizeof(page), theirs);

	if (!r && !page.out)
		r = err(GILSCOPE_E_OPTION, "the page has no `out` to print to");
	*ours = (struct page){ page.out, page.colour, page.utf8, page.width };
	return r;
}

int handle_check_early(const struct gilscope *g)
{
	return g->ran ? err(-EINVAL, "the trace was read already: add before gilscope_run()") : 0;
}

int handle_check_done(const struct gilscope *g, bool all)
{
	if (!g->done)
		return err(-EINVAL, "the trace was not read yet: call gilscope_run() before");
	if (all && !g->study)
		return err(-EINVAL, "there are no results: they were not wanted (only_listen)");
	return 0;
}

/* ---- opening ------------------------------------------------------------------------ */

static int check_filters(const struct gilscope_options *o)
{
	struct gil_filter gil;
	struct time_filter time;

	if (!o->path)
		return err(GILSCOPE_E_OPTION, "which trace? The options have no path");
	if (o->picture_width && (o->picture_width < 400 || o->picture_width > 10000))
		return err(GILSCOPE_E_OPTION, "a picture is 400 to 10000 px wide, not %u", o->picture_width);
	return gil_filter_parse(&gil, o->gil) || time_filter_parse(&time, o->time) ? GILSCOPE_E_OPTION : 0;
}

static int find(struct gilscope *g)
{
	struct stat st;
	int r;

	if (stat(g->options.path, &st)) {
		r = -errno;
		return err(r, r == -ENOENT ? "there is no trace '%s': make one with 'gilscope record COMMAND', "
					     "or name another" : "cannot read '%s'", g->options.path);
	}
	if (snprintf(g->path, sizeof(g->path), "%s", g->options.path) >= (int)sizeof(g->path))
		return err(-ENAMETOOLONG, "'%s' is too long a name", g->options.path);
	r = recording_read(&g->recording, g->path);
	/* What plain LTTng made has no note of ours: nobody knows better than the trace itself. */
	g->recording.loss_known |= r == RECORDING_E_ABSENT;
	return r < 0 ? r : 0;
}

__attribute__((format(printf, 2, 3)))
static int warn(struct gilscope *g, const char *fmt, ...)
{
	char said[2 * PATH_MAX], shown[2 * PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	/* It names files, which may be called anything. */
	text_name(shown, sizeof(shown), &(struct page){ .utf8 = true }, said);
	g->warnings[g->n_warnings] = strdup(shown);
	if (!g->warnings[g->n_warnings])
		return err(-ENOMEM, "out of memory");
	g->n_warnings++;
	return 0;
}

/* Of a flight recorder the last snapshot is read. */
static int choose_snapshot(struct gilscope *g)
{
	unsigned n = g->recording.snapshots;
	int r = n ? recording_snapshot_path(g->path, sizeof(g->path), g->options.path, n) : 0;

	if (!r && n > 1)
		r = warn(g, "'%s' has %u snapshots: this is the last, '%s'", g->options.path, n, g->path);
	if (!r && n)
		r = recording_read(&g->recording, g->path);
	return r < 0 ? r : 0;
}

static int study(struct gilscope *g)
{
	struct study_options o = { .course = g->options.course, .width_ns = g->options.course_ns };

	return g->options.only_listen ? 0 : study_new(&g->study, &o);
}

int gilscope_open(struct gilscope **out, const struct gilscope_options *options)
{
	cleanup(gilscope_freep) struct gilscope *g = calloc(1, sizeof(*g));
	int r;

	*out = NULL;
	if (!g)
		return err(-ENOMEM, "out of memory");
	r = handle_take(&g->options, sizeof(g->options), options);
	if (!r)
		r = check_filters(&g->options);
	if (!r)
		r = find(g);
	if (!r)
		r = choose_snapshot(g);
	if (!r)
		r = study(g);
	if (!r)
		*out = steal(&g);
	return r;
}

void gilscope_free(struct gilscope *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->n_listening; i++)
		listening_free(g->listening[i]);
	for (size_t i = 0; i < g->n_exports; i++)
		export_free(g->exports[i]);
	for (size_t i = 0; i < g->n_warnings; i++)
		free(g->warnings[i]);
	battle_free(g->battle);
	timeline_free(g->timeline);
	study_free(g->study);
	free(g);
}

/* ---- reading ------------------------------------------------------------------------ */

/* A sink that wants nothing more but the counts at the end. */
static int keep_trace(void *data, const struct trace_info *trace)
{
	struct gilscope *g = data;

	g->trace = *trace;
	g->trace.path = g->path;
	return SINK_E_ENOUGH;
}

static int ignore_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

static int keep_end(void *data, const struct trace_end *end)
{
	((struct gilscope *)data)->quality.end = *end;
	return 0;
}

static size_t all_sinks(struct gilscope *g, struct sink *sinks[MOST_SINKS])
{
	size_t n = g->study ? study_sinks(g->study, sinks) : 0;

	if (g->battle)
		sinks[n++] = battle_sink(g->battle);
	if (g->timeline)
		sinks[n++] = timeline_sink(g->timeline);
	for (size_t i = 0; i < g->n_listening; i++)
		sinks[n++] = listening_sink(g->listening[i]);
	for (size_t i = 0; i < g->n_exports; i++)
		if (g->exports[i]->sink)
			sinks[n++] = g->exports[i]->sink;
	g->counts = (struct sink){ .name = "counts", .data = g, .begin = keep_trace, .lost = ignore_lost,
				   .end = keep_end };
	sinks[n++] = &g->counts;
	return n;
}

const char *handle_recording(const struct gilscope *g)
{
	const char *own = *g->recording.id ? g->recording.id : NULL;

	if (g->options.all_recordings)
		return NULL;
	return g->options.recording ? g->options.recording : own;
}

static int read_all(struct gilscope *g)
{
	const struct gilscope_options *o = &g->options;
	const struct analysis_options analysis = {
		.path = g->path, .flight_recorder = g->recording.flight_recorder,
		.recording = handle_recording(g),
		.gil = o->gil, .thread = o->thread, .time = o->time,
		.percentages = g->battle_in_percent || (o->time && strchr(o->time, '%')),
		.progress = o->progress, .progress_data = o->progress_data,
		.interrupted = o->interrupted,
	};
	struct sink *sinks[MOST_SINKS];
	size_t n = all_sinks(g, sinks);
	int mark = err_mark();
	int r = analysis_run(&analysis, sinks, n);

	if (r != ANALYSIS_E_INCOMPLETE)
		return r;
	snprintf(g->damage, sizeof(g->damage), "%s", err_outermost());
	err_forget(mark);
	g->quality.damage = g->damage;
	return 0;
}

/* What the recorder knows better than the files. */
static void complete_quality(struct gilscope *g)
{
	g->quality.end.loss_unknown |= !g->recording.loss_known;
	g->quality.absent = g->recording.absent;
	g->quality.late = g->recording.late;
	/* The pieces of a rotated trace begin late, too, but what was before is in the other pieces. */
	g->quality.begins_late = g->trace.begins_late && g->recording.flight_recorder;
}

static int note_loss(struct gilscope *g)
{
	const struct trace_end *end = &g->quality.end;

	if (quality_cannot_tell_loss(&g->quality))
		return warn(g, "'%s' may be incomplete: whether events were lost is not known", g->path);
	if (!end->lost_events && !end->lost_packets)
		return 0;
	return warn(g, "'%s' is incomplete: %s%s %s and %s %s lost", g->path, end->loss_unknown ? "at least " : "",
		    COUNT(end->lost_events), PLURAL(end->lost_events, "event"), COUNT(end->lost_packets),
		    PLURAL(end->lost_packets, "packet"));
}

static int note_warnings(struct gilscope *g)
{
	const struct quality *q = &g->quality;
	int r = q->damage ? warn(g, "%s", q->damage) : 0;

	if (!r)
		r = note_loss(g);
	if (!r && q->end.violations)
		r = warn(g, "'%s' has %s unlawful %s: see 'gilscope verify'", g->path,
			 COUNT(q->end.violations), PLURAL(q->end.violations, "event"));
	return r;
}

int gilscope_run(struct gilscope *g)
{
	int r = handle_check_early(g);

	if (r)
		return r;
	g->ran = true;
	r = read_all(g);
	/* A listener has no sentences of ours. */
	if (r && !*err_innermost())
		err(r, "a listener ended the reading (%d)", r);
	if (r)
		return r;
	complete_quality(g);
	r = note_warnings(g);
	if (!r && g->study)
		r = study_conclude(g->study, &g->quality);
	g->bare = (struct results){ .trace = &g->trace, .quality = &g->quality };
	g->done = !r;
	for (size_t i = 0; i < g->n_exports && !r; i++) {
		r = export_finish(g->exports[i], handle_results(g));
		if (!r && g->exports[i]->note)
			r = warn(g, "%s", g->exports[i]->note);
	}
	return r;
}

int gilscope_read(struct gilscope **out, const struct gilscope_options *options)
{
	int r = gilscope_open(out, options);

	if (r)
		return r;
	r = gilscope_run(*out);
	if (r) {
		gilscope_free(*out);
		*out = NULL;
	}
	return r;
}

/* ---- afterwards ------------------------------------------------------------------------ */

const struct results *handle_results(const struct gilscope *g)
{
	return !g->done ? NULL : g->study ? study_results(g->study) : &g->bare;
}

size_t gilscope_warnings(const struct gilscope *g, const char *const **sentences)
{
	*sentences = (const char *const *)g->warnings;
	return g->n_warnings;
}

bool gilscope_is_whole(const struct gilscope *g)
{
	return g->done && quality_complete(&g->quality) && !g->quality.end.violations;
}
