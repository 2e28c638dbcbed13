/* SPDX-License-Identifier: MIT */
#include "base/err.h"
#include "base/numbers.h"
#include "cli/commands.h"
#include "cli/reading.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

static struct {
	const char *output;
} options = { .output = "gil.html" };

static void say_written(const char *path)
{
	struct stat st;

	if (!strcmp(path, "-") || stat(path, &st))
		return;
	if (st.st_size < 1000000)
		fprintf(stderr, "wrote %s (%.0f kB): open it in a browser\n", path, (double)st.st_size / 1e3);
	else
		fprintf(stderr, "wrote %s (%.1f MB): open it in a browser\n", path, (double)st.st_size / 1e6);
}

static int run(int argc, char **argv)
{
	bool out = !strcmp(options.output, "-");
	cleanup(gilscopep) struct gilscope *g = NULL;
	int status = reading_choose(argc, argv);
	int r;

	if (!status)
		status = reading_open(&g, &(struct reading_wishes){ .prints = out, .course = true });
	if (status)
		return status;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	r = gilscope_add_export(g, "html", options.output);
	if (!r)
		r = reading_run(g);
	/* Who reads our standard output may stop when it has enough. */
	if (r == -EPIPE)
		err_clear();
	else if (r)
		return EXIT_RUNTIME;
	else
		say_written(options.output);
	reading_warn(g);
	return reading_status(g);
}

static const struct cli_option table[] = {
	{ "output", 'o', CLI_STRING, "FILE", "where to (default: gil.html); -: standard output", &options.output },
	{ 0 },
};

static const char *const examples[] = {
	"gilscope view", "gil.html: open it in a browser",
	"gilscope view gil.trace -o battle.html", "under another name",
	"gilscope view --time +10s,+20s", "ten seconds of a long recording",
	NULL,
};

const struct cli_command cmd_view = {
	.name = "view",
	.arguments = "[TRACE]",
	.summary = "Write a page that shows the whole recording in a browser",
	.text = "One HTML file holds a program, the report and every event: zoom from the whole\n"
		"recording down to a single failed attempt, see who held the GIL during a wait, and\n"
		"the numbers of any stretch of time. The page works from a file and loads nothing\n"
		"from anywhere: it can be mailed, put into a ticket, or on a server.\n"
		"\n"
		"It holds the first 50 million events; of later ones it has the course and the\n"
		"report's numbers, and says so. --time shows another part.",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
