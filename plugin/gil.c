/* SPDX-License-Identifier: MIT */
#include "plugin/gil.h"

#include <errno.h>

#include "base/err.h"
#include "config.h"

int plugin_fail(bt_self_component *self, int code)
{
	BT_CURRENT_THREAD_ERROR_APPEND_CAUSE_FROM_COMPONENT(self, "%s", err_take());
	return code == -ENOMEM ? BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR :
				 BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
}

BT_PLUGIN_MODULE()
BT_PLUGIN(gil);
BT_PLUGIN_DESCRIPTION("Python's global interpreter lock in traces of gilscope");
BT_PLUGIN_AUTHOR("the gilscope developers");
BT_PLUGIN_LICENSE("MIT");
BT_PLUGIN_VERSION(GILSCOPE_VERSION_MAJOR, GILSCOPE_VERSION_MINOR, GILSCOPE_VERSION_PATCH, NULL);

BT_PLUGIN_SINK_COMPONENT_CLASS(report, report_consume);
BT_PLUGIN_SINK_COMPONENT_CLASS_DESCRIPTION(report,
	"Say which thread waited how long for whom, as 'gilscope report' does");
BT_PLUGIN_SINK_COMPONENT_CLASS_HELP(report,
	"Parameters, all optional strings:\n"
	"  gil        only this GIL: its index, its id, or pid:PID\n"
	"  thread     only these threads: names, shell patterns or tids, with commas\n"
	"  time       only this time: +1.5s,+2s from the begin, or since 1970\n"
	"  recording  only what this recording made (gilscope.json has its id)\n"
	"  format     text (the default), or a format of 'gilscope export' that is one file\n"
	"  output     the file to write instead of the standard output");
BT_PLUGIN_SINK_COMPONENT_CLASS_INITIALIZE_METHOD(report, report_initialize);
BT_PLUGIN_SINK_COMPONENT_CLASS_GRAPH_IS_CONFIGURED_METHOD(report, report_configured);
BT_PLUGIN_SINK_COMPONENT_CLASS_FINALIZE_METHOD(report, report_finalize);

BT_PLUGIN_FILTER_COMPONENT_CLASS(state, state_iterator_next);
BT_PLUGIN_FILTER_COMPONENT_CLASS_DESCRIPTION(state,
	"Add an event gil:state after each event of a thread: what it is doing now");
BT_PLUGIN_FILTER_COMPONENT_CLASS_HELP(state,
	"Passes all on, and adds to each trace with events of a GIL a stream with events gil:state:\n"
	"  gil      its id\n"
	"  tid      of the thread\n"
	"  name     of the thread\n"
	"  state    unknown, outside, entering, waiting, holding or ended\n"
	"  holder   the tid of the thread that has the GIL; 0: none that is known\n"
	"  waiters  threads that sleep waiting\n"
	"There are no parameters.");
BT_PLUGIN_FILTER_COMPONENT_CLASS_INITIALIZE_METHOD(state, state_initialize);
BT_PLUGIN_FILTER_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD(state, state_iterator_initialize);
BT_PLUGIN_FILTER_COMPONENT_CLASS_MESSAGE_ITERATOR_CLASS_FINALIZE_METHOD(state, state_iterator_finalize);
