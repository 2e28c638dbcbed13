/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_READING_H
#define GILSCOPE_CLI_READING_H

#include "base/cleanup.h"
#include "cli/cli.h"
#include "lib/gilscope.h"

/* What the commands that read a trace share: which trace, what of it, how it went. Not thread-safe. */

/* Options for the `common` table of a command; the second is for two traces, which are named by position. */
extern const struct cli_option reading_options[];
#define READING_FILTERS (&reading_options[1])

/*
 * Finds out which trace is meant.
 * @return EXIT_OK, or an exit status after a message.
 */
int reading_choose(int argc, char **argv);

/* The same for two traces; without arguments, ./gil.trace.old and ./gil.trace. */
enum { READING_TRACES = 2 };
int reading_choose_two(int argc, char **argv);

/* Of two traces, the one that reading_open() is about: 0 (the first one, at the begin) or 1. */
void reading_turn_to(int which);

struct reading_wishes {
	bool prints;      /* while it reads, to the standard output */
	bool only_listen, course; /* as in struct gilscope_options */
	uint64_t course_ns;
	unsigned picture_width;
};

/*
 * Opens the trace with the options of the command line.
 * @return EXIT_OK, or an exit status with a sentence. @out: cleanup(gilscopep).
 */
int reading_open(struct gilscope **out, const struct reading_wishes *wishes);

static inline void gilscopep(struct gilscope **g)
{
	gilscope_free(*g);
}

/*
 * Reads it once; Ctrl-C ends it early. Shows its progress on stderr when it
 * takes long and stderr is a terminal that shows nothing else.
 * @return 0, or < 0 with a sentence.
 */
int reading_run(struct gilscope *g);

/* Warns on stderr when something is missing or unlawful, whatever the output says of it. */
void reading_warn(const struct gilscope *g);

/* The exit status after a full reading: EXIT_LOSS where --strict asks for it. */
int reading_status(const struct gilscope *g);

#endif
