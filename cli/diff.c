/* SPDX-License-Identifier: MIT */
#include "viz/diff.h"

#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

enum { NOT_SAID = -1 };

static struct {
	struct cli_words fields, sort;
	uint64_t limit;
} options = { .limit = (uint64_t)NOT_SAID };

static struct study *studies[READING_TRACES];

static int understand(struct diff_options *o)
{
	const struct table_columns *threads = table_find("threads");

	if (options.sort.n > 1)
		return cli_usage("--sort takes one column here");
	diff_default(o);
	if (options.limit != (uint64_t)NOT_SAID)
		o->limit = options.limit ? options.limit : SIZE_MAX;
	if (choice_parse(&o->fields, threads, options.fields.words, options.fields.n) ||
	    (options.sort.n && order_parse(&o->order, threads, options.sort.words, options.sort.n)))
		return EXIT_USAGE;
	return EXIT_OK;
}

static int read_both(void)
{
	int r = 0;

	for (int i = 0; i < READING_TRACES && !r; i++) {
		reading_turn_to(i);
		r = reading_study(&studies[i], &(struct study_options){ .course = false });
	}
	return r;
}

static int print(const struct diff_options *o)
{
	struct page page;
	int r, closed;

	paper_open(&page);
	r = diff_print(study_results(studies[0]), study_results(studies[1]), o, &page);
	closed = paper_close();
	return r ? r : closed;
}

/* The worse of both. */
static int judge(void)
{
	int status = EXIT_OK;

	for (int i = 0; i < READING_TRACES; i++) {
		const struct quality *quality = study_results(studies[i])->quality;

		reading_turn_to(i);
		reading_warn(quality);
		if (!status)
			status = reading_status(quality);
	}
	return status;
}

static int run(int argc, char **argv)
{
	struct diff_options o;
	int status = paper_check();

	if (!status)
		status = understand(&o);
	if (!status)
		status = reading_choose_two(argc, argv);
	if (!status)
		status = read_both() || print(&o) ? EXIT_RUNTIME : judge();
	for (int i = 0; i < READING_TRACES; i++)
		study_free(studies[i]);
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
		"A * marks a change of more than 10 % that is beyond the noise within the recordings:\n"
		"  counts       by more than 3 sqrt(A + B)\n"
		"  means        of waits, holds and hand-overs: by more than 3 standard errors\n"
		"  percentiles  of these: each outside of the ranks where the other could be (3 sigma)\n"
		"  times        by more than a hundredth of the shorter recording\n"
		"  shares       such as utilisation: by more than a hundredth of the whole\n"
		"Other ratios need the 10 % only; a min or max is never marked. Two runs of the same\n"
		"program may differ by more: record each twice to know.\n"
		"\n"
		"A COLUMN is one of the threads' names in docs/metrics.md; '_ns' may be left off.\n"
		"The filters are used on both recordings.",
	.options = table,
	.common = READING_FILTERS,
	.run = run,
	.examples = examples,
};
