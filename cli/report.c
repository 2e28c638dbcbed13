/* SPDX-License-Identifier: MIT */
#include "viz/report.h"

#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

static int print(const struct metrics *metrics, const struct quality *quality)
{
	struct page page;
	int r, closed;

	paper_open(&page);
	r = report_print(metrics, quality, &page);
	closed = paper_close();
	return r ? r : closed;
}

static int run(int argc, char **argv)
{
	cleanup(metrics_freep) struct metrics *metrics = NULL;
	struct quality quality;
	int status = paper_check();

	if (!status)
		status = reading_choose(argc, argv);
	if (status)
		return status;
	if (metrics_new(&metrics) ||
	    reading_run((struct sink *[]){ metrics_sink(metrics) }, 1, false, &quality) ||
	    print(metrics, &quality))
		return EXIT_RUNTIME;
	return reading_status(&quality);
}

static const struct cli_option table[] = {
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope report", "who waited how long for whom, in ./gil.trace",
	"gilscope report --thread 'worker-*' --time 10%-20%", "these threads, in a part of the trace",
	"gilscope report --strict other.trace > report.txt", "fail with 3 when the trace is not whole",
	NULL,
};

const struct cli_command cmd_report = {
	.name = "report",
	.arguments = "[TRACE]",
	.summary = "Say which thread waited how long for whom",
	.text = "For each GIL of the trace: a verdict in one sentence, a summary, a table of threads\n"
		"and who waited while the GIL was held by whom; then how good the data are.\n"
		"\n"
		"  busy     attempts that found the GIL taken and went to sleep\n"
		"  retries  wake-ups that found it taken still or again; failed = busy + retries\n"
		"  checks   times the interpreter offered the GIL to others; badness = failed / checks\n"
		"  ticks    executed while holding ('-' where the interpreter counts none)\n"
		"  waiting  from wanting the GIL to having it, where it was found taken\n"
		"  holding  from having the GIL to letting it go",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
