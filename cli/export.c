/* SPDX-License-Identifier: MIT */
#include "base/err.h"
#include "cli/commands.h"
#include "cli/reading.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

enum { MAX_FORMATS = 8 };

static struct {
	struct cli_words to;
	const char *output;
	uint64_t by_ns, width;
} options;

/* What one run writes. */
struct job {
	size_t formats[MAX_FORMATS]; /* their numbers */
	char paths[MAX_FORMATS][PATH_MAX];
	size_t n;
};

/* ---- which formats, and where to ---------------------------------------------------- */

static bool find(const char *name, size_t *format)
{
	*format = 0;
	while (gilscope_format_name(*format) && strcmp(gilscope_format_name(*format), name))
		(*format)++;
	return gilscope_format_name(*format);
}

/* "json, csv": in `names`, at most `size` bytes. */
static const char *all_names(char *names, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; gilscope_format_name(i) && at < size; i++)
		at += (size_t)snprintf(names + at, size - at, "%s%s", at ? ", " : "",
				       gilscope_format_name(i));
	return names;
}

static bool is_chosen(const struct job *j, size_t format)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->formats[i] == format)
			return true;
	return false;
}

/* A format that is named twice is written once. */
static int choose_formats(struct job *j)
{
	char names[128];
	size_t format;

	if (!options.to.n)
		return cli_usage("which format? Say --to json or --to json,csv; there are %s",
				 all_names(names, sizeof(names)));
	for (size_t i = 0; i < options.to.n; i++) {
		if (!find(options.to.words[i], &format))
			return cli_usage("there is no format '%s': there are %s", options.to.words[i],
					 all_names(names, sizeof(names)));
		if (!is_chosen(j, format))
			j->formats[j->n++] = format;
	}
	return EXIT_OK;
}

/* One format goes where -o says; several go beside each other, behind a common stem. */
static int choose_paths(struct job *j)
{
	const char *stem = options.output ? options.output : "gil";
	bool out = !strcmp(stem, "-");

	if (out && j->n > 1)
		return cli_usage("'-o -' takes one format");
	if (out && gilscope_format_needs_place(j->formats[0]))
		return cli_usage("%s cannot go to the standard output: name a place with -o",
				 gilscope_format_name(j->formats[0]));
	for (size_t i = 0; i < j->n; i++)
		if (snprintf(j->paths[i], PATH_MAX, "%s%s", stem, options.output && j->n == 1 ? "" :
			     gilscope_format_suffix(j->formats[i])) >= PATH_MAX)
			return cli_usage("-o is too long a name");
	return EXIT_OK;
}

/* ---- one pass ------------------------------------------------------------------------- */

static int write_all(struct gilscope *g, const struct job *j)
{
	int r = 0;

	for (size_t i = 0; i < j->n && !r; i++)
		r = gilscope_add_export(g, gilscope_format_name(j->formats[i]), j->paths[i]);
	if (!r)
		r = reading_run(g);
	for (size_t i = 0; i < j->n && !r; i++)
		if (strcmp(j->paths[i], "-"))
			fprintf(stderr, "wrote %s\n", j->paths[i]);
	return r;
}

static int run(int argc, char **argv)
{
	struct job j = { .n = 0 };
	cleanup(gilscopep) struct gilscope *g = NULL;
	int status = choose_formats(&j);
	int r;

	if (!status)
		status = choose_paths(&j);
	if (!status && options.width > UINT_MAX)
		status = cli_usage("--width: a picture is 400 to 10000 px wide");
	if (!status)
		status = reading_choose(argc, argv);
	if (!status)
		status = reading_open(&g, &(struct reading_wishes){ .prints = !strcmp(j.paths[0], "-"),
								    .course = true, .course_ns = options.by_ns,
								    .picture_width = (unsigned)options.width });
	if (status)
		return status;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	r = write_all(g, &j);
	/* Who reads our standard output may stop when it has enough. */
	if (r == -EPIPE)
		err_clear();
	else if (r)
		return EXIT_RUNTIME;
	reading_warn(g);
	return reading_status(g);
}

static const struct cli_option table[] = {
	{ "to", 't', CLI_WORDS, "FORMAT[,FORMAT]",
	  "json, csv (tables), sqlite, jsonl (events), svg (a picture), perfetto",
	  &options.to },
	{ "output", 'o', CLI_STRING, "PATH",
	  "where to (default: gil.json, gil-csv/, ...); -: standard output",
	  &options.output },
	{ "by", 0, CLI_DURATION, "TIME",
	  "width of the buckets, the course over time: 1s, 50ms (default: it fits)",
	  &options.by_ns },
	{ "width", 0, CLI_COUNT, "PX", "width of the picture, svg (default: 1000)", &options.width },
	{ 0 },
};

static const char *const examples[] = {
	"gilscope export --to json -o - | jq '.threads[] | {name, failed_attempts, wait: .wait_ns.total}'",
	"every thread's failed attempts and wait",
	"gilscope export --to csv", "gil-csv/threads.csv, pairs.csv, intervals.csv, ...",
	"gilscope export --to sqlite && sqlite3 gil.sqlite 'SELECT max(duration_ns) FROM waits'",
	"the longest wait",
	"gilscope export --to svg --time +1.5s,+1.501s", "gil.svg, a picture of that millisecond",
	"gilscope export --to json,csv -o run1", "run1.json and run1-csv/, in one pass",
	NULL,
};

const struct cli_command cmd_export = {
	.name = "export",
	.arguments = "[TRACE]",
	.summary = "Write the report's numbers for other programs",
	.text = "json holds all numbers of the report; csv (a folder of tables) and sqlite also every\n"
		"interval and every wait; jsonl everything that happened, in order, an object a line;\n"
		"perfetto is a trace for the Perfetto UI, with absolute times (docs/perfetto.md); svg is\n"
		"a picture, light or dark as its reader wants: each stay as it was where they are few\n"
		"(zoom with --time), else shares of the time.\n"
		"Times are integers in nanoseconds from the trace's begin; what JavaScript could not\n"
		"read exactly is a decimal string in json and jsonl. docs/metrics.md, installed in\n"
		"share/doc/gilscope, defines each name.\n\n"
		"With one format, -o names the file or folder; with several, PATH is a stem:\n"
		"PATH.json, PATH-csv/, PATH.sqlite, PATH.jsonl, PATH.pftrace. The trace is read once\n"
		"for all. A file gets its name when it is whole: nobody reads half a file. It replaces\n"
		"one of its name; a folder may hold an earlier export, which is replaced, and nothing else.",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
