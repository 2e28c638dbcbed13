/* SPDX-License-Identifier: MIT */
#include "analyzer/reader.h"

#include <babeltrace2/babeltrace.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "analyzer/folders.h"
#include "analyzer/message.h"
#include "analyzer/metadata.h"
#include "base/err.h"

enum {
	EVENTS_PER_RUN = 1024, /* between two looks at the clock and at `interrupted` */
};

struct stream {
	const bt_port_output *port;   /* of its source component */
	bt_message_iterator *iterator;
	bt_message_array_const messages;
	uint64_t n, next;             /* of the batch; those before `next` were released */
	const bt_message *head;       /* the next event or loss; owned */
	bool is_event;                /* the head: else a loss */
	struct gil_event event;       /* what the head says; its texts are the head's */
	int64_t ts_ns;                /* of the head; of the last one after the end */
	int32_t cpu, pid;
	struct layouts layouts;
	const struct trace_folder *folder;
	int64_t whole_from_ns, whole_until_ns; /* else events of other streams are missing */
	bool goes_on;                 /* behind what can be read: its file is cut, or see stream_ends.h */
	bool broken;                  /* it cannot be read on behind this batch */
	bool speaks_for_lacking;      /* of its folder's streams the first, where another has nothing */
};

struct reader {
	struct folders folders;
	bool flight_recorder;
	struct trace_info trace;
	int64_t begin_ns, end_ns;
	const bt_plugin *plugin;
	bt_graph *graph;
	bt_component_class_sink *sink_class;
	struct stream *streams;
	size_t n_streams;
	struct stream **heap; /* those with a head, the earliest first */
	size_t n_heap;
	const struct reader_ops *ops;
	struct timespec progress_at;
	int result; /* of the callbacks */
	uint64_t other_events;
	char damage[768];
};

/* ---- babeltrace's errors ------------------------------------------------------------ */

/*
 * Takes the chain of causes, if there is one, and keeps its innermost sentence
 * if that is for human eyes: no addresses.
 */
static bool take_cause(char *out, size_t size)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *message;

	out[0] = '\0';
	if (!error)
		return false;
	message = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));
	if (message && !strstr(message, "0x") && !strstr(message, "addr="))
		snprintf(out, size, " (%s)", message);
	bt_error_release(error);
	return true;
}

static int fail(const char *what)
{
	char cause[512];

	take_cause(cause, sizeof(cause));
	return err(-EIO, "babeltrace2 cannot %s%s", what, cause);
}

__attribute__((format(printf, 2, 3)))
static void note_damage(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->damage[0])
		return; /* one sentence: the first */
	va_start(ap, fmt);
	vsnprintf(r->damage, sizeof(r->damage), fmt, ap);
	va_end(ap);
}

/* ---- one stream -------------------------------------------------------------------------- */

/* `cycles` of the stream's clock; 0 changes nothing. */
static void set_from_cycles(int64_t *ts_ns, uint64_t cycles, const bt_message *stream_begin)
{
	const bt_clock_class *clock = bt_stream_class_borrow_default_clock_class_const(
		bt_stream_borrow_class_const(bt_message_stream_beginning_borrow_stream_const(stream_begin)));
	int64_t ns;

	if (!clock || !cycles)
		return;
	if (bt_clock_class_cycles_to_ns_from_origin(clock, cycles, &ns) ==
	    BT_CLOCK_CLASS_CYCLES_TO_NS_FROM_ORIGIN_STATUS_OK)
		*ts_ns = ns;
	else
		bt_current_thread_clear_error();
}

/* From then on the stream's process has more than can be read. */
static int tell_lost_from(struct reader *r, const struct stream *s, int64_t from_ns)
{
	struct gil_loss loss = { .from_ns = from_ns, .to_ns = r->end_ns, .pid = s->pid };
	int status = r->ops->lost(r->ops->data, &loss);

	return status < 0 ? status : 0;
}

