/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/model.h"
#include "base/err.h"
#include "plugin/companion.h"
#include "plugin/gil.h"
#include "plugin/turns.h"

/* filter.gil.state: what comes goes on, and the states of threads beside it. */

/* A trace that passes through. */
struct passing {
	struct passing *next;
	struct companion *companion; /* NULL: no event of ours yet */
	uint64_t streams;            /* of it that have begun and not ended */
};

struct filter {
	bt_self_message_iterator *self;
	bt_message_iterator *upstream;
	struct turns turns;
	struct model *model;
	struct trace_info trace;
	struct sink sink, *sinks[1];
	struct table traces; /* bt_trace -> struct passing */
	struct passing *first;
	const struct thread_info **holders; /* by GIL */
	size_t n_holders;
	struct turn turn;    /* now; its message was sent already */
	const bt_message **queue; /* to be sent: from `sent` on */
	size_t n, size, sent;
	bool ended;
};

static bt_self_component *component_of(const struct filter *f)
{
	return bt_self_message_iterator_borrow_component(f->self);
}

static int no_memory(void)
{
	return err(-ENOMEM, "out of memory");
}

/* ---- what is sent --------------------------------------------------------------------------- */

/* Takes the message; NULL: it could not be made. */
static int send(struct filter *f, const bt_message *message)
{
	if (f->n == f->size) {
		size_t size = f->size ? 2 * f->size : 64;
		const bt_message **queue = reallocarray(f->queue, size, sizeof(*queue));

		if (queue) {
			f->queue = queue;
			f->size = size;
		}
	}
	if (!message || f->n == f->size) {
		bt_message_put_ref(message);
		return no_memory();
	}
	f->queue[f->n++] = message;
	return 0;
}

static int find_passing(struct filter *f, const bt_stream *stream, struct passing **out)
{
	uint64_t key = (uintptr_t)bt_stream_borrow_trace_const(stream);
	struct passing *p = table_get(&f->traces, key);

	*out = p;
	if (p)
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p || table_put(&f->traces, key, p)) {
		free(p);
		return no_memory();
	}
	p->next = f->first;
	f->first = p;
	*out = p;
	return 0;
}

static int end_companion(struct filter *f, struct passing *p)
{
	int r = p->companion ? send(f, companion_end(p->companion, f->self)) : 0;

	companion_free(p->companion);
	p->companion = NULL;
	return r;
}

static int begin_companion(struct filter *f, struct passing *p, const bt_stream *stream)
{
	p->companion = companion_new(component_of(f), stream);
	if (!p->companion)
		return no_memory();
	return send(f, companion_begin(p->companion, f->self));
}

/* ---- what the model says ------------------------------------------------------------------------ */

static int note_holder(struct filter *f, uint32_t gil, const struct thread_info *holder)
{
	if (gil >= f->n_holders) {
		size_t n = (size_t)gil + 16;
		const struct thread_info **holders = reallocarray(f->holders, n, sizeof(*holders));

		if (!holders)
			return no_memory();
		memset(holders + f->n_holders, 0, (n - f->n_holders) * sizeof(*holders));
		f->holders = holders;
		f->n_holders = n;
	}
	f->holders[gil] = holder;
	return 0;
}

static const struct thread_info *holder_of(const struct filter *f, uint32_t gil)
{
	return gil < f->n_holders ? f->holders[gil] : NULL;
}

/* A hold that ends, also by a hole. */
static int on_interval(void *data, const struct interval *i)
{
	struct filter *f = data;
	uint32_t gil = i->thread->gil->index;

	if (i->state == STATE_HOLDING && holder_of(f, gil) == i->thread)
		f->holders[gil] = NULL;
	return 0;
}

