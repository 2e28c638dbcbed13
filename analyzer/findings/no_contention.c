/* SPDX-License-Identifier: MIT */
/* Nothing else was found: who asks wants to know that, and how sure it is. */
#include "analyzer/findings/detector.h"
#include "analyzer/findings/words.h"

/* Of a contended wait, in any of its threads. */
static uint64_t longest_wait(const struct results *r, const struct rows *threads)
{
	uint64_t max_ns = 0;

	for (size_t i = 0; i < threads->n; i++) {
		uint64_t ns = histogram_max(r->threads[threads->list[i].row].wait_contended_ns);

		if (ns > max_ns)
			max_ns = ns;
	}
	return max_ns;
}

static bool all_selected(const struct results *r, const struct rows *threads)
{
	for (size_t i = 0; i < threads->n; i++)
		if (!r->threads[threads->list[i].row].info.selected)
			return false;
	return true;
}

/* Why there may be more than was seen; "" where there is no reason to think so. */
static const char *doubt(const struct results *r)
{
	if (r->quality->end.lost_events || r->quality->end.lost_packets || r->quality->end.loss_unknown)
		return " But events were lost: there may have been more.";
	if (r->quality->damage)
		return " But a file of the trace is damaged: there may have been more.";
	return "";
}

static void say(struct finding *found, const struct results *r, const struct gil_metrics *gil,
		const struct rows *threads)
{
	const char *who = all_selected(r, threads) ? "nobody" : "none of the selected threads";

	if (!gil->acquisitions && !gil->held_ns)
		SAY(found->verdict, "Nothing to tell: %s was seen to take the GIL.%s", who, doubt(r));
	else if (!gil->failed && !gil->waiting_ns)
		SAY(found->verdict, "No contention: %s ever waited for the GIL. The GIL is not your problem.%s", who, doubt(r));
	else
		SAY(found->verdict, "No contention to speak of: all waits for the GIL sum to %s in %s (%s), the longest took %s. The GIL is not your problem.%s",
		    DURATION(gil->waiting_ns), DURATION(gil->wall_ns), PERCENT(gil->waiting_ns, gil->wall_ns),
		    DURATION(longest_wait(r, threads)), doubt(r));
	SAY(found->evidence, "The GIL: acquisitions %s, contended %s, failed_attempts %s, waiting_ns %s, utilisation %s, contention %s.",
	    COUNT(gil->acquisitions), COUNT(gil->acquisitions_contended), COUNT(gil->failed),
	    DURATION(gil->waiting_ns), SHARE(gil->utilisation), SHARE(gil->contention));
	if (gil->acquisitions || gil->held_ns)
		SAY(found->advice, "If the program is slow, look for what its threads do, or wait for, without the GIL: I/O, locks, the processor.");
	else
		SAY(found->advice, "Record the program while it runs Python code, and from its begin: gilscope record COMMAND.");
}

static int look(struct findings *out, const struct results *r, const struct gil_metrics *gil)
{
	const struct rows threads = findings_threads(out);
	struct finding found = { .from_ns = gil->first_ns, .to_ns = gil->last_ns };

	if (findings_count(out))
		return 0;
	say(&found, r, gil, &threads);
	return findings_add(out, &found);
}

const struct detector detect_no_contention = { .name = "no_contention", .look = look };