static void on_stream_begin(struct reader *r, struct stream *s, const bt_message *msg)
{
	const bt_trace *trace =
		bt_stream_borrow_trace_const(bt_message_stream_beginning_borrow_stream_const(msg));

	s->pid = trace_pid(trace);
	s->whole_from_ns = INT64_MIN;
	s->whole_until_ns = INT64_MAX;
	if (r->flight_recorder) {
		set_from_cycles(&s->whole_from_ns, s->folder->late_begin, msg);
		set_from_cycles(&s->whole_until_ns, s->folder->early_end, msg);
	}
	trace_host(trace, r->trace.host, sizeof(r->trace.host));
	trace_text(trace, "domain", r->trace.domain, sizeof(r->trace.domain));
}

/* As look_at(). */
static int look_at_event(struct reader *r, struct stream *s, const bt_message *msg)
{
	const struct layout *layout;
	int result = layouts_find(&s->layouts, bt_message_event_borrow_event_const(msg), &layout);

	if (result || !layout) {
		r->other_events++;
		return result;
	}
	s->is_event = true;
	s->ts_ns = clock_ns(bt_message_event_borrow_default_clock_snapshot_const(msg), s->ts_ns);
	message_event(msg, layout, s->ts_ns, s->cpu, &s->event);
	return 1;
}

/* @return 1: the message has its place in time, and what it says is kept; 0: it has none; < 0. */
static int look_at(struct reader *r, struct stream *s, const bt_message *msg)
{
	switch (bt_message_get_type(msg)) {
	case BT_MESSAGE_TYPE_EVENT:
		return look_at_event(r, s, msg);
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		s->is_event = false;
		s->ts_ns = message_loss_begin_ns(msg, s->ts_ns);
		return 1;
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		on_stream_begin(r, s, msg);
		return s->speaks_for_lacking ? tell_lost_from(r, s, r->begin_ns) : 0;
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
		s->cpu = message_cpu(msg);
		return 0;
	default:
		return 0;
	}
}

/* The next batch. @return 1, 0 at the end, < 0. */
static int next_batch(struct reader *r, struct stream *s)
{
	bt_message_iterator_next_status status = BT_MESSAGE_ITERATOR_NEXT_STATUS_END;
	char cause[512];

	s->next = s->n = 0;
	if (!s->broken)
		status = bt_message_iterator_next(s->iterator, &s->messages, &s->n);
	/* 2.0.4 leaves its error behind when it still hands over what was before the damage. */
	if (take_cause(cause, sizeof(cause))) {
		s->broken = true;
		note_damage(r, "'%s' is damaged%s: what follows in one of its streams could not be "
			    "read; copy the trace again, or record it again", s->folder->path, cause);
	}
	if (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return 1;
	s->n = 0;
	if (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_MEMORY_ERROR)
		return err(-ENOMEM, "out of memory");
	/* The other streams go on. */
	return s->goes_on || s->broken ? tell_lost_from(r, s, s->ts_ns) : 0;
}

/* Goes to the next event or loss. @return 1, 0 at the end, or < 0. */
static int advance(struct reader *r, struct stream *s)
{
	BT_MESSAGE_PUT_REF_AND_RESET(s->head);
	for (;;) {
		int status = s->next < s->n ? 1 : next_batch(r, s);
		const bt_message *msg;

		if (status <= 0)
			return status;
		msg = s->messages[s->next++];
		status = look_at(r, s, msg);
		if (status == 1) {
			s->head = msg;
			return 1;
		}
		bt_message_put_ref(msg);
		if (status < 0)
			return status;
	}
}

/* ---- the merge ------------------------------------------------------------------------- */

static void sift_down(struct reader *r, size_t i)
{
	struct stream *moving = r->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < r->n_heap && r->heap[child + 1]->ts_ns < r->heap[child]->ts_ns)
			child++;
		if (child >= r->n_heap || r->heap[child]->ts_ns >= moving->ts_ns)
			break;
		r->heap[i] = r->heap[child];
		i = child;
	}
	r->heap[i] = moving;
}

/* Puts every stream's first message on the heap. */
static int fill_heap(struct reader *r)
{
	for (size_t i = 0; i < r->n_streams; i++) {
		int status = advance(r, &r->streams[i]);

		if (status < 0)
			return status;
		if (status)
			r->heap[r->n_heap++] = &r->streams[i];
	}
	for (size_t i = r->n_heap / 2; i-- > 0;)
		sift_down(r, i);
	return 0;
}

