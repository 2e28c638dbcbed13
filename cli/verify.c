/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"
#include "cli/paper.h"
#include "cli/reading.h"

static int print(const struct gilscope *g, bool *lawful)
{
	struct gilscope_page page;
	int r, closed;

	paper_open(&page);
	r = gilscope_print_laws(g, &page, lawful);
	closed = paper_close();
	return r ? r : closed;
}

static int run(int argc, char **argv)
{
	cleanup(gilscopep) struct gilscope *g = NULL;
	bool lawful = false;
	int status = paper_check();

	if (!status)
		status = reading_choose(argc, argv);
	if (!status)
		status = reading_open(&g, &(struct reading_wishes){ .prints = false });
	if (status)
		return status;
	if (reading_run(g) || print(g, &lawful))
		return EXIT_RUNTIME;
	return lawful ? EXIT_OK : EXIT_LOSS;
}

static const struct cli_option table[] = {
	PAPER_OPTIONS,
	{ 0 },
};

static const char *const examples[] = {
	"gilscope verify && gilscope report", "look only at what can be trusted",
	NULL,
};

const struct cli_command cmd_verify = {
	.name = "verify",
	.arguments = "[TRACE]",
	.summary = "Check that a trace is complete and lawful",
	.text = "Prints each law with both its sides. A trace may begin and end in the middle: what\n"
		"began unseen, or was cut off by a hole, is counted and stands in the law. Exits\n"
		"with 3 when something was lost or is unlawful, 1 when the trace cannot be read.",
	.options = table,
	.common = reading_options,
	.run = run,
	.examples = examples,
};
