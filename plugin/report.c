/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/filter.h"
#include "analyzer/model.h"
#include "analyzer/study.h"
#include "base/err.h"
#include "plugin/gil.h"
#include "plugin/turns.h"
#include "viz/export.h"
#include "viz/outfile.h"
#include "viz/report/report.h"

/* sink.gil.report: the report of what comes in. */

/* The parameters; NULL: not given. */
struct wishes {
	char *gil, *thread, *time, *recording, *format, *output;
};

struct reporter {
	bt_self_component_sink *self;
	bt_message_iterator *upstream;
	struct wishes wishes;
	struct trace_info trace;
	struct turns turns;
	struct study *study;
	struct export *export; /* NULL: the format is text */
	struct model *model;
	struct sink counts, *sinks[STUDY_SINKS + 2];
	struct quality quality;
	bool enough; /* nobody wants more */
};

static bt_self_component *component_of(const struct reporter *p)
{
	return bt_self_component_sink_as_self_component(p->self);
}

/* ---- parameters -------------------------------------------------------------------------- */

struct reading {
	struct wishes *wishes;
	int result;
};

static bt_value_map_foreach_entry_const_func_status take_parameter(const char *key, const bt_value *value,
								  void *data)
{
	struct reading *r = data;
	struct wishes *w = r->wishes;
	const struct {
		const char *name;
		char **target;
	} known[] = { { "gil", &w->gil }, { "thread", &w->thread }, { "time", &w->time },
		      { "recording", &w->recording }, { "format", &w->format }, { "output", &w->output } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, key))
			continue;
		if (!bt_value_is_string(value))
			r->result = err(-EINVAL, "the parameter '%s' is a string: %s=\"...\"", key, key);
		else if (!(*known[i].target = strdup(bt_value_string_get(value))))
			r->result = err(-ENOMEM, "out of memory");
		return BT_VALUE_MAP_FOREACH_ENTRY_CONST_FUNC_STATUS_OK;
	}
	r->result = err(-EINVAL, "there is no parameter '%s': there are gil, thread, time, recording, "
			"format and output", key);
	return BT_VALUE_MAP_FOREACH_ENTRY_CONST_FUNC_STATUS_OK;
}

static int check_filters(const struct wishes *w)
{
	struct gil_filter gil;
	struct time_filter time;

	if (gil_filter_parse(&gil, w->gil) || time_filter_parse(&time, w->time))
		return -EINVAL;
	/* Where the trace ends is not known before its end. */
	if (time.from.kind == BOUND_PERCENT || time.to.kind == BOUND_PERCENT)
		return err(-EINVAL, "per cent of the time are for 'gilscope report --time': here the trace's "
			   "end is not known");
	return 0;
}

static const struct exporter *find_format(const char *name)
{
	for (const struct exporter *const *e = exporters; *e; e++)
		if (!strcmp((*e)->name, name))
			return *e;
	return NULL;
}

static int open_format(struct reporter *p)
{
	const struct wishes *w = &p->wishes;
	const struct exporter *format;

	if (!w->format || !strcmp(w->format, "text"))
		return 0;
	format = find_format(w->format);
	if (!format)
		return err(-EINVAL, "there is no format '%s': there are text and those of 'gilscope export'",
			   w->format);
	if (format->needs_place && !w->output)
		return err(-EINVAL, "the format %s needs a place: output=\"...\"", w->format);
	return export_new(&p->export, format, w->output ? w->output : "-");
}

/* ---- what comes in ------------------------------------------------------------------------- */

static bool is_legal(void *data, const struct gil_event *event)
{
	return model_legal(((struct reporter *)data)->model, event);
}

static void look_at_stream(struct reporter *p, const bt_stream *stream)
{
	const bt_trace *trace = bt_stream_borrow_trace_const(stream);

	trace_host(trace, p->trace.host, sizeof(p->trace.host));
	trace_text(trace, "domain", p->trace.domain, sizeof(p->trace.domain));
	p->trace.streams = p->turns.n_streams;
}

static int on_turn(void *data, const struct turn *turn)
{
	struct reporter *p = data;
	int r = 0;

	if (bt_message_get_type(turn->message) == BT_MESSAGE_TYPE_STREAM_BEGINNING)
		look_at_stream(p, turn->stream);
	if (turn->event)
		r = model_feed(p->model, turn->event);
	else if (turn->loss)
		r = model_lost(p->model, turn->loss);
	bt_message_put_ref(turn->message);
	p->enough |= r == MODEL_E_ENOUGH;
	return r < 0 ? r : 0;
}

/* A sink that wants nothing more but the counts at the end. */
static int has_enough(void *data, const struct trace_info *trace)
{
	(void)data;
	(void)trace;
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
	((struct reporter *)data)->quality.end = *end;
	return 0;
}

/* ---- at the end ---------------------------------------------------------------------------- */

