/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

static struct {
	const char *fields, *around;
	bool explain, brackets, fold;
	uint64_t limit, context, min_wait_ns;
} options;

static int read_and_print(struct gilscope *g, const struct gilscope_battle_options *o)
{
	struct gilscope_page page;
	int r, closed;

	paper_open(&page);
	r = gilscope_add_battle(g, &page, o);
	if (!r)
		r = reading_run(g);
	closed = paper_close();
	return r ? r : closed;
}

static int run(int argc, char **argv)
{
	const struct gilscope_battle_options o = {
		.size = sizeof(o), .fields = options.fields, .limit = options.limit,
		.explain = options.explain, .brackets = options.brackets, .fold = options.fold,
		.around = options.around, .min_wait_ns = options.min_wait_ns, .context = options.context,
	};
	cleanup(gilscopep) struct gilscope *g = NULL;
	int status = paper_check();

	if (!status && gilscope_check_battle(&o))
		status = EXIT_USAGE;
	if (!status)
		status = reading_choose(argc, argv);
	if (!status)
		status = reading_open(&g, &(struct reading_wishes){ .prints = true, .only_listen = true });
	if (status)
		return status;
	if (read_and_print(g, &o))
		return EXIT_RUNTIME;
	reading_warn(g);
	return reading_status(g);
}

static const struct cli_option table[] = {
	{ "explain", 'e', CLI_FLAG, NULL, "say in sentences what happens, and tie signals to retries",
	  &options.explain },
	{ "brackets", 'b', CLI_FLAG, NULL, "tie each RELEASE to the RETRY that it caused, in a margin",
	  &options.brackets },
	{ "fold", 0, CLI_FLAG, NULL, "one line for rounds that repeat: how many more, and how long they took",
	  &options.fold },
	{ "around", 0, CLI_STRING, "TIME", "only the lines around it: +1.5s from the begin, 10%, or since 1970",
	  &options.around },
	{ "min-wait", 0, CLI_DURATION, "DURATION",
	  "only attempts that waited so long, with what happened meanwhile", &options.min_wait_ns },
	{ "context", 0, CLI_COUNT, "LINES",
	  "before and after --around (default: 20); the last of each wait (1000)", &options.context },
	{ "fields", 'F', CLI_STRING, "LIST", "+time,+delta,+cpu,+tid add columns; -tick takes one away",
	  &options.fields },
	{ "limit", 'n', CLI_COUNT, "LINES", "stop after so many lines", &options.limit },
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope battle | head -n 40", "the first forty lines",
	"gilscope battle --explain", "the same, told to somebody who sees it for the first time",
	"gilscope battle --fields +time,+delta,+cpu", "when, how long after the line before, on which CPU",
	"gilscope battle --around +1.5s --brackets --fold", "how it went on then, and who signalled whom",
	"gilscope battle --min-wait 10ms --fields +delta", "the long waits, each with what happened during it",
	"gilscope battle --thread 't1,worker-*' --time +1.5s,+1.6s", "these threads in a tenth of a second",
	NULL,
};

const struct cli_command cmd_battle = {
	.name = "battle",
	.arguments = "[TRACE]",
	.summary = "Print the fight for the GIL, event by event",
	.text = "One line an event, in the columns of 2009: thread, tick, checks, EVENT.\n"
		"\n"
		"  ENTRY    the thread, which does not hold the GIL, wants it\n"
		"  BUSY     it found the GIL taken and goes to sleep\n"
		"  RETRY    it woke up, found the GIL taken still or again, and sleeps on\n"
		"  ACQUIRE  it has the GIL\n"
		"  RELEASE  it lets the GIL go\n"
		"  LEAVE    an attempt ended without the GIL (poke, gone, gil_off), or the thread\n"
		"           ended (thread_end)\n"
		"\n"
		"The tick is what was left of the check interval, '-' where the interpreter has no\n"
		"such counter (CPython 3.2 and later); checks is how many checks it has honoured.\n"
		"Lines that begin with '.....' are no events: thread switches, and what was lost.\n"
		"A thread has the name that it had then, t1 until the program names it; --explain says\n"
		"when that changes. The other commands use its last name throughout.\n"
		"From the trace's second GIL on, each line begins with [pid PID], or with\n"
		"[pid PID gil INDEX] where one process has several. Fields are always printed in\n"
		"the order time, delta, cpu, tid, thread, tick, checks, event; --fields time,event\n"
		"prints just these. Times are in seconds, from the first event of the trace.\n"
		"\n"
		"--explain and --brackets add a margin of nine columns: \"signal\" and a bracket lead\n"
		"from a RELEASE, which wakes a waiter up, to the RETRY of that waiter, who came too\n"
		"late, where at most 1,000 events are between. Without them the columns are all there is,\n"
		"on a terminal as in a pipe. --min-wait prints each wait as a block of its own, from\n"
		"ENTRY to ACQUIRE: where waits overlap, lines are repeated. A round is a RELEASE, an\n"
		"ENTRY and an ACQUIRE of one thread with nothing between; of those that repeat, --fold\n"
		"prints the first one, then \"14 more rounds like this, 18.1 us\".",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
