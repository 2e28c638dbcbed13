/* SPDX-License-Identifier: MIT */
#include "cli/reading.h"

#include "analyzer/filter.h"
#include "base/err.h"
#include "base/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SINKS = 12, BAR_CELLS = 30, PROGRESS_AFTER_MS = 500 };

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
static struct source {
	const char *path;
	char snapshot[PATH_MAX];
	struct recording recording;
	char damage[1024];
} sources[READING_TRACES], *source = sources;

static volatile sig_atomic_t interrupted;

/* Of a flight recorder the last snapshot is read. */
static int choose_snapshot(void)
{
	struct recording *recording = &source->recording;

	if (recording_snapshot_path(source->snapshot, sizeof(source->snapshot), source->path,
				    recording->snapshots))
		return EXIT_RUNTIME;
	if (recording->snapshots > 1)
		cli_warn("'%s' has %u snapshots: this is the last, '%s'", source->path,
			 recording->snapshots, source->snapshot);
	source->path = source->snapshot;
	return recording_read(recording, source->path) < 0 ? EXIT_RUNTIME : EXIT_OK;
}

static int read_recording(void)
{
	int r = recording_read(&source->recording, source->path);

	/* What plain LTTng made has no note of ours: nobody knows better than the trace itself. */
	source->recording.loss_known |= r == RECORDING_E_ABSENT;
	if (r < 0)
		return EXIT_RUNTIME;
	return source->recording.snapshots ? choose_snapshot() : EXIT_OK;
}

static int choose(const char *path)
{
	struct stat st;
	int r;

	source->path = path;
	if (!stat(path, &st))
		return read_recording();
	r = -errno;
	err(r, r == -ENOENT ? "there is no trace '%s': make one with 'gilscope record COMMAND', or "
			      "name another" : "cannot read '%s'", path);
	return EXIT_RUNTIME;
}

static int check_filters(void)
{
	struct gil_filter gil;
	struct time_filter time;

	return gil_filter_parse(&gil, options.gil) || time_filter_parse(&time, options.time) ?
		       EXIT_USAGE : EXIT_OK;
}

int reading_choose(int argc, char **argv)
{
	int status = check_filters();

	if (status)
		return status;
	if (argc > 1)
		return cli_usage("'%s': one trace at a time", argv[1]);
	if (argc == 1 && options.input)
		return cli_usage("two traces, '%s' and '%s': one at a time", options.input, argv[0]);
	if (argc == 1)
		options.input = argv[0];
	return choose(options.input ? options.input : default_trace);
}

int reading_choose_two(int argc, char **argv)
{
	const char *const usual[READING_TRACES] = { trace_before, default_trace };
	int status = check_filters();

	if (!status && argc != 0 && argc != READING_TRACES)
		status = cli_usage("name two traces, or none for %s and %s", trace_before, default_trace);
	for (int i = 0; i < READING_TRACES && !status; i++) {
		reading_turn_to(i);
		status = choose(argc ? argv[i] : usual[i]);
	}
	reading_turn_to(0);
	return status;
}

void reading_turn_to(int which)
{
	source = &sources[which];
}

const char *reading_path(void)
{
	return source->path;
}

/* ---- the progress bar ------------------------------------------------------------- */

struct progress {
	struct timespec begin;
	bool shown;
};

static int64_t ms_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000;
}

static void show_progress(void *data, double fraction)
{
	struct progress *p = data;
	int cells = (int)(fraction * BAR_CELLS);

	if (!p->shown && ms_since(&p->begin) < PROGRESS_AFTER_MS)
		return;
	p->shown = true;
	cells = cells < 0 ? 0 : cells > BAR_CELLS ? BAR_CELLS : cells;
	fprintf(stderr, "\rreading %s [%.*s%*s] %3.0f %%", source->path, cells,
		"##############################", BAR_CELLS - cells, "", fraction * 100);
}

static void clear_progress(const struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}

