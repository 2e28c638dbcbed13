/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "lib/handle.h"
#include "viz/verdict.h"

/* ---- while it is read ------------------------------------------------------------------ */

int gilscope_add_battle(struct gilscope *g, const struct gilscope_page *their_page,
			const struct gilscope_battle_options *options)
{
	struct battle_options o = { .fields = BATTLE_FIELDS };
	struct gilscope_battle_options theirs;
	struct page page;
	const char *bad;
	int r = handle_check_early(g);

	if (!r && g->battle)
		r = err(-EINVAL, "the battle is printed already");
	if (!r)
		r = handle_take_page(&page, their_page);
	if (!r)
		r = handle_take(&theirs, sizeof(theirs), options);
	if (r)
		return r;
	if (theirs.fields && battle_parse_fields(theirs.fields, &o.fields, &bad))
		return err(GILSCOPE_E_OPTION, "unknown field '%.*s'; there are time, delta, cpu, tid, "
			   "thread, tick, checks and event", (int)strcspn(bad, ","), bad);
	o.limit = theirs.limit;
	o.explain = theirs.explain;
	return battle_new(&g->battle, &page, &o);
}

int gilscope_add_timeline(struct gilscope *g, const struct gilscope_timeline_options *options)
{
	struct timeline_options o = { .axis = TIMELINE_TIME };
	struct gilscope_timeline_options theirs;
	int r = handle_check_early(g);

	if (!r && g->timeline)
		r = err(-EINVAL, "the timeline is collected already");
	if (!r)
		r = handle_take(&theirs, sizeof(theirs), options);
	if (r)
		return r;
	if (theirs.axis && !strcmp(theirs.axis, "ticks"))
		o.axis = TIMELINE_TICKS;
	else if (theirs.axis && strcmp(theirs.axis, "time"))
		return err(GILSCOPE_E_OPTION, "the axis is time or ticks, not '%s'", theirs.axis);
	o.limit = theirs.limit;
	return timeline_new(&g->timeline, &o);
}

/* ---- afterwards ------------------------------------------------------------------------ */

int gilscope_print_timeline(const struct gilscope *g, const struct gilscope_page *their_page)
{
	struct page page;
	int r = handle_check_done(g, false);

	if (!r && !g->timeline)
		r = err(-EINVAL, "no timeline was collected: call gilscope_add_timeline() before the run");
	if (!r)
		r = handle_take_page(&page, their_page);
	return r ? r : timeline_print(g->timeline, &g->quality, &page);
}

int gilscope_print_verdict(const struct gilscope *g, const struct gilscope_page *their_page, bool *lawful)
{
	struct page page;
	int r = handle_check_done(g, true);

	if (!r)
		r = handle_take_page(&page, their_page);
	if (!r)
		*lawful = verdict_print(handle_results(g), &page);
	return r;
}
