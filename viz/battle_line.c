/* SPDX-License-Identifier: MIT */
#include "viz/battle_line.h"

#include "viz/battle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum battle_field field;
} field_names[] = {
	{ "time", BATTLE_TIME }, { "delta", BATTLE_DELTA },   { "cpu", BATTLE_CPU },
	{ "tid", BATTLE_TID },   { "thread", BATTLE_THREAD }, { "tick", BATTLE_TICK },
	{ "checks", BATTLE_CHECKS }, { "event", BATTLE_EVENT },
};

int battle_parse_fields(const char *text, unsigned *fields, const char **bad)
{
	unsigned result = *text == '+' || *text == '-' ? *fields : 0;

	for (const char *p = text, *end; *p; p = *end ? end + 1 : end) {
		bool removes = *p == '-';
		unsigned field = 0;

		p += *p == '+' || removes;
		end = strchrnul(p, ',');
		for (size_t i = 0; i < sizeof(field_names) / sizeof(field_names[0]); i++)
			if (!strncmp(p, field_names[i].name, (size_t)(end - p)) &&
			    !field_names[i].name[end - p])
				field = field_names[i].field;
		if (!field) {
			*bad = p;
			return BATTLE_E_FIELD;
		}
		result = removes ? result & ~field : result | field;
	}
	*fields = result;
	return 0;
}

void battle_line_add(struct battle_line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* Seconds with nine decimals, from exact integers. */
static void add_seconds(struct battle_line *l, const char *sign, int width, int64_t ns)
{
	char number[48];

	snprintf(number, sizeof(number), "%s%lld.%09lld", ns < 0 ? "-" : sign,
		 llabs(ns) / 1000000000, llabs(ns) % 1000000000);
	battle_line_add(l, "%*s ", width, number);
}

static void add_front(struct battle_line *l, const struct battle_look *look, const struct gil_event *e)
{
	unsigned fields = look->fields;

	if (fields & BATTLE_TIME)
		add_seconds(l, "", 14, e->ts_ns - look->origin_ns);
	if (fields & BATTLE_DELTA)
		add_seconds(l, "+", 12, look->last_ns == INT64_MIN ? 0 : e->ts_ns - look->last_ns);
	if (fields & BATTLE_CPU && e->cpu >= 0)
		battle_line_add(l, "[%03" PRId32 "] ", e->cpu);
	else if (fields & BATTLE_CPU)
		battle_line_add(l, "[---] ");
	if (fields & BATTLE_TID)
		battle_line_add(l, "%" PRId32 " ", e->tid);
}

static void add_event_word(struct battle_line *l, const struct battle_look *look, const struct gil_event *e)
{
	static const char *const words[GIL_KINDS] = {
		[GIL_ENTRY] = "ENTRY",     [GIL_BUSY] = "BUSY",       [GIL_RETRY] = "RETRY",
		[GIL_ACQUIRE] = "ACQUIRE", [GIL_RELEASE] = "RELEASE", [GIL_LEAVE] = "LEAVE",
	};
	static const enum ink inks[GIL_KINDS] = {
		[GIL_BUSY] = INK_BAD, [GIL_RETRY] = INK_BAD,
		[GIL_ACQUIRE] = INK_GOOD, [GIL_RELEASE] = INK_NOTE,
	};
	static const char *const reasons[GIL_LEAVE_REASONS] = GIL_LEAVE_REASON_NAMES;

	if (inks[e->kind] != INK_PLAIN)
		battle_line_add(l, "%s%s%s", text_ink(look->page, inks[e->kind]), words[e->kind],
		    text_ink(look->page, INK_PLAIN));
	else
		battle_line_add(l, "%s", words[e->kind]);
	if (e->kind == GIL_LEAVE)
		battle_line_add(l, " %s", (unsigned)e->reason < GIL_LEAVE_REASONS ? reasons[e->reason] : "?");
	battle_line_add(l, " ");
}

static void add_columns(struct battle_line *l, const struct battle_look *look, const struct gil_event *e,
			const struct step *step)
{
	unsigned fields = look->fields;

	if (fields & BATTLE_THREAD)
		battle_line_add(l, "%s%s%s ", text_ink_of(look->page, step->thread->index),
		    NAME(look->page, step->thread->name), text_ink(look->page, INK_PLAIN));
	if (fields & BATTLE_TICK && e->kind != GIL_LEAVE && e->tick != GIL_NO_TICK)
		battle_line_add(l, "%" PRId32 " ", e->tick);
	else if (fields & BATTLE_TICK)
		battle_line_add(l, "- ");
	if (fields & BATTLE_CHECKS && e->kind != GIL_LEAVE)
		battle_line_add(l, "%" PRIu64 " ", e->checks);
	else if (fields & BATTLE_CHECKS)
		battle_line_add(l, "- ");
	if (fields & BATTLE_EVENT)
		add_event_word(l, look, e);
}

void battle_line_add_event(struct battle_line *l, const struct battle_look *look, const struct gil_event *e,
			   const struct step *step)
{
	add_front(l, look, e);
	add_columns(l, look, e, step);
	l->len -= l->len > 0;
}
