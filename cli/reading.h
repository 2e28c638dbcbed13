/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_READING_H
#define GILSCOPE_CLI_READING_H

#include "analyzer/analysis.h"
#include "analyzer/study.h"
#include "cli/cli.h"
#include "viz/quality.h"

/* What the commands that read a trace share: which trace, what of it, how it went. Not thread-safe. */

/* Options for the `common` table of a command; the second is for two traces, which are named by position. */
extern const struct cli_option reading_options[];
#define READING_FILTERS (&reading_options[1])

/*
 * Finds out which trace is meant, and that it is there.
 * @return EXIT_OK, or an exit status after a message or with a sentence.
 */
int reading_choose(int argc, char **argv);

/* The same for two traces; without arguments, ./gil.trace.old and ./gil.trace. */
enum { READING_TRACES = 2 };
int reading_choose_two(int argc, char **argv);

/* Of two traces, the one that the functions below are about: 0 (the first one, at the begin) or 1. */
void reading_turn_to(int which);

/* The trace that was chosen. Borrowed from argv. */
const char *reading_path(void);

/*
 * Reads it once and feeds the sinks; Ctrl-C ends it early. Shows its progress
 * on stderr when it takes long and stderr is a terminal that shows nothing else.
 * @streams the sinks print while they read. @quality is filled in.
 * @return 0, or < 0 with a sentence.
 */
int reading_run(struct sink *const *sinks, size_t n_sinks, bool streams, struct quality *quality);

/* Reads it once into one set of results. @return 0, or < 0 with a sentence. */
int reading_study(struct study **out, const struct study_options *options);

/* Warns on stderr when something is missing or unlawful, whatever the output says of it. */
void reading_warn(const struct quality *quality);

/* The exit status after a full reading: EXIT_LOSS where --strict asks for it. */
int reading_status(const struct quality *quality);

#endif
