/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_PLUGIN_GIL_H
#define GILSCOPE_PLUGIN_GIL_H

#include <babeltrace2/babeltrace.h>

/*
 * babeltrace2's plugin "gil": sink.gil.report and filter.gil.state. Statuses
 * of babeltrace2 share one value space, so that one function's may be another's.
 */

/* Hands all our sentences to babeltrace2 as the cause of an error. @return the status of an error, or of no memory */
int plugin_fail(bt_self_component *self, int code);

bt_component_class_initialize_method_status
report_initialize(bt_self_component_sink *self, bt_self_component_sink_configuration *configuration,
		  const bt_value *params, void *data);
bt_component_class_sink_graph_is_configured_method_status
report_configured(bt_self_component_sink *self);
bt_component_class_sink_consume_method_status report_consume(bt_self_component_sink *self);
void report_finalize(bt_self_component_sink *self);

bt_component_class_initialize_method_status
state_initialize(bt_self_component_filter *self, bt_self_component_filter_configuration *configuration,
		 const bt_value *params, void *data);
bt_message_iterator_class_initialize_method_status
state_iterator_initialize(bt_self_message_iterator *self,
			  bt_self_message_iterator_configuration *configuration,
			  bt_self_component_port_output *port);
bt_message_iterator_class_next_method_status
state_iterator_next(bt_self_message_iterator *self, bt_message_array_const messages, uint64_t capacity,
		    uint64_t *count);
void state_iterator_finalize(bt_self_message_iterator *self);

#endif