static int on_event(void *data, const struct gil_event *event, const struct step *step)
{
	struct filter *f = data;
	const struct thread_info *holder;
	uint64_t cycles;
	struct passing *p;
	int r;

	if (!step->thread)
		return 0;
	r = step->after == STATE_HOLDING ? note_holder(f, step->gil->index, step->thread) : 0;
	if (!r)
		r = find_passing(f, f->turn.stream, &p);
	if (!r && !p->companion)
		r = begin_companion(f, p, f->turn.stream);
	if (r)
		return r;
	holder = holder_of(f, step->gil->index);
	cycles = bt_clock_snapshot_get_value(
		bt_message_event_borrow_default_clock_snapshot_const(f->turn.message));
	return send(f, companion_event(p->companion, f->self, cycles, &(struct state_fields){
		.gil = event->gil, .tid = step->thread->tid, .name = step->thread->name,
		.state = thread_state_name(step->after), .holder = holder ? holder->tid : 0,
		.waiters = step->waiters,
	}));
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

/* ---- what comes ------------------------------------------------------------------------------------ */

static bool is_legal(void *data, const struct gil_event *event)
{
	return model_legal(((struct filter *)data)->model, event);
}

/* A trace's streams come and go; its companion goes with the last one. */
static int count_streams(struct filter *f, const struct turn *turn)
{
	bt_message_type type = bt_message_get_type(turn->message);
	struct passing *p;
	int r;

	if (type != BT_MESSAGE_TYPE_STREAM_BEGINNING && type != BT_MESSAGE_TYPE_STREAM_END)
		return 0;
	r = find_passing(f, turn->stream, &p);
	if (r)
		return r;
	if (type == BT_MESSAGE_TYPE_STREAM_BEGINNING)
		p->streams++;
	else if (!--p->streams)
		r = end_companion(f, p);
	return r;
}

static int on_turn(void *data, const struct turn *turn)
{
	struct filter *f = data;
	int r;

	f->turn = *turn;
	r = send(f, turn->message);
	if (!r)
		r = count_streams(f, turn);
	if (!r && turn->event)
		r = model_feed(f->model, turn->event);
	if (!r && turn->loss)
		r = model_lost(f->model, turn->loss);
	return r;
}

static int end(struct filter *f)
{
	int r = turns_flush(&f->turns);

	for (struct passing *p = f->first; p && !r; p = p->next)
		r = end_companion(f, p);
	f->ended = true;
	return r;
}

/* @return a status of the next method */
static int take_batch(struct filter *f)
{
	bt_message_array_const messages;
	uint64_t n;
	int status = (int)bt_message_iterator_next(f->upstream, &messages, &n);
	int r = 0;

	if (status == BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK)
		for (uint64_t i = 0; i < n; i++) {
			if (r)
				bt_message_put_ref(messages[i]);
			else
				r = turns_feed(&f->turns, messages[i]);
		}
	else if (status == BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END)
		r = end(f);
	else if (status == BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_AGAIN)
		r = turns_flush(&f->turns);
	return r ? plugin_fail(component_of(f), r) : status;
}

bt_message_iterator_class_next_method_status
state_iterator_next(bt_self_message_iterator *self, bt_message_array_const messages, uint64_t capacity,
		    uint64_t *count)
{
	struct filter *f = bt_self_message_iterator_get_data(self);
	int status = BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK;

	while (f->sent == f->n && !f->ended && status == BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK) {
		f->sent = f->n = 0;
		status = take_batch(f);
	}
	if (status < 0)
		return status;
	if (f->sent == f->n)
		return f->ended ? BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END : status;
	for (*count = 0; *count < capacity && f->sent < f->n; (*count)++)
		messages[*count] = f->queue[f->sent++];
	return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK;
}

/* ---- begin and end ----------------------------------------------------------------------------------- */

bt_component_class_initialize_method_status
state_initialize(bt_self_component_filter *self, bt_self_component_filter_configuration *configuration,
		 const bt_value *params, void *data)
{
	bt_self_component *component = bt_self_component_filter_as_self_component(self);
	int status;

	(void)configuration;
	(void)data;
	if (bt_value_map_get_size(params))
		return plugin_fail(component, err(-EINVAL, "filter.gil.state has no parameters"));
	bt_self_component_set_data(component, self);
	status = (int)bt_self_component_filter_add_input_port(self, "in", NULL, NULL);
	return status ? status : (int)bt_self_component_filter_add_output_port(self, "out", NULL, NULL);
}

static void free_filter(struct filter *f)
{
	for (; f->sent < f->n; f->sent++)
		bt_message_put_ref(f->queue[f->sent]);
	turns_deinit(&f->turns);
	bt_message_iterator_put_ref(f->upstream);
	while (f->first) {
		struct passing *p = f->first;

		f->first = p->next;
		companion_free(p->companion);
		free(p);
	}
	table_deinit(&f->traces);
	model_free(f->model);
	free(f->holders);
	free(f->queue);
	free(f);
}

static void filterp(struct filter **f)
{
	if (*f)
		free_filter(*f);
}

static int new_filter(struct filter **out, bt_self_message_iterator *self)
{
	cleanup(filterp) struct filter *f = calloc(1, sizeof(*f));
	const struct model_options options = { .trace = f ? &f->trace : NULL };
	int r;

	if (!f)
		return no_memory();
	f->self = self;
	f->trace = (struct trace_info){ .path = "" };
	f->sink = (struct sink){ .name = "state", .data = f, .event = on_event, .interval = on_interval,
				 .lost = on_lost };
	f->sinks[0] = &f->sink;
	turns_init(&f->turns, &(struct turns_ops){ f, is_legal, on_turn });
	r = model_new(&f->model, &options, f->sinks, 1);
	if (!r)
		*out = steal(&f);
	return r;
}

bt_message_iterator_class_initialize_method_status
state_iterator_initialize(bt_self_message_iterator *self,
			  bt_self_message_iterator_configuration *configuration,
			  bt_self_component_port_output *port)
{
	bt_self_component *component = bt_self_message_iterator_borrow_component(self);
	bt_self_component_filter *filter = bt_self_component_get_data(component);
	cleanup(filterp) struct filter *f = NULL;
	int r = new_filter(&f, self);

	(void)configuration;
	(void)port;
	if (r)
		return plugin_fail(component, r);
	r = (int)bt_message_iterator_create_from_message_iterator(
		self, bt_self_component_filter_borrow_input_port_by_name(filter, "in"), &f->upstream);
	if (!r)
		bt_self_message_iterator_set_data(self, steal(&f));
	return r;
}

void state_iterator_finalize(bt_self_message_iterator *self)
{
	struct filter *f = bt_self_message_iterator_get_data(self);

	filterp(&f);
}
