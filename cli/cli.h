/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_CLI_H
#define GILSCOPE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The command line: one table of commands, one table of options for each.
 * --help, the man pages' check and the parser all read these tables.
 */

/* Exit statuses are part of the interface. */
enum {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,  /* it failed */
	EXIT_USAGE = 2,    /* it was asked wrongly */
	EXIT_LOSS = 3,     /* done, but the trace is incomplete or unlawful (verify, --strict) */
	EXIT_RECORDER = 125,     /* record: its own failure, */
	EXIT_NOT_RUNNABLE = 126, /* the command cannot be run, */
	EXIT_NOT_FOUND = 127,    /* or is not there */
};

enum cli_kind {
	CLI_FLAG,     /* bool: set to true */
	CLI_STRING,   /* const char *: borrowed from argv */
	CLI_WORDS,    /* struct cli_words: each use adds what its commas separate */
	CLI_COUNT,    /* uint64_t: a whole number */
	CLI_DURATION, /* uint64_t: nanoseconds, from "1.5s", "200ms", "50us"; a bare number is seconds */
	CLI_SIZE,     /* uint64_t: bytes, from "4M", "64K" */
};

enum { CLI_WORDS_MAX = 32 };
struct cli_words {
	const char *words[CLI_WORDS_MAX + 1]; /* NULL ends; borrowed from argv, whose commas end them */
	size_t n;
};

struct cli_option {
	const char *name;  /* without the dashes; NULL ends a table */
	char letter;       /* 0: none */
	enum cli_kind kind;
	const char *value; /* its name in the help, "FILE"; NULL for a flag */
	const char *help;  /* one line */
	void *target;
};

struct cli_command {
	const char *name;
	const char *arguments; /* "[TRACE]" */
	const char *summary;   /* one line, no full stop */
	const char *text;      /* a paragraph or two for --help */
	void (*more)(FILE *out); /* prints a last paragraph, of what is known elsewhere; NULL: none */
	const struct cli_option *options;
	const struct cli_option *common; /* options that it shares with others, or NULL */
	/* argv[0..argc-1] are the positional arguments. Returns an exit status; on failure with err() sentences not yet printed. */
	int (*run)(int argc, char **argv);
	const char *const *examples; /* pairs: command line, what it does; NULL ends */
	bool stops_at_argument;      /* everything after the first positional is not ours (record) */
};

/* All commands, in the order of `gilscope --help`. */
extern const struct cli_command *const cli_commands[]; /* NULL ends */

/* Prints one sentence about a wrong use and the way to the help to stderr. @return EXIT_USAGE */
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints "gilscope: warning: ..." to stderr. */
void cli_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The name of the command that runs, for messages. */
extern const char *cli_command_name;

/* Sizes and durations as people type them. @return 0, or CLI_E_BAD. */
enum { CLI_E_BAD = 1 };
int cli_parse_count(const char *text, uint64_t *out);
int cli_parse_size(const char *text, uint64_t *out_bytes);
int cli_parse_duration(const char *text, uint64_t *out_ns);

/*
 * Parses argv (after the command's name) into the options' targets.
 * @return 0 with *first the index of the first positional argument;
 * CLI_E_HELP after printing the help; CLI_E_BAD after printing what is wrong.
 */
enum { CLI_E_HELP = 2 };
int cli_parse(const struct cli_command *command, int argc, char **argv, int *first);

void cli_print_command_help(const struct cli_command *command, FILE *out);

#endif
