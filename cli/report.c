/* SPDX-License-Identifier: MIT */
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

#include <string.h>

enum { NOT_SAID = -1 };

static struct {
	struct cli_words fields, sort, rules;
	uint64_t limit, by_ns;
} options = { .limit = (uint64_t)NOT_SAID, .by_ns = (uint64_t)NOT_SAID };

static bool wants_course(void)
{
	return options.by_ns != (uint64_t)NOT_SAID;
}

/* What the options say. @return EXIT_OK, or EXIT_USAGE with a sentence. */
static int understand(struct gilscope_report_options *o)
{
	*o = (struct gilscope_report_options){
		.size = sizeof(*o), .fields = options.fields.words, .sort = options.sort.words,
	};
	if (options.limit != (uint64_t)NOT_SAID)
		o->limit = options.limit ? options.limit : GILSCOPE_ALL;
	if (gilscope_check_report(o))
		return EXIT_USAGE;
	for (size_t i = 0; i < options.rules.n; i++)
		if (gilscope_check_rule(options.rules.words[i], wants_course()))
			return EXIT_USAGE;
	return EXIT_OK;
}

static int print(const struct gilscope *g, const struct gilscope_report_options *o)
{
	struct gilscope_page page;
	int r, closed;

	paper_open(&page);
	r = gilscope_print_report(g, &page, o);
	closed = paper_close();
	return r ? r : closed;
}

static bool check_rule(const struct gilscope *g, const char *rule)
{
	cleanup(freep) char *why = NULL;
	size_t size;
	struct gilscope_page page = { .size = sizeof(page), .out = open_memstream(&why, &size) };
	bool pass = false;

	if (!page.out) {
		fputs("gilscope: out of memory\n", stderr);
		return false;
	}
	gilscope_test_rule(g, rule, &page, &pass);
	fclose(page.out);
	if (!pass)
		fprintf(stderr, "gilscope: failed: %s", why);
	return pass;
}

/* All of them, so that one run says all that is wrong. */
static bool check_rules(const struct gilscope *g)
{
	bool pass = true;

	for (size_t i = 0; i < options.rules.n; i++)
		pass &= check_rule(g, options.rules.words[i]);
	return pass;
}

static int run(int argc, char **argv)
{
	cleanup(gilscopep) struct gilscope *g = NULL;
	struct reading_wishes wishes = { .prints = false };
	struct gilscope_report_options o;
	int status = paper_check();
	bool pass;

	if (!status && (columns_asked(&options.fields) || columns_asked(&options.sort)))
		return columns_print();
	if (!status)
		status = understand(&o);
	if (!status)
		status = reading_choose(argc, argv);
	if (wants_course())
		wishes = (struct reading_wishes){ .course = true, .course_ns = options.by_ns };
	if (!status)
		status = reading_open(&g, &wishes);
	if (status)
		return status;
	if (reading_run(g) || print(g, &o))
		return EXIT_RUNTIME;
	reading_warn(g);
	pass = check_rules(g);
	status = reading_status(g);
	/* What an incomplete trace breaks or keeps says little: --strict wins. */
	return status ? status : pass ? EXIT_OK : EXIT_RUNTIME;
}

static void list_findings(FILE *out)
{
	enum { WIDTH = 80 };
	const char *name;
	int at = fprintf(out, "The findings are");

	for (size_t i = 0; (name = gilscope_finding_name(i)); i++) {
		if (at + 2 + (int)strlen(name) > WIDTH)
			at = fprintf(out, "\n") - 1;
		at += fprintf(out, "%s%s%s", at ? " " : "", name, gilscope_finding_name(i + 1) ? "," : ".\n");
	}
}

static const struct cli_option table[] = {
	{ "sort", 's', CLI_WORDS, "COLUMN,...", "threads: the largest first; +COLUMN: the smallest first",
	  &options.sort },
	{ "fields", 'F', CLI_WORDS, "LIST", "columns of the threads; +COLUMN adds, -COLUMN takes one away",
	  &options.fields },
	{ "limit", 'n', CLI_COUNT, "N", "show N threads (usual: 20), pairs (10) and findings; 0: all",
	  &options.limit },
	{ "by", 0, CLI_DURATION, "WIDTH", "also the course over time, a row each 1s or 50ms; 0: as it suits",
	  &options.by_ns },
	{ "fail-if", 0, CLI_WORDS, "RULE", "exit with 1 when this is so; may be said many times",
	  &options.rules },
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope report", "what is wrong, and who waited how long for whom, in ./gil.trace",
	"gilscope report --thread 'worker-*' --time 10%-20%", "these threads, in a part of the trace",
	"gilscope report --sort hold_max --fields hold_p99,hold_max,overruns --limit 5",
	"the five threads with the longest holds",
	"gilscope report --by 1s", "how it went, second by second",
	"gilscope report --fail-if 'wait_contended_p99>10ms' --fail-if battle > report.txt",
	"for CI: 1 when a thread's p99 of contended waits is above 10 ms, or there was a battle",
	"gilscope report --strict other.trace > report.txt", "fail with 3 when the trace is not whole",
	NULL,
};

const struct cli_command cmd_report = {
	.name = "report",
	.arguments = "[TRACE]",
	.summary = "Say what is wrong with the GIL, and who waited how long for whom",
	.text = "The first line is the verdict. Then, for each GIL: a summary; the findings, the\n"
		"costliest first, each with the time to look at; the threads, who waited longest\n"
		"first; who waited while it was held by whom; how long the waits and holds were.\n"
		"Last, how good the data are.\n"
		"\n"
		"  busy     attempts that found the GIL taken and went to sleep\n"
		"  retries  wake-ups that found it taken still or again; failed = busy + retries\n"
		"  checks   times the interpreter offered the GIL to others; badness = failed / checks\n"
		"  ticks    executed while holding ('-' where the interpreter counts none)\n"
		"  waiting  from wanting the GIL to having it; 'contended': where it was found taken,\n"
		"           as in the sentences and in who waited for whom; 'all waits': also where it was free\n"
		"  holding  from having the GIL to letting it go\n"
		"\n"
		"A COLUMN is a number of the threads, such as wait_p99_ns or failed_attempts; '_ns'\n"
		"may be left off. hold, a distribution, is its total, p50, p99 and max. --fields help\n"
		"lists the names; docs/metrics.md, installed in share/doc/gilscope, defines them.\n"
		"\n"
		"A RULE is METRIC OP VALUE or the name of a finding. METRIC is a column of gils,\n"
		"threads, pairs, buckets (with --by), quality or trace: the first of these that\n"
		"has it, or TABLE.COLUMN; '_ns' may be left off, nothing else: wait_p99 is\n"
		"threads.wait_p99_ns, of all waits; wait_contended_p99 is of those that found the\n"
		"GIL taken; failed_attempts is the GIL's, threads.failed_attempts each thread's.\n"
		"OP is > >= < <= == or !=. VALUE is a duration with its unit (ns, us, ms, s), a\n"
		"number, for ratios also per cent, or true or false. Any row of the table breaks\n"
		"it. All rules are looked at; for each one that fails, stderr says where and what\n"
		"was measured. What is not known in the trace fails; but a ratio of 0 to 0 (badness\n"
		"where nobody failed and nothing was offered) breaks no rule. With --strict, 3 (the\n"
		"trace is not whole) comes before 1 (a rule).",
	.more = list_findings,
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