static int print_text(const struct reporter *p)
{
	cleanup(outfile_drop) struct outfile file = { 0 };
	struct page page = { .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") };
	struct report_options options;
	int r = outfile_open(&file, p->wishes.output ? p->wishes.output : "-");

	if (r)
		return r;
	page.out = file.f;
	report_default(&options);
	options.by_gil = p->wishes.gil;
	options.by_time = p->wishes.time;
	options.by_recording = p->wishes.recording;
	r = report_print(study_results(p->study), &options, &page);
	return r ? r : outfile_commit(&file);
}

static int conclude(struct reporter *p, bool interrupted)
{
	int r = turns_flush(&p->turns);

	if (!r)
		r = model_end(p->model, p->turns.others, interrupted);
	if (!r)
		r = study_conclude(p->study, &p->quality);
	if (r)
		return r;
	return p->export ? export_finish(p->export, study_results(p->study)) : print_text(p);
}

/* @return a status of the consume method */
static int take_batch(struct reporter *p)
{
	bt_message_array_const messages;
	uint64_t n;
	int status = (int)bt_message_iterator_next(p->upstream, &messages, &n);
	int r = 0;

	if (status != BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK)
		return status;
	for (uint64_t i = 0; i < n; i++) {
		if (r)
			bt_message_put_ref(messages[i]);
		else
			r = turns_feed(&p->turns, messages[i]);
	}
	return r ? plugin_fail(component_of(p), r) : status;
}

/*
 * Reads on until the end: an interrupted graph asks no sink again, and the
 * report of what was read is wanted then, too.
 */
bt_component_class_sink_consume_method_status report_consume(bt_self_component_sink *self)
{
	struct reporter *p = bt_self_component_get_data(bt_self_component_sink_as_self_component(self));
	bool interrupted = false;
	int status, r;

	do {
		status = take_batch(p);
		interrupted = bt_self_component_sink_is_interrupted(self);
	} while (status == BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK && !p->enough && !interrupted);
	if (status < 0 || (status == BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_AGAIN && !interrupted))
		return status;
	r = conclude(p, interrupted);
	return r ? plugin_fail(component_of(p), r) : BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
}

/* ---- begin and end -------------------------------------------------------------------------- */

static void free_reporter(struct reporter *p)
{
	struct wishes *w = &p->wishes;

	bt_message_iterator_put_ref(p->upstream);
	turns_deinit(&p->turns);
	model_free(p->model);
	export_free(p->export);
	study_free(p->study);
	free(w->gil);
	free(w->thread);
	free(w->time);
	free(w->recording);
	free(w->format);
	free(w->output);
	free(p);
}

static void reporterp(struct reporter **p)
{
	if (*p)
		free_reporter(*p);
}

static int make_model(struct reporter *p)
{
	const struct model_options options = {
		.recording = p->wishes.recording, .gil = p->wishes.gil, .thread = p->wishes.thread,
		.time = p->wishes.time, .trace = &p->trace,
	};
	size_t n = study_sinks(p->study, p->sinks);

	p->counts = (struct sink){ .name = "counts", .data = p, .begin = has_enough,
				   .lost = ignore_lost, .end = keep_end };
	p->sinks[n++] = &p->counts;
	if (p->export && p->export->sink)
		p->sinks[n++] = p->export->sink;
	return model_new(&p->model, &options, p->sinks, n);
}

static int new_reporter(struct reporter **out, const bt_value *params)
{
	cleanup(reporterp) struct reporter *p = calloc(1, sizeof(*p));
	struct reading reading = { .wishes = p ? &p->wishes : NULL };
	int r;

	if (!p)
		return err(-ENOMEM, "out of memory");
	turns_init(&p->turns, &(struct turns_ops){ p, is_legal, on_turn });
	p->trace.path = "the input";
	if (bt_value_map_foreach_entry_const(params, take_parameter, &reading))
		return err(-EINVAL, "the parameters cannot be read");
	r = reading.result;
	if (!r)
		r = check_filters(&p->wishes);
	if (!r)
		r = open_format(p);
	if (!r)
		r = study_new(&p->study, &(struct study_options){ .course = p->export });
	if (!r)
		r = make_model(p);
	if (!r)
		*out = steal(&p);
	return r;
}

bt_component_class_initialize_method_status
report_initialize(bt_self_component_sink *self, bt_self_component_sink_configuration *configuration,
		  const bt_value *params, void *data)
{
	bt_self_component *component = bt_self_component_sink_as_self_component(self);
	cleanup(reporterp) struct reporter *p = NULL;
	int r = new_reporter(&p, params);

	(void)configuration;
	(void)data;
	if (r)
		return plugin_fail(component, r);
	p->self = self;
	r = (int)bt_self_component_sink_add_input_port(self, "in", NULL, NULL);
	if (!r)
		bt_self_component_set_data(component, steal(&p));
	return r;
}

bt_component_class_sink_graph_is_configured_method_status
report_configured(bt_self_component_sink *self)
{
	struct reporter *p = bt_self_component_get_data(bt_self_component_sink_as_self_component(self));

	if (p->upstream)
		return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
	return (int)bt_message_iterator_create_from_sink_component(
		self, bt_self_component_sink_borrow_input_port_by_name(self, "in"), &p->upstream);
}

void report_finalize(bt_self_component_sink *self)
{
	struct reporter *p = bt_self_component_get_data(bt_self_component_sink_as_self_component(self));

	reporterp(&p);
}
