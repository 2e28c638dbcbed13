/* SPDX-License-Identifier: MIT */
#include "viz/export.h"

#include "base/err.h"
#include "cli/commands.h"
#include "cli/reading.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

enum { MAX_FORMATS = 16 };

static struct {
	const char *to, *output;
} options;

static const struct exporter *find(const char *name, size_t len)
{
	for (const struct exporter *const *e = exporters; *e; e++)
		if (!strncmp((*e)->name, name, len) && !(*e)->name[len])
			return *e;
	return NULL;
}

/* Fills `chosen` from "json,csv". @return how many, 0 after a message. */
static size_t choose(const struct exporter *chosen[MAX_FORMATS])
{
	const char *p = options.to;
	size_t n = 0;

	if (!p)
		cli_usage("which format? Say --to json, --to csv or --to json,csv");
	for (const char *end; p && n < MAX_FORMATS; p = *end ? end + 1 : NULL) {
		end = strchrnul(p, ',');
		chosen[n] = find(p, (size_t)(end - p));
		if (!chosen[n++]) {
			cli_usage("there is no format '%.*s': json and csv are there", (int)(end - p), p);
			return 0;
		}
	}
	return n;
}

/* One format goes where -o says; several go beside each other, behind a common stem. */
static int write_all(const struct exporter *const *chosen, size_t n, const struct metrics *metrics,
		     const struct quality *quality)
{
	int r = 0;

	for (size_t i = 0; i < n && !r; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s%s", options.output ? options.output : "gil",
			 options.output && n == 1 ? "" : chosen[i]->suffix);
		r = chosen[i]->write(metrics, quality, path);
		if (!r && strcmp(path, "-"))
			fprintf(stderr, "wrote %s\n", path);
	}
	/* Who reads our standard output may stop when it has enough. */
	if (r == -EPIPE) {
		err_clear();
		r = 0;
	}
	return r;
}

static int run(int argc, char **argv)
{
	cleanup(metrics_freep) struct metrics *metrics = NULL;
	const struct exporter *chosen[MAX_FORMATS];
	size_t n = choose(chosen);
	struct quality quality;
	int status;

	if (!n)
		return EXIT_USAGE;
	if (n > 1 && options.output && !strcmp(options.output, "-"))
		return cli_usage("'-o -' takes one format");
	if (n == 1 && chosen[0] == &export_csv && options.output && !strcmp(options.output, "-"))
		return cli_usage("csv is a folder of files: name it with -o");
	status = reading_choose(argc, argv);
	if (status)
		return status;
	signal(SIGPIPE, SIG_IGN);
	if (metrics_new(&metrics) ||
	    reading_run((struct sink *[]){ metrics_sink(metrics) }, 1, false, &quality) ||
	    write_all(chosen, n, metrics, &quality))
		return EXIT_RUNTIME;
	reading_warn(&quality);
	return reading_status(&quality);
}

static const struct cli_option table[] = {
	{ "to", 't', CLI_STRING, "FORMAT[,FORMAT]", "json: one document; csv: a folder of tables",
	  &options.to },
	{ "output", 'o', CLI_STRING, "PATH", "where to (default: gil.json, gil-csv/); - is the standard output",
	  &options.output },
	{ 0 },
};

static const char *const examples[] = {
	"gilscope export --to json -o - | jq '.threads[] | {name, failed_attempts, wait: .wait_ns.total}'",
	"every thread's failed attempts and wait",
	"gilscope export --to csv", "gil-csv/threads.csv, pairs.csv, gils.csv, summary.csv",
	"gilscope export --to json,csv -o run1", "run1.json and run1-csv/",
	NULL,
};

const struct cli_command cmd_export = {
	.name = "export",
	.arguments = "[TRACE]",
	.summary = "Write the report's numbers for other programs",
	.text = "Times are integers in nanoseconds, from the trace's begin; numbers that JavaScript\n"
		"could not read exactly are decimal strings. With one format, -o names the file\n"
		"(json) or folder (csv); with several, PATH is a stem: PATH.json, PATH-csv/.\n"
		"Files are written under another name and renamed: nobody reads half a file.",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
