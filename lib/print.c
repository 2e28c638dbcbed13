/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "lib/handle.h"
#include "viz/battle_pick.h"
#include "viz/diff.h"
#include "viz/report/report.h"
#include "viz/rule.h"
#include "viz/laws.h"

/* ---- while it is read ------------------------------------------------------------------ */

static int check_choice(const struct gilscope_battle_options *o)
{
	if (o->around && o->min_wait_ns)
		return err(GILSCOPE_E_OPTION, "either the events around a time, or those of long waits");
	if (o->context && !o->around && !o->min_wait_ns)
		return err(GILSCOPE_E_OPTION, "a context goes with a time (around) or with long waits (min-wait)");
	if (o->context > PICK_MOST)
		return err(GILSCOPE_E_OPTION, "the context has at most %s lines", COUNT(PICK_MOST));
	return 0;
}

static int take_battle(struct battle_options *ours, const struct gilscope_battle_options *options)
{
	struct gilscope_battle_options theirs;
	const char *bad;
	int r = handle_take(&theirs, sizeof(theirs), options);

	*ours = (struct battle_options){
		.fields = BATTLE_FIELDS, .limit = theirs.limit, .explain = theirs.explain,
		.brackets = theirs.brackets, .fold = theirs.fold, .min_wait_ns = theirs.min_wait_ns,
		.context = (size_t)theirs.context,
	};
	if (!r && theirs.fields && battle_parse_fields(theirs.fields, &ours->fields, &bad))
		r = err(GILSCOPE_E_OPTION, "unknown field '%.*s'; there are time, delta, cpu, tid, thread, "
			"tick, checks and event", (int)strcspn(bad, ","), bad);
	if (!r && time_bound_parse(&ours->around, theirs.around))
		r = GILSCOPE_E_OPTION;
	return r ? r : check_choice(&theirs);
}

int gilscope_check_battle(const struct gilscope_battle_options *options)
{
	struct battle_options ours;

	return take_battle(&ours, options);
}

int gilscope_add_battle(struct gilscope *g, const struct gilscope_page *their_page,
			const struct gilscope_battle_options *options)
{
	struct battle_options ours;
	struct page page;
	int r = handle_check_early(g);

	if (!r && g->battle)
		r = err(-EINVAL, "the battle is printed already");
	if (!r)
		r = handle_take_page(&page, their_page);
	if (!r)
		r = take_battle(&ours, options);
	g->battle_in_percent = !r && ours.around.kind == BOUND_PERCENT;
	return r ? r : battle_new(&g->battle, &page, &ours);
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

int gilscope_print_laws(const struct gilscope *g, const struct gilscope_page *their_page, bool *lawful)
{
	struct page page;
	int r = handle_check_done(g, true);

	if (!r)
		r = handle_take_page(&page, their_page);
	if (!r)
		*lawful = laws_print(handle_results(g), &page);
	return r;
}

/* ---- the report --------------------------------------------------------------------------- */

static size_t length(const char *const *words)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	return n;
}

static size_t limit_of(uint64_t limit)
{
	return limit < SIZE_MAX ? (size_t)limit : SIZE_MAX;
}

/* @return 0, or GILSCOPE_E_OPTION with the sentence of the parser. */
static int understand(struct choice *fields, const char *const *their_fields, struct order *order,
		      const char *const *their_sort)
{
	const struct table_columns *threads = table_find("threads");

	if (choice_parse(fields, threads, their_fields, length(their_fields)))
		return GILSCOPE_E_OPTION;
	if (length(their_sort) && order_parse(order, threads, their_sort, length(their_sort)))
		return GILSCOPE_E_OPTION;
	return 0;
}

static int take_report(struct report_options *ours, const struct gilscope_report_options *options)
{
	struct gilscope_report_options theirs;
	int r = handle_take(&theirs, sizeof(theirs), options);

	report_default(ours);
	if (theirs.limit)
		ours->limit = limit_of(theirs.limit);
	return r ? r : understand(&ours->fields, theirs.fields, &ours->order, theirs.sort);
}

int gilscope_check_report(const struct gilscope_report_options *options)
{
	struct report_options ours;

	return take_report(&ours, options);
}

int gilscope_print_report(const struct gilscope *g, const struct gilscope_page *their_page,
			  const struct gilscope_report_options *options)
{
	struct report_options ours;
	struct page page;
	int r = handle_check_done(g, true);

	if (!r)
		r = handle_take_page(&page, their_page);
	if (!r)
		r = take_report(&ours, options);
	if (r)
		return r;
	ours.by_gil = g->options.gil;
	ours.by_time = g->options.time;
	ours.by_recording = handle_recording(g);
	return report_print(handle_results(g), &ours, &page);
}

/* ---- two of them ---------------------------------------------------------------------------- */

static int take_diff(struct diff_options *ours, const struct gilscope_diff_options *options)
{
	struct gilscope_diff_options theirs;
	int r = handle_take(&theirs, sizeof(theirs), options);

	diff_default(ours);
	if (theirs.limit)
		ours->limit = limit_of(theirs.limit);
	return r ? r : understand(&ours->fields, theirs.fields, &ours->order,
				  (const char *const[]){ theirs.sort, NULL });
}

int gilscope_check_diff(const struct gilscope_diff_options *options)
{
	struct diff_options ours;

	return take_diff(&ours, options);
}

int gilscope_print_diff(const struct gilscope *a, const struct gilscope *b,
			const struct gilscope_page *their_page, const struct gilscope_diff_options *options)
{
	struct diff_options ours;
	struct page page;
	int r = handle_check_done(a, true);

	if (!r)
		r = handle_check_done(b, true);
	if (!r)
		r = handle_take_page(&page, their_page);
	if (!r)
		r = take_diff(&ours, options);
	return r ? r : diff_print(handle_results(a), handle_results(b), &ours, &page);
}

/* ---- rules ------------------------------------------------------------------------------------ */

int gilscope_check_rule(const char *rule, bool course)
{
	struct rule ours;

	return rule_parse(&ours, rule, course) ? GILSCOPE_E_OPTION : 0;
}

const char *gilscope_finding_name(size_t finding)
{
	size_t i = 0;

	while (i < finding && findings_name(i))
		i++;
	return findings_name(i);
}

int gilscope_test_rule(const struct gilscope *g, const char *rule, const struct gilscope_page *their_page,
		       bool *pass)
{
	struct rule ours;
	struct page page;
	int r = handle_check_done(g, true);

	if (!r)
		r = handle_take_page(&page, their_page);
	if (!r && rule_parse(&ours, rule, g->options.course))
		r = GILSCOPE_E_OPTION;
	if (!r)
		*pass = rule_check(&ours, handle_results(g), &page);
	return r;
}
