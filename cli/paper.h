/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_PAPER_H
#define GILSCOPE_CLI_PAPER_H

#include "cli/cli.h"
#include "lib/gilscope.h"

/*
 * What text is printed on: the standard output with its width, colours and
 * character set, through a pager on a terminal. Not thread-safe.
 */

/* Options for the table of a command that prints text. */
#define PAPER_OPTIONS                                                                              \
	{ "ascii", 0, CLI_FLAG, NULL, "plain ASCII, also where the locale is UTF-8",               \
	  &paper_options.ascii },                                                                  \
	{ "color", 0, CLI_STRING, "WHEN", "auto (on a terminal; the default), always or never",    \
	  &paper_options.color },                                                                  \
	{ "width", 0, CLI_COUNT, "COLUMNS", "of the page (default: the terminal's; in a pipe, of prose only: 100)", \
	  &paper_options.width },                                                                  \
	{ "no-pager", 0, CLI_FLAG, NULL, "print straight to the terminal", &paper_options.no_pager }

extern struct paper_options {
	bool ascii, no_pager;
	const char *color;
	uint64_t width;
} paper_options;

/* Checks the options. @return EXIT_OK, or EXIT_USAGE after a message. */
int paper_check(void);

/* Starts the pager where there is one and describes the page. Call once. */
void paper_open(struct gilscope_page *page);

/*
 * Sends the rest, and waits for the pager's end. A reader that had enough (head, a pager) is no error.
 * @return 0, or < 0 with a sentence.
 */
int paper_close(void);

#endif
