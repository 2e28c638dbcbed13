/* SPDX-License-Identifier: MIT */
#include "recorded.h"

#include "analyzer/reader.h"

const struct recorded *recorded;

struct reader {
	struct trace_info trace;
};

int reader_open(struct reader **out, const char *path, bool facts_only, bool flight_recorder)
{
	(void)facts_only;
	(void)flight_recorder;
	*out = malloc(sizeof(**out));
	if (!*out)
		abort();
	(*out)->trace = recorded->trace;
	(*out)->trace.path = path;
	return 0;
}

struct reader *reader_free(struct reader *r)
{
	free(r);
	return NULL;
}

const struct trace_info *reader_trace(const struct reader *r)
{
	return &r->trace;
}

int64_t reader_end_ns(const struct reader *r)
{
	(void)r;
	return recorded->end_ns;
}

int reader_run(struct reader *r, const struct reader_ops *ops)
{
	int status = 0;

	(void)r;
	while (!status) {
		struct gil_event event = { .gil = 0 };
		struct gil_loss loss = { .pid = 0 };
		bool is_loss = false;

		if (recorded->next(recorded->data, &event, &loss, &is_loss))
			break;
		/* As for a tie: what it answers does not matter here. */
		if (!is_loss)
			ops->legal(ops->data, &event);
		status = is_loss ? ops->lost(ops->data, &loss) : ops->event(ops->data, &event);
	}
	return status < 0 ? status : 0;
}

size_t reader_programs(const struct reader *r)
{
	(void)r;
	return 1;
}

uint64_t reader_other_events(const struct reader *r)
{
	(void)r;
	return recorded->other_events;
}

const char *reader_damage(const struct reader *r)
{
	(void)r;
	return recorded->damage;
}
