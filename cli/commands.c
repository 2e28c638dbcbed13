/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stddef.h>

const struct cli_command *const cli_commands[] = {
	&cmd_record,
	&cmd_report,
	&cmd_diff,
	&cmd_battle,
	&cmd_timeline,
	&cmd_view,
	&cmd_export,
	&cmd_verify,
	&cmd_env,
	&cmd_doctor,
	&cmd_experiment,
	NULL,
};
