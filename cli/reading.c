/* SPDX-License-Identifier: MIT */
#include "cli/reading.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CELLS = 30, PROGRESS_AFTER_MS = 500 };

static const char default_trace[] = "./gil.trace", trace_before[] = "./gil.trace.old";

static struct {
	const char *input, *gil, *thread, *time;
	bool all, strict;
} options;

const struct cli_option reading_options[] = {
	{ "input", 'i', CLI_STRING, "TRACE", "the trace to read (default: ./gil.trace)", &options.input },
	{ "gil", 0, CLI_STRING, "GIL", "only this GIL: its index, its id, or pid:PID", &options.gil },
	{ "thread", 0, CLI_STRING, "LIST", "only these threads: names, shell patterns or tids, with commas",
	  &options.thread },
	{ "time", 0, CLI_STRING, "A,B", "only this time: +1.5s,+2s from the begin, 10%-20%, or since 1970",
	  &options.time },
	{ "all", 0, CLI_FLAG, NULL, "also what other recordings left in the trace", &options.all },
	{ "strict", 0, CLI_FLAG, NULL, "exit with 3 when events are lost or unlawful", &options.strict },
	{ 0 },
};

/* The traces that are meant: one, for diff two. */
static const char *paths[READING_TRACES];
static int present;

static volatile sig_atomic_t interrupted;

int reading_choose(int argc, char **argv)
{
	if (argc > 1)
		return cli_usage("'%s': one trace at a time", argv[1]);
	if (argc == 1 && options.input)
		return cli_usage("two traces, '%s' and '%s': one at a time", options.input, argv[0]);
	if (argc == 1)
		options.input = argv[0];
	paths[0] = options.input ? options.input : default_trace;
	return EXIT_OK;
}

int reading_choose_two(int argc, char **argv)
{
	if (argc != 0 && argc != READING_TRACES)
		return cli_usage("name two traces, or none for %s and %s", trace_before, default_trace);
	paths[0] = argc ? argv[0] : trace_before;
	paths[1] = argc ? argv[1] : default_trace;
	return EXIT_OK;
}

void reading_turn_to(int which)
{
	present = which;
}

/* ---- the progress bar ------------------------------------------------------------- */

static struct {
	struct timespec begin;
	bool shown;
} progress;

static int64_t ms_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000;
}

static void show_progress(void *data, double fraction)
{
	int cells = (int)(fraction * BAR_CELLS);

	if (!progress.shown && ms_since(&progress.begin) < PROGRESS_AFTER_MS)
		return;
	progress.shown = true;
	cells = cells < 0 ? 0 : cells > BAR_CELLS ? BAR_CELLS : cells;
	fprintf(stderr, "\rreading %s [%.*s%*s] %3.0f %%", (const char *)data, cells,
		"##############################", BAR_CELLS - cells, "", fraction * 100);
}

static void clear_progress(void)
{
	if (progress.shown)
		fputs("\r\033[K", stderr);
}

/* A bar and lines of text on the same terminal, or under a pager, would mix. */
static bool may_show_progress(bool prints)
{
	struct stat st;

	if (!isatty(STDERR_FILENO))
		return false;
	return !prints || (!fstat(STDOUT_FILENO, &st) && S_ISREG(st.st_mode));
}

/* ---- reading ---------------------------------------------------------------------- */

/* babeltrace2 maps the files: where one was cut meanwhile there is nothing to read, and nothing to return to. */
static void on_no_page(int signal)
{
	static const char sentence[] =
		"gilscope: a file of the trace became shorter while it was read, or its disk failed: read it again\n";

	ssize_t unused = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);

	(void)unused;
	(void)signal;
	_exit(EXIT_RUNTIME);
}

int reading_open(struct gilscope **out, const struct reading_wishes *w)
{
	const struct sigaction catch = { .sa_handler = on_no_page };
	const struct gilscope_options o = {
		.size = sizeof(o), .path = paths[present], .gil = options.gil, .thread = options.thread,
		.time = options.time, .all_recordings = options.all,
		.only_listen = w->only_listen, .course = w->course, .course_ns = w->course_ns,
		.progress = may_show_progress(w->prints) ? show_progress : NULL,
		.progress_data = (void *)paths[present], .interrupted = &interrupted, .picture_width = w->picture_width,
	};
	int r;

	sigaction(SIGBUS, &catch, NULL);
	r = gilscope_open(out, &o);
	return r < 0 ? EXIT_RUNTIME : r == GILSCOPE_E_OPTION ? EXIT_USAGE : EXIT_OK;
}

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

int reading_run(struct gilscope *g)
{
	struct sigaction catch = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND }, before;
	int r;

	progress.shown = false;
	clock_gettime(CLOCK_MONOTONIC, &progress.begin);
	sigaction(SIGINT, &catch, &before);
	r = gilscope_run(g);
	sigaction(SIGINT, &before, NULL);
	clear_progress();
	return r;
}

/* ---- afterwards ------------------------------------------------------------------- */

void reading_warn(const struct gilscope *g)
{
	const char *const *sentences;
	size_t n = gilscope_warnings(g, &sentences);

	for (size_t i = 0; i < n; i++)
		cli_warn("%s", sentences[i]);
}

int reading_status(const struct gilscope *g)
{
	return options.strict && !gilscope_is_whole(g) ? EXIT_LOSS : EXIT_OK;
}
