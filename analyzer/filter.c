/* SPDX-License-Identifier: MIT */
#include "analyzer/filter.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* A whole decimal number and nothing else. */
static bool parse_number(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !*end && !errno;
}

int gil_filter_parse(struct gil_filter *out, const char *text)
{
	bool by_pid = text && !strncmp(text, "pid:", 4);

	*out = (struct gil_filter){ .by = GIL_FILTER_ALL };
	if (!text)
		return 0;
	if (!parse_number(by_pid ? text + 4 : text, &out->value))
		return err(-EINVAL, "'%s' names no GIL: use an index such as 0, an id, or pid:1234", text);
	/* The upper half of an id is never 0. */
	out->by = by_pid ? GIL_FILTER_PID :
		  out->value > UINT32_MAX ? GIL_FILTER_ID : GIL_FILTER_INDEX;
	return 0;
}

bool gil_filter_match(const struct gil_filter *filter, const struct gil_info *gil)
{
	switch (filter->by) {
	case GIL_FILTER_INDEX:
		return gil->index == filter->value;
	case GIL_FILTER_ID:
		return gil->id == filter->value;
	case GIL_FILTER_PID:
		return gil->pid > 0 && (uint64_t)gil->pid == filter->value;
	default:
		return true;
	}
}

bool thread_filter_match(const char *filter, const struct thread_info *thread)
{
	char pattern[256];
	uint64_t tid;

	for (const char *p = filter; p; p = *p ? p + 1 : NULL) {
		size_t length = strcspn(p, ",");

		if (length < sizeof(pattern)) {
			memcpy(pattern, p, length);
			pattern[length] = '\0';
			if (!fnmatch(pattern, thread->name, 0) ||
			    (parse_number(pattern, &tid) && tid == (uint64_t)thread->tid))
				return true;
		}
		p += length;
	}
	return !filter;
}

/* Decimal digits with at most nine behind the point; *text moves behind them. */
static bool parse_decimal(const char **text, int64_t scale_ns, int64_t *out_ns)
{
	const char *p = *text;
	int64_t whole = 0, part = 0, part_scale = scale_ns;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *p - '0', &whole))
			return false;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++) {
			part_scale /= 10;
			part += (*p - '0') * part_scale;
		}
	*text = p;
	return !__builtin_mul_overflow(whole, scale_ns, &whole) &&
	       !__builtin_add_overflow(whole, part, out_ns);
}

static int64_t unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = { { "", 1000000000 }, { "s", 1000000000 }, { "ms", 1000000 },
		      { "us", 1000 }, { "ns", 1 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].name))
			return units[i].ns;
	return 0;
}

static bool parse_bound(struct time_bound *out, const char *text)
{
	const char *p = text + (*text == '+');
	const char *unit = p + strspn(p, "0123456789.");
	bool percent = !strcmp(unit, "%") && p == text;
	int64_t scale_ns = percent ? 1000000000 : unit_ns(unit);

	if (!*text) {
		out->kind = BOUND_OPEN;
		return true;
	}
	out->kind = percent ? BOUND_PERCENT : p > text ? BOUND_RELATIVE : BOUND_ABSOLUTE;
	if (!scale_ns || !parse_decimal(&p, scale_ns, &out->ns) || p != unit)
		return false;
	out->percent = percent ? (double)out->ns / 1e9 : 0;
	return !percent || out->percent <= 100;
}

static bool is_backwards(const struct time_filter *f)
{
	if (f->from.kind == BOUND_OPEN || f->from.kind != f->to.kind)
		return false;
	return f->from.ns > f->to.ns;
}

int time_filter_parse(struct time_filter *out, const char *text)
{
	char from[64], *to;

	*out = (struct time_filter){ .from = { .kind = BOUND_OPEN }, .to = { .kind = BOUND_OPEN } };
	if (!text)
		return 0;
	snprintf(from, sizeof(from), "%s", text);
	to = strchr(from, ',');
	if (!to)
		to = strchr(from, '-');
	if (strlen(text) >= sizeof(from) || !to)
		goto unclear;
	*to++ = '\0';
	if (!parse_bound(&out->from, from) || !parse_bound(&out->to, to))
		goto unclear;
	if (is_backwards(out))
		return err(-EINVAL, "the time range '%s' ends before it begins", text);
	return 0;
unclear:
	return err(-EINVAL, "'%s' is no time range: write FROM,TO such as '+1.5s,+2s', '10%%-20%%' "
		   "or '1700000000.5,' (seconds since 1970, open end)", text);
}

int time_bound_parse(struct time_bound *out, const char *text)
{
	*out = (struct time_bound){ .kind = BOUND_OPEN };
	if (!text || (*text && parse_bound(out, text)))
		return 0;
	return err(-EINVAL, "'%s' is no time: write one such as '+1.5s', '10%%' or '1700000000.5' (seconds since 1970)",
		   text);
}

int64_t time_bound_resolve(const struct time_bound *bound, int64_t begin_ns, int64_t end_ns,
			   int64_t open_ns)
{
	uint64_t span_ns;
	double part_ns;
	int64_t ns;

	switch (bound->kind) {
	case BOUND_ABSOLUTE:
		return bound->ns;
	case BOUND_RELATIVE:
		return __builtin_add_overflow(begin_ns, bound->ns, &ns) ? INT64_MAX : ns;
	case BOUND_PERCENT:
		/* The span may be more than 63 bits hold. */
		span_ns = (uint64_t)end_ns - (uint64_t)begin_ns;
		part_ns = (double)span_ns * bound->percent / 100;
		return (int64_t)((uint64_t)begin_ns + (part_ns < (double)span_ns ? (uint64_t)part_ns : span_ns));
	default:
		return open_ns;
	}
}
