/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include "base/err.h"
#include "config.h"

#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

static void print_help(FILE *out)
{
	fputs("Usage: gilscope COMMAND [OPTION]... [ARGUMENT]...\n"
	      "Records every attempt to take Python's global interpreter lock and shows who\n"
	      "held it, who fought for it and who lost.\n\n"
	      "Commands:\n", out);
	for (const struct cli_command *const *c = cli_commands; *c; c++)
		fprintf(out, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fputs("\n"
	      "  gilscope COMMAND --help    says everything about a command\n"
	      "  gilscope --version         prints the version\n\n"
	      "A first look:\n"
	      "  gilscope record /usr/bin/python3 prog.py\n"
	      "  gilscope report\n\n"
	      "Files:\n"
	      "  ./gil.trace        what record writes and the other commands read\n"
	      "  ./gil.trace.old    what was there before; the diff begins with it\n\n"
	      "Environment:\n"
	      "  NO_COLOR           set: no colours, as --color never\n"
	      "  CLICOLOR_FORCE, FORCE_COLOR\n"
	      "                     set: colours in a pipe, too\n"
	      "  GIL_PAGER, PAGER   the pager on a terminal, less where neither is set; empty: none\n"
	      "  COLUMNS            the width of the page, as --width\n"
	      "  LTTNG_HOME, HOME   where a user's LTTng session daemon is looked for\n"
	      "  LD_PRELOAD, GILSCOPE_RECORDING and others of that prefix\n"
	      "                     what record and env give to programs; not to be set by hand\n\n"
	      "Exit status: 0 done, 1 failed, 2 wrong usage, 3 the trace is incomplete or\n"
	      "unlawful (verify, --strict); record ends with the status of the program.\n", out);
}

static const struct cli_command *find(const char *name)
{
	for (const struct cli_command *const *c = cli_commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

static int print_help_of(const char *name)
{
	const struct cli_command *c = name ? find(name) : NULL;

	if (name && !c)
		return cli_usage("there is no command '%s'", name);
	if (c)
		cli_print_command_help(c, stdout);
	else
		print_help(stdout);
	return EXIT_OK;
}

/*
 * A socket or file of ours must not become standard input, output or error. Closed
 * again on exec: a recorded program finds its descriptors as they were.
 */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	const struct cli_command *command;
	int first, status;

	fill_standard_descriptors();
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return print_help_of(argc > 2 ? argv[2] : NULL);
	if (!strcmp(argv[1], "--version")) {
		puts("gilscope " GILSCOPE_VERSION);
		return EXIT_OK;
	}
	command = find(argv[1]);
	if (!command)
		return cli_usage(argv[1][0] == '-' ? "unknown option '%s'" : "there is no command '%s'",
				 argv[1]);
	cli_command_name = command->name;
	switch (cli_parse(command, argc - 1, argv + 1, &first)) {
	case 0:
		break;
	case CLI_E_HELP:
		return EXIT_OK;
	default:
		return EXIT_USAGE;
	}
	status = command->run(argc - 1 - first, argv + 1 + first);
	err_print(stderr);
	return status;
}
