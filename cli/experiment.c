/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/paths.h"
#include "base/tree.h"
#include "cli/experiment/child.h"
#include "cli/experiment/experiment.h"
#include "cli/paper.h"
#include "cli/tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

const struct experiment *const experiments[] = {
	&experiment_talk,
	&experiment_latency,
	&experiment_bandwidth,
	&experiment_signals,
	&experiment_interval,
	NULL,
};

enum { RUNS_MOST = 1000 };

static struct cli_words designs, pythons;
static const char *cpu_list, *json_path;
static struct bench bench = { .runs = 5, .limit_ns = UINT64_C(120000000000) };

/* ---- which ------------------------------------------------------------------------------ */

static int list_experiments(void)
{
	for (const struct experiment *const *e = experiments; *e; e++)
		printf("%-10s %s\n", (*e)->name, (*e)->summary);
	return EXIT_OK;
}

static int choose(const char *name)
{
	char names[128];
	size_t length = 0;

	for (const struct experiment *const *e = experiments; *e; e++) {
		if (!strcmp((*e)->name, name)) {
			bench.experiment = *e;
			return EXIT_OK;
		}
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s", length ? ", " : "",
					   (*e)->name);
	}
	return cli_usage("there is no experiment '%s'; these are: %s", name, names);
}

static int check_options(void)
{
	int mark = err_mark();

	if (!bench.runs || bench.runs > RUNS_MOST)
		return cli_usage("--runs wants a number from 1 to %d", RUNS_MOST);
	if (!bench.limit_ns)
		return cli_usage("--time-limit wants more than no time");
	if (cpus_parse(&bench.cpus, cpu_list)) {
		cli_usage("%s", err_innermost());
		err_forget(mark);
		return EXIT_USAGE;
	}
	return paper_check();
}

/* ---- the folders -------------------------------------------------------------------------- */

static int make_folders(void)
{
	const char *where = getenv("TMPDIR");

	if (bench.keep && mkdir(bench.keep, 0777) && errno != EEXIST)
		return err(-errno, "cannot create '%s': %s", bench.keep, strerror(errno));
	where = where && *where ? where : "/tmp";
	if (snprintf(bench.folder, PATH_MAX, "%s/gilscope-experiment-XXXXXX", where) >= PATH_MAX - 64 ||
	    !mkdtemp(bench.folder)) {
		*bench.folder = '\0';
		return err(-EACCES, "cannot make a folder in '%s'", where);
	}
	return 0;
}

static void remove_folder(void)
{
	if (*bench.folder)
		tree_remove(bench.folder);
}

/* ---- the result ----------------------------------------------------------------------------- */

static int write_json(void)
{
	cleanup(filep) FILE *out = NULL;
	int fd, flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, r = paths_check_links(json_path);
	struct stat st;

	if (r)
		return r;
	/* What comes in its place now is not followed. */
	flags |= lstat(json_path, &st) || !S_ISLNK(st.st_mode) ? O_NOFOLLOW : 0;
	fd = open(json_path, flags, 0666);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return err(-errno, "cannot write '%s': %s", json_path, strerror(errno));
	if (table_write_json(&bench, out) || fflush(out))
		return err(-EIO, "cannot write '%s'", json_path);
	return 0;
}

static int print(void)
{
	struct gilscope_page paper;
	struct page page;
	int r, closed;

	if (json_path && !strcmp(json_path, "-"))
		return table_write_json(&bench, stdout);
	r = json_path ? write_json() : 0;
	paper_open(&paper);
	page = (struct page){ paper.out, paper.colour, paper.utf8, paper.width };
	if (!r)
		r = table_print(&bench, &page);
	closed = paper_close();
	return r ? r : closed;
}

static int verdict(void)
{
	for (size_t i = 0; i < bench.n_rows; i++)
		if (bench.rows[i].failure)
			return EXIT_RUNTIME;
	return EXIT_OK;
}

/* ---- the command ------------------------------------------------------------------------------ */

static int experiment(void)
{
	int status = make_folders() ? EXIT_RUNTIME :
		subjects_choose(&bench.subjects, &designs, &pythons, bench.folder);

	if (!status && bench_run(&bench))
		status = EXIT_RUNTIME;
	remove_folder();
	if (tracee_interrupted()) {
		err_clear();
		return tracee_interrupted();
	}
	if (!status)
		status = print() ? EXIT_RUNTIME : verdict();
	return status;
}

static int run(int argc, char **argv)
{
	int status;

	if (!argc)
		return list_experiments();
	if (argc > 1)
		return cli_usage("'%s': one experiment at a time", argv[1]);
	status = choose(argv[0]);
	if (!status)
		status = check_options();
	if (status)
		return status;
	child_hold_signals();
	status = experiment();
	bench_deinit(&bench);
	return status;
}

static const struct cli_option options[] = {
	{ "gil", 0, CLI_WORDS, "DESIGN,...", "these designs of the lab (default: all; see gilrun --list)",
	  &designs },
	{ "python", 0, CLI_WORDS, "PROGRAM,...", "these Pythons, alone or with the designs of --gil", &pythons },
	{ "cpus", 0, CLI_STRING, "LIST", "run on these CPUs: 0,1 or 0-3 (default: the first two)", &cpu_list },
	{ "runs", 0, CLI_COUNT, "N", "how often each row is measured (default: 5)", &bench.runs },
	{ "count", 0, CLI_COUNT, "N", "the work of a run: iterations, operations, rounds or signals",
	  &bench.count },
	{ "time-limit", 0, CLI_DURATION, "TIME", "for each run of a program (default: 2m)", &bench.limit_ns },
	{ "keep", 0, CLI_STRING, "DIR", "keep the traces in DIR, for report and battle", &bench.keep },
	{ "json", 0, CLI_STRING, "FILE", "write all numbers to FILE ('-': instead of the table)", &json_path },
	{ 0 },
};

static const struct cli_option paper[] = {
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope experiment", "which experiments there are",
	"gilscope experiment talk --python python2.7", "the talk's own measurement, on its own interpreter",
	"gilscope experiment latency --gil cond --python /usr/bin/python3", "two locks side by side",
	NULL,
};

const struct cli_command cmd_experiment = {
	.name = "experiment",
	.arguments = "[NAME]",
	.summary = "Measure how GILs behave: the experiments of the talk",
	.text = "Without NAME lists the experiments:\n"
		"\n"
		"  talk       count down twice: in sequence, in two threads on two CPUs, and on one\n"
		"  latency    an I/O thread's wait for the GIL next to 0 to 4 CPU-bound threads\n"
		"  bandwidth  round trips per second of two threads next to 0 to 2 CPU-bound threads\n"
		"  signals    time and checks until a signal's handler runs\n"
		"  interval   throughput and fairness against the check or switch interval\n"
		"\n"
		"Each runs the same program on designs of our laboratory (gilrun) and on Pythons, one\n"
		"subject after the other in turns, and prints a table of medians over the runs, with\n"
		"a line about each column. +- is half the distance of the quartiles, as a share of\n"
		"the median. Times of 'talk', 'bandwidth', 'signals' and 'interval' are taken without\n"
		"probe and recording; counts of attempts come from recorded runs of their own.\n"
		"\n"
		"A row that fails is given up with its reason, the others go on; the exit status is 1\n"
		"then. A recording in which events are missing is made again, at most twice.",
	.options = options,
	.common = paper,
	.run = run,
	.examples = examples,
};
