/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_BATTLE_LINE_H
#define GILSCOPE_VIZ_BATTLE_LINE_H

#include "analyzer/sink.h"
#include "base/text.h"

/* One line of the battle: an event in columns. Thread-safe. */
struct battle_line {
	char text[1024];
	size_t len;
};

struct battle_look {
	const struct page *page;
	unsigned fields;
	int64_t origin_ns, last_ns; /* the trace's zero; the event printed before, INT64_MIN: none */
};

/* Adds words to a line; what exceeds it is cut. */
void battle_line_add(struct battle_line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds the event, at the line's end: a space that follows is cut. */
void battle_line_add_event(struct battle_line *l, const struct battle_look *look, const struct gil_event *event,
			   const struct step *step);

#endif
