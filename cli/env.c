/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/environment.h"

static int run(int argc, char **argv)
{
	struct environment e;

	if (argc)
		return cli_usage("'%s': env takes no argument", argv[0]);
	if (environment_init(&e, NULL, NULL))
		return EXIT_RUNTIME;
	for (size_t i = 0; i < e.n; i++)
		puts(e.entries[i]);
	environment_deinit(&e);
	return EXIT_OK;
}

static const char *const examples[] = {
	"env $(gilscope env) python3 prog.py", "run a program that a plain LTTng session can record",
	"gilscope env > /etc/gilscope.env", "for EnvironmentFile= in systemd, or docker run --env-file",
	NULL,
};

const struct cli_command cmd_env = {
	.name = "env",
	.arguments = "",
	.summary = "Print the environment that carries the probe",
	.text = "Prints NAME=value lines, one each. A Python that runs with them can be recorded by\n"
		"any LTTng session that has the gil:* events enabled, now or later; while nobody\n"
		"records, it costs next to nothing.",
	.run = run,
	.examples = examples,
};
