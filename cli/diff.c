/* SPDX-License-Identifier: MIT */
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

enum { NOT_SAID = -1 };

static struct {
	struct cli_words fields, sort;
	uint64_t limit;
} options = { .limit = (uint64_t)NOT_SAID };

/* What the options say. @return EXIT_OK, or EXIT_USAGE with a sentence. */
static int understand(struct gilscope_diff_options *o)
{
	if (options.sort.n > 1)
		return cli_usage("--sort takes one column here");
	*o = (struct gilscope_diff_options){
		.size = sizeof(*o), .fields = options.fields.words, .sort = options.sort.words[0],
	};
	if (options.limit != (uint64_t)NOT_SAID)
		o->limit = options.limit ? options.limit : GILSCOPE_ALL;
	return gilscope_check_diff(o) ? EXIT_USAGE : EXIT_OK;
}

/* That both are there is found out before either is read. */
static int read_both(struct gilscope *traces[READING_TRACES])
{
	int status = EXIT_OK;

	for (int i = 0; i < READING_TRACES && !status; i++) {
		reading_turn_to(i);
		status = reading_open(&traces[i], &(struct reading_wishes){ .prints = false, .course = true });
	}
	for (int i = 0; i < READING_TRACES && !status; i++)
		status = reading_run(traces[i]) ? EXIT_RUNTIME : EXIT_OK;
	return status;
}

static int print(struct gilscope *const traces[READING_TRACES], const struct gilscope_diff_options *o)
{
	struct gilscope_page page;
	int r, closed;

	paper_open(&page);
	r = gilscope_print_diff(traces[0], traces[1], &page, o);
	closed = paper_close();
	return r || closed ? EXIT_RUNTIME : EXIT_OK;
}

/* The worse of both. */
static int judge(struct gilscope *const traces[READING_TRACES])
{
	int status = EXIT_OK;

	for (int i = 0; i < READING_TRACES; i++) {
		reading_warn(traces[i]);
		if (!status)
			status = reading_status(traces[i]);
	}
	return status;
}

static int run(int argc, char **argv)
{
	struct gilscope *traces[READING_TRACES] = { NULL };
	struct gilscope_diff_options o;
	int status = paper_check();

	if (!status && (columns_asked(&options.fields) || columns_asked(&options.sort)))
		return columns_print();
	if (!status)
		status = understand(&o);
	if (!status)
		status = reading_choose_two(argc, argv);
	if (!status)
		status = read_both(traces);
	if (!status)
		status = print(traces, &o);
	if (!status)
		status = judge(traces);
	for (int i = 0; i < READING_TRACES; i++)
		gilscope_free(traces[i]);
	return status;
}

static const struct cli_option table[] = {
	{ "sort", 's', CLI_WORDS, "COLUMN", "threads: the largest change of it first; +COLUMN: the smallest",
	  &options.sort },
	{ "fields", 'F', CLI_WORDS, "LIST", "columns of the threads; +COLUMN adds, -COLUMN takes one away",
	  &options.fields },
	{ "limit", 'n', CLI_COUNT, "N", "show N threads (usual: 20); 0: all", &options.limit },
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope diff before.trace after.trace", "what the change did to the GIL and to each thread",
	"gilscope diff", "./gil.trace.old, which record has put aside, and ./gil.trace",
	"gilscope diff --thread 'worker-*' --fields wait_p99,hold_p99 a.trace b.trace",
	"these threads, by the tails of their waits and holds",
	NULL,
};

const struct cli_command cmd_diff = {
	.name = "diff",
	.arguments = "[TRACE TRACE]",
	.summary = "Compare two recordings",
	.text = "Two recordings side by side, A and B: the metrics of each GIL, then those of each\n"
		"thread, as they are, as a difference and in per cent of A. GILs are matched by their\n"
		"order, threads by their name, the rest by their order; who has no partner is listed.\n"
		"\n"
		"A * marks where one is more than 1.5 times the other, beyond the noise within both:\n"
		"  counts       and sums of time, and ratios made of them: by more than 3 sigma, as they\n"
		"               vary between 16 parts of a recording (counts: at least 3 sqrt(A + B))\n"
		"  times        also by more than a hundredth of the shorter recording; ratios: by 0.01\n"
		"  means        of waits, holds and hand-overs: by more than 3 standard errors\n"
		"  percentiles  of these: each outside of the ranks where the other could be (3 sigma)\n"
		"A min or max is never marked. What else ran on the machine may change as much: record\n"
		"each twice to know.\n"
		"\n"
		"A COLUMN is a number of the threads, such as wait_p99_ns; '_ns' may be left off.\n"
		"--fields help lists the names; docs/metrics.md, installed in share/doc/gilscope,\n"
		"defines them.\n"
		"The filters are used on both recordings.",
	.options = table,
	.common = READING_FILTERS,
	.run = run,
	.examples = examples,
};
