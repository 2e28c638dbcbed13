/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

#include <string.h>

static struct {
	const char *axis;
	uint64_t limit;
} options = { .axis = "time", .limit = 20 };

static int print(const struct gilscope *g)
{
	struct gilscope_page page;
	int r, closed;

	paper_open(&page);
	r = gilscope_print_timeline(g, &page);
	closed = paper_close();
	return r ? r : closed;
}

static int run(int argc, char **argv)
{
	const struct gilscope_timeline_options o = {
		.size = sizeof(o), .axis = options.axis, .limit = options.limit,
	};
	cleanup(gilscopep) struct gilscope *g = NULL;
	int status = paper_check();

	if (strcmp(options.axis, "ticks") && strcmp(options.axis, "time"))
		return cli_usage("--axis wants time or ticks, not '%s'", options.axis);
	if (!status)
		status = reading_choose(argc, argv);
	if (!status)
		status = reading_open(&g, &(struct reading_wishes){ .only_listen = true });
	if (status)
		return status;
	if (gilscope_add_timeline(g, &o) || reading_run(g) || print(g))
		return EXIT_RUNTIME;
	reading_warn(g);
	return reading_status(g);
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
		"failed to get it; a question mark where events are lost and nobody knows. Columns to\n"
		"the right: the shares of the whole axis, and the thread's failed attempts. Below the\n"
		"lanes, as heights up to the highest, whose value stands to the right (or 1 to 8 in\n"
		"ASCII), and at the end the value of the whole axis:\n"
		"\n"
		"  waiters  threads asleep waiting for the GIL, on average over the column\n"
		"  failed   failed attempts of all threads in the column\n"
		"  badness  these per check of the column, empty without a check: how often somebody\n"
		"           lost for each time that the GIL was offered\n"
		"  lost     x where events of the process are lost (on the axis of time)\n"
		"\n"
		"Where the interpreter counts ticks, a second ruler says how many were executed; on\n"
		"the axis of ticks it says when.\n"
		"\n"
		"A run is what one thread holds until another one acquires: its holds, the ticks and\n"
		"checks in them, and the attempts of others that failed during it. Where the\n"
		"interpreter counts no ticks (CPython 3.2 and later), the column is '-'.",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