/* Of equal time stamps losses come first, then what event_rank() says. */
static int64_t rank_of(const struct reader *r, const struct stream *s)
{
	if (!s->is_event)
		return 0;
	return event_rank(&s->event, r->ops->legal(r->ops->data, &s->event));
}

static bool is_tie(const struct reader *r)
{
	int64_t ts_ns = r->heap[0]->ts_ns;

	return (r->n_heap > 1 && r->heap[1]->ts_ns == ts_ns) ||
	       (r->n_heap > 2 && r->heap[2]->ts_ns == ts_ns);
}

/* The place in the heap of the stream whose head comes next. */
static size_t pick(const struct reader *r)
{
	size_t best = 0;
	int64_t best_rank;

	if (!is_tie(r))
		return 0;
	best_rank = rank_of(r, r->heap[0]);
	for (size_t i = 1; i < r->n_heap && best_rank > 0; i++) {
		bool ties = r->heap[i]->ts_ns == r->heap[0]->ts_ns;
		int64_t rank = ties ? rank_of(r, r->heap[i]) : INT64_MAX;

		if (rank < best_rank) {
			best = i;
			best_rank = rank;
		}
	}
	return best;
}

/*
 * A flight recorder's older events survive on a CPU with less to do, and one CPU's buffers are
 * written after the other's: without those of all CPUs events make no sense. But what the older
 * ones say of GILs and threads still holds.
 */
static int deliver(struct reader *r, struct stream *s)
{
	struct gil_loss loss;
	bool early = s->ts_ns < s->whole_from_ns;

	if (s->ts_ns > s->whole_until_ns)
		return 0;
	if (early && (!s->is_event || s->event.kind >= GIL_FIRST_HOT))
		return 0;
	if (s->is_event) {
		if (early)
			s->event.ts_ns = s->whole_from_ns;
		return r->ops->event(r->ops->data, &s->event);
	}
	loss = message_loss(s->head, s->ts_ns, s->pid);
	return r->ops->lost(r->ops->data, &loss);
}

/* @return 1: go on, 0: the end, < 0. */
static int step(struct reader *r)
{
	size_t place;
	int status;

	if (!r->n_heap)
		return 0;
	place = pick(r);
	status = deliver(r, r->heap[place]);
	if (status)
		return status < 0 ? status : 0;
	status = advance(r, r->heap[place]);
	if (status < 0)
		return status;
	if (!status)
		r->heap[place] = r->heap[--r->n_heap];
	if (place < r->n_heap)
		sift_down(r, place);
	return 1;
}

static void tell_progress(struct reader *r)
{
	struct timespec now;
	double elapsed_s, fraction;

	if (!r->ops->progress || !r->n_heap || r->end_ns <= r->begin_ns)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	elapsed_s = (double)(now.tv_sec - r->progress_at.tv_sec) +
		    (double)(now.tv_nsec - r->progress_at.tv_nsec) / 1e9;
	if (elapsed_s < 0.1)
		return;
	r->progress_at = now;
	fraction = (double)(r->heap[0]->ts_ns - r->begin_ns) / (double)(r->end_ns - r->begin_ns);
	r->ops->progress(r->ops->data, fraction < 0 ? 0 : fraction > 1 ? 1 : fraction);
}

/* ---- our sink component ------------------------------------------------------------------ */

static struct reader *reader_of(bt_self_component_sink *self)
{
	return bt_self_component_get_data(bt_self_component_sink_as_self_component(self));
}

