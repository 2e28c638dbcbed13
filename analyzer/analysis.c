/* SPDX-License-Identifier: MIT */
#include "analyzer/analysis.h"

#include "analyzer/model.h"
#include "analyzer/names_ahead.h"
#include "analyzer/reader.h"
#include "base/err.h"

struct analysis {
	struct model *model;
	const struct analysis_options *options;
};

static int on_event(void *data, const struct gil_event *event)
{
	return model_feed(((struct analysis *)data)->model, event);
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	return model_lost(((struct analysis *)data)->model, loss);
}

static bool is_legal(void *data, const struct gil_event *event)
{
	return model_legal(((struct analysis *)data)->model, event);
}

static void on_progress(void *data, double fraction)
{
	const struct analysis_options *o = ((struct analysis *)data)->options;

	o->progress(o->progress_data, fraction);
}

static int read_into(struct model *model, struct reader *reader,
		     const struct analysis_options *options)
{
	struct analysis a = { .model = model, .options = options };
	const struct reader_ops ops = {
		.data = &a,
		.event = on_event,
		.lost = on_lost,
		.legal = is_legal,
		.progress = options->progress ? on_progress : NULL,
		.interrupted = options->interrupted,
	};
	int r = reader_run(reader, &ops);

	if (r)
		return r;
	return model_end(model, reader_other_events(reader),
			 options->interrupted && *options->interrupted);
}

/* ---- where percentages end ------------------------------------------------------ */

static int keep_time(void *data, const struct gil_event *event, const struct step *step)
{
	(void)step;
	*(int64_t *)data = event->ts_ns;
	return 0;
}

static int ignore_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

/*
 * The packets say when the trace ends. Beside programs of others the recording may have ended long
 * before: one more reading tells. Only for percentages, as it costs as much as the first.
 */
static int find_end(const struct analysis_options *options, int64_t *end_ns)
{
	struct sink last = { .name = "last event", .data = end_ns, .event = keep_time, .lost = ignore_lost };
	struct analysis_options all = *options;
	int mark = err_mark(), r;

	all.percentages = false;
	all.gil = all.thread = all.time = NULL;
	r = analysis_run(&all, (struct sink *[]){ &last }, 1);
	if (r == ANALYSIS_E_INCOMPLETE) { /* the reading proper will say so */
		err_forget(mark);
		return 0;
	}
	return r;
}

int analysis_run(const struct analysis_options *options, struct sink *const *sinks, size_t n_sinks)
{
	cleanup(reader_freep) struct reader *reader = NULL;
	cleanup(model_freep) struct model *model = NULL;
	cleanup(names_ahead_deinit) struct names_ahead ahead = { 0 };
	struct model_options wishes = {
		.recording = options->recording,
		.gil = options->gil,
		.thread = options->thread,
		.time = options->time,
	};
	int r = reader_open(&reader, options->path, options->facts_only,
			    options->flight_recorder);

	if (r)
		return r;
	wishes.trace = reader_trace(reader);
	wishes.end_ns = reader_end_ns(reader);
	if (options->percentages && options->recording && reader_programs(reader) > 1)
		r = find_end(options, &wishes.end_ns);
	if (!r && options->thread && !options->facts_only)
		r = names_ahead_look(&ahead, options);
	if (r)
		return r;
	wishes.ahead = ahead.n ? &ahead : NULL;
	r = model_new(&model, &wishes, sinks, n_sinks);
	if (!r)
		r = read_into(model, reader, options);
	if (!reader_damage(reader)[0])
		return r;
	/* What is missing may be why it failed. */
	return err(r ? r : ANALYSIS_E_INCOMPLETE, "%s", reader_damage(reader));
}
