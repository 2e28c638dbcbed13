/* SPDX-License-Identifier: MIT */
#include "viz/timeline.h"

#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

#include <string.h>

static struct {
	const char *axis;
	uint64_t limit;
} options = { .axis = "time", .limit = 20 };

static int print(const struct timeline *timeline, const struct quality *quality)
{
	struct page page;
	int r, closed;

	paper_open(&page);
	r = timeline_print(timeline, quality, &page);
	closed = paper_close();
	return r ? r : closed;
}

static int run(int argc, char **argv)
{
	cleanup(timeline_freep) struct timeline *timeline = NULL;
	struct timeline_options o = { TIMELINE_TIME, options.limit };
	struct quality quality;
	int status = paper_check();

	if (!strcmp(options.axis, "ticks"))
		o.axis = TIMELINE_TICKS;
	else if (strcmp(options.axis, "time"))
		return cli_usage("--axis wants time or ticks, not '%s'", options.axis);
	if (!status)
		status = reading_choose(argc, argv);
	if (status)
		return status;
	if (timeline_new(&timeline, &o) ||
	    reading_run((struct sink *[]){ timeline_sink(timeline) }, 1, false, &quality) ||
	    print(timeline, &quality))
		return EXIT_RUNTIME;
	reading_warn(&quality);
	return reading_status(&quality);
}

static const struct cli_option table[] = {
	{ "axis", 0, CLI_STRING, "AXIS", "time (the default), or ticks executed by all threads",
	  &options.axis },
	{ "limit", 'n', CLI_COUNT, "RUNS", "list so many runs of each thread (default: 20; 0: all)",
	  &options.limit },
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope timeline", "the whole trace, as wide as the terminal",
	"gilscope timeline --axis ticks --time +0.1s,+0.2s", "a tenth of a second, in ticks",
	"gilscope timeline --limit 0 --width 200 > timeline.txt", "wider, with every run",
	NULL,
};

const struct cli_command cmd_timeline = {
	.name = "timeline",
	.arguments = "[TRACE]",
	.summary = "Draw one lane per thread, and list its runs",
	.text = "A lane shows what its thread did most of the time in each column: it held the GIL,\n"
		"waited for it, or was outside (it computed without the GIL, slept, did I/O, or had\n"
		"let the GIL go and got no CPU to ask for it again).\n"
		"An exclamation mark stands where it did not hold the GIL most of the time and\n"
		"failed to get it; the row below the lanes counts the failed attempts of all\n"
		"threads. Columns to the right: the shares of the whole axis.\n"
		"\n"
		"A run is what one thread holds until another one acquires: its holds, the ticks and\n"
		"checks in them, and the attempts of others that failed during it. Where the\n"
		"interpreter counts no ticks (CPython 3.2 and later), the column is '-'.",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