/* A bar and lines of text on the same terminal, or under a pager, would mix. */
static bool may_show_progress(bool streams)
{
	struct stat st;

	if (!isatty(STDERR_FILENO))
		return false;
	return !streams || (!fstat(STDOUT_FILENO, &st) && S_ISREG(st.st_mode));
}

/* ---- reading ---------------------------------------------------------------------- */

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* A sink that wants nothing more but the counts at the end. */
static int has_enough(void *data, const struct trace_info *trace)
{
	((struct quality *)data)->begins_late = trace->begins_late;
	return SINK_E_ENOUGH;
}

static int ignore_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

static int keep_end(void *data, const struct trace_end *end)
{
	struct quality *quality = data;

	quality->end = *end;
	return 0;
}

int reading_run(struct sink *const *sinks, size_t n_sinks, bool streams, struct quality *quality)
{
	struct sink counts = { .name = "counts", .data = quality, .begin = has_enough,
			       .lost = ignore_lost, .end = keep_end };
	struct sigaction catch = { .sa_handler = on_interrupt, .sa_flags = SA_RESETHAND }, before;
	const struct recording *recording = &source->recording;
	struct progress progress = { .shown = false };
	struct sink *all[MAX_SINKS + 1];
	struct analysis_options o = {
		.path = source->path, .gil = options.gil, .thread = options.thread,
		.time = options.time, .interrupted = &interrupted,
		.flight_recorder = recording->flight_recorder,
		.recording = options.all || !*recording->id ? NULL : recording->id,
		.progress = may_show_progress(streams) ? show_progress : NULL,
		.progress_data = &progress,
	};
	int r;

	*quality = (struct quality){ .damage = NULL };
	n_sinks = n_sinks < MAX_SINKS ? n_sinks : MAX_SINKS;
	for (size_t i = 0; i < n_sinks; i++)
		all[i] = sinks[i];
	all[n_sinks] = &counts;
	clock_gettime(CLOCK_MONOTONIC, &progress.begin);
	sigaction(SIGINT, &catch, &before);
	r = analysis_run(&o, all, n_sinks + 1);
	sigaction(SIGINT, &before, NULL);
	clear_progress(&progress);
	if (r == ANALYSIS_E_INCOMPLETE) {
		snprintf(source->damage, sizeof(source->damage), "%s", err_innermost());
		err_clear();
		quality->damage = source->damage;
		r = 0;
	}
	/* A recorder that could not close its session does not know. */
	quality->end.loss_unknown |= !recording->loss_known;
	quality->absent = recording->absent;
	quality->late = recording->late;
	/* The pieces of a rotated trace begin late, too, but what was before is in the other pieces. */
	quality->begins_late &= recording->flight_recorder;
	return r;
}

int reading_study(struct study **out, const struct study_options *o)
{
	cleanup(study_freep) struct study *study = NULL;
	struct sink *sinks[STUDY_SINKS];
	struct quality quality;
	int r = study_new(&study, o);

	if (!r)
		r = reading_run(sinks, study_sinks(study, sinks), false, &quality);
	if (!r)
		r = study_conclude(study, &quality);
	if (!r)
		*out = steal(&study);
	return r;
}

/* ---- afterwards ------------------------------------------------------------------- */

void reading_warn(const struct quality *q)
{
	if (q->damage)
		cli_warn("%s", q->damage);
	if (q->end.lost_events || q->end.lost_packets || q->end.loss_unknown)
		cli_warn("'%s' is incomplete: %s%s %s and %s %s lost", source->path,
			 q->end.loss_unknown ? "at least " : "", COUNT(q->end.lost_events),
			 PLURAL(q->end.lost_events, "event"), COUNT(q->end.lost_packets),
			 PLURAL(q->end.lost_packets, "packet"));
	if (q->end.violations)
		cli_warn("'%s' has %s unlawful %s: see 'gilscope verify'", source->path,
			 COUNT(q->end.violations), PLURAL(q->end.violations, "event"));
}

int reading_status(const struct quality *q)
{
	bool good = quality_complete(q) && !q->end.violations;

	return options.strict && !good ? EXIT_LOSS : EXIT_OK;
}