/* One input port per stream: the merge is ours; 2.0's muxer looks at all streams each time. */
static bt_component_class_initialize_method_status
sink_init(bt_self_component_sink *self, bt_self_component_sink_configuration *configuration,
	  const bt_value *params, void *data)
{
	struct reader *r = data;
	char name[32];

	(void)configuration;
	(void)params;
	bt_self_component_set_data(bt_self_component_sink_as_self_component(self), r);
	for (size_t i = 0; i < r->n_streams; i++) {
		bt_self_component_add_port_status status;

		snprintf(name, sizeof(name), "in%zu", i);
		status = bt_self_component_sink_add_input_port(self, name, NULL, NULL);
		if (status != BT_SELF_COMPONENT_ADD_PORT_STATUS_OK)
			return (int)status; /* babeltrace's statuses share one value space */
	}
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status
sink_configured(bt_self_component_sink *self)
{
	struct reader *r = reader_of(self);

	for (size_t i = 0; i < r->n_streams; i++) {
		bt_message_iterator_create_from_sink_component_status status =
			bt_message_iterator_create_from_sink_component(
				self, bt_self_component_sink_borrow_input_port_by_index(self, i),
				&r->streams[i].iterator);
		if (status != BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK)
			return (int)status;
	}
	r->result = fill_heap(r);
	return r->result < 0 ? BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR :
			       BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

static bt_component_class_sink_consume_method_status sink_consume(bt_self_component_sink *self)
{
	struct reader *r = reader_of(self);
	int status = 1;

	if (r->ops->interrupted && *r->ops->interrupted)
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
	for (int i = 0; i < EVENTS_PER_RUN && status == 1; i++)
		status = step(r);
	tell_progress(r);
	if (status == 1)
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
	r->result = status;
	return status < 0 ? BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR :
			    BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
}

static void close_stream(struct stream *s)
{
	BT_MESSAGE_PUT_REF_AND_RESET(s->head);
	for (; s->next < s->n; s->next++)
		bt_message_put_ref(s->messages[s->next]);
	BT_MESSAGE_ITERATOR_PUT_REF_AND_RESET(s->iterator);
	layouts_deinit(&s->layouts);
}

static void sink_finalize(bt_self_component_sink *self)
{
	struct reader *r = reader_of(self);

	for (size_t i = 0; i < r->n_streams; i++)
		close_stream(&r->streams[i]);
}

static int make_sink_class(struct reader *r)
{
	r->sink_class = bt_component_class_sink_create("gil", sink_consume);
	if (!r->sink_class ||
	    bt_component_class_sink_set_initialize_method(r->sink_class, sink_init) ||
	    bt_component_class_sink_set_graph_is_configured_method(r->sink_class,
								   sink_configured) ||
	    bt_component_class_sink_set_finalize_method(r->sink_class, sink_finalize))
		return fail("make a sink");
	return 0;
}

/* ---- opening: the sources -------------------------------------------------------------- */

static void valuep(bt_value **v)
{
	bt_value_put_ref(*v);
}

static void const_valuep(const bt_value **v)
{
	bt_value_put_ref(*v);
}

static void queryp(bt_query_executor **q)
{
	bt_query_executor_put_ref(*q);
}

static bt_value *make_inputs(const char *path)
{
	bt_value *params = bt_value_map_create(), *inputs;

	if (params && !bt_value_map_insert_empty_array_entry(params, "inputs", &inputs) &&
	    !bt_value_array_append_string_element(inputs, path))
		return params;
	bt_value_put_ref(params);
	return NULL;
}

static bool is_ctf2(int metadata)
{
	char begin;

	return pread(metadata, &begin, 1, 0) == 1 && begin == 0x1e; /* the record separator of JSON text sequences */
}

/* Why a folder's metadata cannot be used, as a sentence. */
static void explain_folder(const char *folder, char *out, size_t size)
{
	cleanup(fdp) int metadata = folders_open(folder, "metadata");
	char cause[512];

	take_cause(cause, sizeof(cause));
	if (metadata < 0)
		snprintf(out, size, "'%s/metadata' cannot be read: %s", folder, strerror(-metadata));
	else if (is_ctf2(metadata))
		snprintf(out, size, "'%s' is in CTF 2, which babeltrace2 %u.%u cannot read: record with "
			 "LTTNG_SESSIOND_DEFAULT_TRACE_FORMAT=ctf-1.8, or use babeltrace2 2.1",
			 folder, bt_version_get_major(), bt_version_get_minor());
	else
		snprintf(out, size, "'%s/metadata' is cut off or damaged, and without it the trace "
			 "cannot be understood: copy the trace again from where it was recorded",
			 folder);
}

static int64_t map_number(const bt_value *map, const char *key)
{
	const bt_value *v = bt_value_map_borrow_entry_value_const(map, key);

	if (!v)
		return 0;
	return bt_value_is_signed_integer(v) ? bt_value_integer_signed_get(v) :
	       bt_value_is_unsigned_integer(v) ? (int64_t)bt_value_integer_unsigned_get(v) : 0;
}

static void widen_range(struct reader *r, const bt_value *stream_info)
{
	const bt_value *range = bt_value_map_borrow_entry_value_const(stream_info, "range-ns");
	int64_t begin_ns, end_ns;

	if (!range)
		return;
	begin_ns = map_number(range, "begin");
	end_ns = map_number(range, "end");
	if (!r->begin_ns || begin_ns < r->begin_ns)
		r->begin_ns = begin_ns;
	if (end_ns > r->end_ns)
		r->end_ns = end_ns;
}

/* For the progress only. */
static void ask_range(struct reader *r, const bt_component_class_source *fs, const bt_value *params)
{
	cleanup(queryp) bt_query_executor *query = bt_query_executor_create(
		bt_component_class_source_as_component_class_const(fs), "babeltrace.trace-infos",
		params);
	cleanup(const_valuep) const bt_value *infos = NULL;
	char cause[512];

	if (!query ||
	    bt_query_executor_set_logging_level(query, BT_LOGGING_LEVEL_NONE) ||
	    bt_query_executor_query(query, &infos) != BT_QUERY_EXECUTOR_QUERY_STATUS_OK) {
		take_cause(cause, sizeof(cause));
		return;
	}
	for (uint64_t i = 0; i < bt_value_array_get_length(infos); i++) {
		const bt_value *streams = bt_value_map_borrow_entry_value_const(
			bt_value_array_borrow_element_by_index_const(infos, i), "stream-infos");

		for (uint64_t j = 0; streams && j < bt_value_array_get_length(streams); j++)
			widen_range(r, bt_value_array_borrow_element_by_index_const(streams, j));
	}
}

static void graphp(bt_graph **g)
{
	bt_graph_put_ref(*g);
}

/*
 * In a graph of its own: one that failed to take a component is of no more use. And not by a
 * query: 2.0.4 aborts in a query of damaged metadata.
 */
static bool can_be_opened(const bt_component_class_source *fs, const bt_value *params)
{
	cleanup(graphp) bt_graph *trial = bt_graph_create(0);
	const bt_component_source *source;

	return trial && !bt_graph_add_source_component(trial, fs, "trial", params,
						       BT_LOGGING_LEVEL_NONE, &source);
}

/* Ports are named "trace | stream class id | stream id". */
static bool is_port_of(const char *port_name, uint32_t class_id, uint64_t instance_id)
{
	char end[64];
	size_t length = strlen(port_name);
	size_t n = (size_t)snprintf(end, sizeof(end), " | %" PRIu32 " | %" PRIu64, class_id, instance_id);

	return length > n && !strcmp(port_name + length - n, end);
}

static bool goes_on_unseen(const struct trace_folder *folder, const char *port_name)
{
	for (size_t i = 0; i < folder->n_cuts; i++)
		if (folder->cuts[i].bytes && is_port_of(port_name, folder->cuts[i].class_id, folder->cuts[i].instance_id))
			return true;
	for (size_t i = 0; i < folder->ends.n; i++)
		if (folder->ends.all[i].is_open &&
		    is_port_of(port_name, folder->ends.all[i].class_id, folder->ends.all[i].instance_id))
			return true;
	return false;
}

static int add_streams(struct reader *r, const bt_component_source *source,
		       const struct trace_folder *folder)
{
	uint64_t n = bt_component_source_get_output_port_count(source);
	struct stream *streams = reallocarray(r->streams, r->n_streams + n + 1, sizeof(*streams));

	if (!streams)
		return err(-ENOMEM, "out of memory");
	r->streams = streams;
	for (uint64_t i = 0; i < n; i++) {
		const bt_port_output *port =
			bt_component_source_borrow_output_port_by_index_const(source, i);

		r->streams[r->n_streams++] = (struct stream){
			.folder = folder,
			.port = port,
			.speaks_for_lacking = !i && trace_folder_lacks_stream(folder),
			.cpu = -1,
			.goes_on = goes_on_unseen(folder, bt_port_get_name(bt_port_output_as_port_const(port))),
		};
	}
	return 0;
}

/* @return 0, READER_E_UNREADABLE with the reason in `why`, or < 0. */
enum { READER_E_UNREADABLE = 1 };
static int add_source(struct reader *r, const struct trace_folder *folder, char *why, size_t size)
{
	const bt_component_class_source *fs =
		bt_plugin_borrow_source_component_class_by_name_const(r->plugin, "fs");
	cleanup(valuep) bt_value *params = make_inputs(trace_folder_readable(folder));
	const bt_component_source *source;
	char name[32];
	int status;

	if (!fs || !params)
		return fail("use its source.ctf.fs component");
	snprintf(name, sizeof(name), "trace%zu", (size_t)(folder - r->folders.all));
	status = metadata_is_sound(folder->path);
	if (status < 0)
		return status;
	if (!status || !can_be_opened(fs, params)) {
		explain_folder(folder->path, why, size);
		return READER_E_UNREADABLE;
	}
	if (bt_graph_add_source_component(r->graph, fs, name, params, BT_LOGGING_LEVEL_NONE, &source))
		return fail("open the trace");
	ask_range(r, fs, params);
	return add_streams(r, source, folder);
}

static void note_cuts(struct reader *r, const struct trace_folder *folder)
{
	for (size_t i = 0; i < folder->n_cuts; i++)
		if (folder->cuts[i].error)
			note_damage(r, "'%s' cannot be read (%s), and what is in it is lost: copy the trace again from "
				    "where it was recorded", folder->cuts[i].path, strerror(folder->cuts[i].error));
		else
			note_damage(r, "'%s' is cut off after %" PRId64 " bytes, and what followed is "
				    "lost: copy the trace again from where it was recorded",
				    folder->cuts[i].path, folder->cuts[i].bytes);
}

/* babeltrace2 looks into a folder later than we do: of what went meanwhile it says nothing. */
static void note_removals(struct reader *r)
{
	for (size_t i = 0; i < r->folders.n; i++)
		if (trace_folder_has_shrunk(&r->folders.all[i]))
			note_damage(r, "'%s' was removed, or a part of it, while it was read: what is shown may not be "
				    "all; copy the trace again from where it was recorded", r->folders.all[i].path);
}

static int add_sources(struct reader *r)
{
	char why[sizeof(r->damage)] = "";
	size_t n_unreadable = 0;

	for (size_t i = 0; i < r->folders.n; i++) {
		int status = trace_folder_is_silent(&r->folders.all[i]) ? 0 :
			     add_source(r, &r->folders.all[i], why, sizeof(why));

		if (status < 0)
			return status;
		n_unreadable += status == READER_E_UNREADABLE;
		if (status == READER_E_UNREADABLE)
			note_damage(r, "%s", why);
		note_cuts(r, &r->folders.all[i]);
	}
	/* One process's broken trace does not hide the others. */
	if (n_unreadable == r->folders.n)
		return err(-EINVAL, "%s", r->damage);
	return 0;
}

/* Each stream has its file open. */
static int allow_open_files(size_t n_streams)
{
	enum { OTHERS = 64, OTHERS_LEAST = 16 };
	size_t n = n_streams + OTHERS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= n)
		return 0;
	if (limit.rlim_max < n_streams + OTHERS_LEAST)
		return err(-EMFILE, "reading this trace takes %zu open files, and %" PRIu64 " are allowed: raise "
			   "the limit (ulimit -n)", n, (uint64_t)limit.rlim_max);
	limit.rlim_cur = n < limit.rlim_max ? n : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return 0;
}

static int connect_streams(struct reader *r)
{
	const bt_component_sink *sink;
	int status;

	r->heap = calloc(r->n_streams + 1, sizeof(*r->heap));
	if (!r->heap)
		return err(-ENOMEM, "out of memory");
	status = allow_open_files(r->n_streams);
	if (status)
		return status;
	for (size_t i = 0; i < r->n_streams; i++)
		r->streams[i].ts_ns = r->begin_ns;
	if (bt_graph_add_sink_component_with_initialize_method_data(
		    r->graph, r->sink_class, "gil", NULL, r, BT_LOGGING_LEVEL_NONE, &sink))
		return fail("add our sink");
	for (size_t i = 0; i < r->n_streams; i++)
		if (bt_graph_connect_ports(r->graph, r->streams[i].port,
					   bt_component_sink_borrow_input_port_by_index_const(sink, i),
					   NULL))
			return fail("connect a stream");
	r->trace.streams = (uint32_t)r->n_streams;
	for (size_t i = 0; i < r->folders.n; i++)
		r->trace.begins_late |= r->folders.all[i].late_begin != 0;
	return 0;
}

static int find_plugin(struct reader *r)
{
	if (bt_plugin_find("ctf", BT_TRUE, BT_FALSE, BT_TRUE, BT_FALSE, BT_FALSE, &r->plugin) ==
	    BT_PLUGIN_FIND_STATUS_OK)
		return 0;
	return err(-ENOENT, "babeltrace2's plugin 'ctf' is not there: install the package babeltrace2, "
		   "or set BABELTRACE_PLUGIN_PATH to its folder");
}

int reader_open(struct reader **out, const char *path, bool facts_only, bool flight_recorder)
{
	cleanup(reader_freep) struct reader *r = calloc(1, sizeof(*r));
	int status;

	if (!r)
		return err(-ENOMEM, "out of memory");
	r->trace.path = path;
	r->flight_recorder = flight_recorder;
	status = allow_open_files(0);
	if (!status)
		status = folders_find(&r->folders, path, facts_only);
	if (!status)
		status = find_plugin(r);
	if (status)
		return status;
	r->graph = bt_graph_create(0); /* MIP 0 is read by 2.0 and 2.1 */
	if (!r->graph)
		return fail("make a graph");
	status = add_sources(r);
	if (!status)
		status = make_sink_class(r);
	if (!status)
		status = connect_streams(r);
	if (!status)
		*out = steal(&r);
	return status;
}

struct reader *reader_free(struct reader *r)
{
	if (!r)
		return NULL;
	bt_graph_put_ref(r->graph);
	bt_component_class_sink_put_ref(r->sink_class);
	bt_plugin_put_ref(r->plugin);
	folders_deinit(&r->folders);
	free(r->streams);
	free(r->heap);
	free(r);
	return NULL;
}

const struct trace_info *reader_trace(const struct reader *r)
{
	return &r->trace;
}

int64_t reader_end_ns(const struct reader *r)
{
	return r->end_ns;
}

size_t reader_programs(const struct reader *r)
{
	return r->folders.n;
}

uint64_t reader_other_events(const struct reader *r)
{
	return r->other_events;
}

const char *reader_damage(const struct reader *r)
{
	return r->damage;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* Streams of which nothing can be read leave a hole in all the trace. */
static int tell_lost_files(struct reader *r)
{
	struct gil_loss loss = { .from_ns = r->begin_ns, .to_ns = r->end_ns };
	bool any = false;

	for (size_t i = 0; i < r->folders.n; i++)
		for (size_t j = 0; j < r->folders.all[i].n_cuts; j++)
			any |= !r->folders.all[i].cuts[j].bytes;
	return any ? r->ops->lost(r->ops->data, &loss) : 0;
}

int reader_run(struct reader *r, const struct reader_ops *ops)
{
	bt_graph_run_status status;
	char cause[512];

	r->ops = ops;
	r->result = tell_lost_files(r);
	if (r->result < 0)
		return r->result;
	if (!r->n_streams) {
		note_removals(r);
		return 0;
	}
	do
		status = bt_graph_run(r->graph);
	while (status == BT_GRAPH_RUN_STATUS_AGAIN);
	take_cause(cause, sizeof(cause));
	if (r->result < 0)
		return r->result;
	if (status != BT_GRAPH_RUN_STATUS_OK)
		return err(-EIO, "babeltrace2 cannot read '%s'%s", r->trace.path, cause);
	note_removals(r);
	return 0;
}
