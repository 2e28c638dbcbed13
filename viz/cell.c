/* SPDX-License-Identifier: MIT */
#include "viz/cell.h"

#include <string.h>

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

bool cell_is_share(const struct column *c)
{
	static const char *const shares[] = {
		"utilisation", "contention", "dead_ratio", "hold_ratio", "wait_ratio", "hold_share",
		"hold_share_max", "progress_ratio", NULL,
	};

	return is_one_of(c->name, shares);
}

bool cell_is_time(const struct column *c)
{
	static const char *const times[] = { "first_ns", "last_ns", "from_ns", "to_ns", NULL };
	const char *at = strstr(c->name, "_at_ns");

	return c->type == COLUMN_NS && (is_one_of(c->name, times) || (at && !at[strlen("_at_ns")]));
}

const char *cell_ratio(char *buffer, size_t size, double ratio)
{
	if (ratio >= 99.95)
		snprintf(buffer, size, "%s", COUNT((uint64_t)(ratio + 0.5)));
	else
		snprintf(buffer, size, "%.*f", ratio < 0.9995 ? 3 : ratio < 9.995 ? 2 : 1, ratio);
	return buffer;
}

const char *cell_text(char *buffer, size_t size, const struct page *page, const struct column *c,
		      struct value v)
{
	if (!v.known)
		snprintf(buffer, size, "-");
	else if (c->type == COLUMN_TEXT)
		text_name(buffer, size, page, v.text);
	else if (c->type == COLUMN_FLAG)
		snprintf(buffer, size, "%s", v.flag ? "yes" : "no");
	else if (cell_is_share(c))
		snprintf(buffer, size, "%.1f %%", 100 * v.ratio);
	else if (c->type == COLUMN_RATIO)
		cell_ratio(buffer, size, v.ratio);
	else if (cell_is_time(c))
		snprintf(buffer, size, "+%.6f s", (double)v.count / 1e9);
	else if (c->type == COLUMN_NS)
		text_duration(buffer, size, v.count);
	else if (c->type == COLUMN_COUNT && strcmp(c->name, "tid") && strcmp(c->name, "pid"))
		text_count(buffer, size, v.count);
	else
		snprintf(buffer, size, "%s", column_number((char[COLUMN_TEXT_SIZE]){ 0 }, c, v));
	return buffer;
}

bool cell_says_nothing(const struct column *c, const void *row, const struct gil_info *gil)
{
	if (c->statistic && c->type == COLUMN_NS)
		return !histogram_count(*(struct histogram *const *)((const char *)row + c->offset));
	if (!strncmp(c->name, "retries", strlen("retries")))
		return !gil_shows_retries(gil) && strcmp(c->name, "retries_visible") != 0;
	return !strncmp(c->name, "ticks", strlen("ticks")) && c->type != COLUMN_FLAG &&
	       !gil_is_ticked(gil);
}
