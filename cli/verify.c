/* SPDX-License-Identifier: MIT */
#include "analyzer/metrics.h"
#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

#include <inttypes.h>
#include <stdarg.h>

/* Prints a law with both its sides and keeps whether all held. */
struct court {
	const struct page *page;
	bool lawful;
};

__attribute__((format(printf, 3, 4)))
static void rule(struct court *c, bool holds, const char *fmt, ...)
{
	va_list ap;

	c->lawful &= holds;
	fprintf(c->page->out, "%s%-4s%s  ", text_ink(c->page, holds ? INK_GOOD : INK_BAD),
		holds ? "ok" : "FAIL", text_ink(c->page, INK_PLAIN));
	va_start(ap, fmt);
	vfprintf(c->page->out, fmt, ap);
	va_end(ap);
	fputc('\n', c->page->out);
}

static void judge_loss(struct court *c, const struct quality *q)
{
	const struct trace_end *e = &q->end;

	rule(c, !q->damage, "files: %s", q->damage ? q->damage : "all were read to their end");
	rule(c, !e->lost_events && !e->lost_packets && !e->loss_unknown,
	     "lost: %s%s %s and %s %s", e->loss_unknown ? "at least " : "", COUNT(e->lost_events),
	     PLURAL(e->lost_events, "event"), COUNT(e->lost_packets),
	     PLURAL(e->lost_packets, "packet"));
	if (q->absent || q->late)
		fprintf(c->page->out, "      %s of the program's processes not in it, %s not from their begin on\n",
			COUNT(q->absent), COUNT(q->late));
	if (q->begins_late)
		fputs("      it begins in the middle: what was before is not in it\n", c->page->out);
}

static void judge_events(struct court *c, const struct metrics *metrics, const struct trace_end *e)
{
	const char *const *texts;
	size_t n = metrics_violations(metrics, &texts);

	rule(c, !e->violations, "unlawful: %s of %s %s", COUNT(e->violations), COUNT(e->events),
	     PLURAL(e->events, "event"));
	for (size_t i = 0; i < n; i++)
		fprintf(c->page->out, "      %s\n", NAME(c->page, texts[i]));
	if (n && e->violations > n)
		fprintf(c->page->out, "      ... and %s more\n", COUNT(e->violations - n));
}

static void judge_counts(struct court *c, const struct trace_end *e)
{
	uint64_t entries = e->events_by_kind[GIL_ENTRY], acquires = e->events_by_kind[GIL_ACQUIRE];
	uint64_t releases = e->events_by_kind[GIL_RELEASE];

	rule(c, entries + e->attempts_found == acquires + e->attempts_left + e->pokes +
	     e->attempts_cut + e->still_waiting,
	     "attempts: %s ENTRY + %s begun unseen = %s ACQUIRE + %s left + %s pokes + %s cut + "
	     "%s still waiting", COUNT(entries), COUNT(e->attempts_found), COUNT(acquires),
	     COUNT(e->attempts_left), COUNT(e->pokes), COUNT(e->attempts_cut), COUNT(e->still_waiting));
	rule(c, acquires + e->holds_found == releases + e->holds_cut + e->still_holding,
	     "holds: %s ACQUIRE + %s begun unseen = %s RELEASE + %s cut + %s still held",
	     COUNT(acquires), COUNT(e->holds_found), COUNT(releases), COUNT(e->holds_cut),
	     COUNT(e->still_holding));
}

static void judge_lives(struct court *c, const struct metrics *metrics)
{
	const struct thread_metrics *threads;
	size_t n = metrics_threads(metrics, &threads);
	uint64_t lives = 0, states = 0;
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		uint64_t sum = 0;

		for (int s = 0; s < THREAD_STATES; s++)
			sum += threads[i].state_ns[s];
		all &= sum == threads[i].life_ns;
		lives += threads[i].life_ns;
		states += sum;
	}
	rule(c, all, "lives: the states of %zu %s sum to %s ns, their lives to %s ns", n, PLURAL(n, "thread"),
	     COUNT(states), COUNT(lives));
}

static void judge_gils(struct court *c, const struct metrics *metrics)
{
	const struct gil_metrics *gils;
	size_t n = metrics_gils(metrics, &gils);

	for (size_t i = 0; i < n; i++) {
		uint64_t wall = (uint64_t)(gils[i].last_ns - gils[i].first_ns);

		rule(c, gils[i].held_ns <= wall, "GIL %" PRIu32 " of process %" PRId32 ": held %s of %s ns",
		     gils[i].info.index, gils[i].info.pid, COUNT(gils[i].held_ns), COUNT(wall));
		if (!gil_shows_retries(&gils[i].info))
			fputs("      its failed wake-ups (RETRY) cannot be seen: no law speaks of them\n",
			      c->page->out);
		if (gils[i].info.flags & GIL_FLAG_MORE_GILS)
			rule(c, false, "process %" PRId32 ": had more GILs at a time than can be told "
			     "apart; the further ones were not recorded", gils[i].info.pid);
	}
}

static bool judge(const struct metrics *metrics, const struct quality *quality,
		  const struct page *page)
{
	struct court c = { page, true };

	judge_loss(&c, quality);
	judge_events(&c, metrics, &quality->end);
	judge_counts(&c, &quality->end);
	judge_lives(&c, metrics);
	judge_gils(&c, metrics);
	fprintf(page->out, "%s is %s.\n", reading_path(),
		c.lawful ? "complete and lawful" : "incomplete or unlawful");
	return c.lawful;
}

static int run(int argc, char **argv)
{
	cleanup(metrics_freep) struct metrics *metrics = NULL;
	struct quality quality;
	struct page page;
	bool lawful;
	int status = paper_check();

	if (!status)
		status = reading_choose(argc, argv);
	if (status)
		return status;
	if (metrics_new(&metrics) ||
	    reading_run((struct sink *[]){ metrics_sink(metrics) }, 1, false, &quality))
		return EXIT_RUNTIME;
	paper_open(&page);
	lawful = judge(metrics, &quality, &page);
	if (paper_close())
		return EXIT_RUNTIME;
	return lawful ? EXIT_OK : EXIT_LOSS;
}

static const struct cli_option table[] = {
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope verify && gilscope report", "look only at what can be trusted",
	NULL,
};

const struct cli_command cmd_verify = {
	.name = "verify",
	.arguments = "[TRACE]",
	.summary = "Check that a trace is complete and lawful",
	.text = "Prints each law with both its sides. A trace may begin and end in the middle: what\n"
		"began unseen, or was cut off by a hole, is counted and stands in the law. Exits\n"
		"with 3 when something was lost or is unlawful, 1 when the trace cannot be read.",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
