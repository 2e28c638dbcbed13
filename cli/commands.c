/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <stddef.h>

const struct cli_command *const cli_commands[] = {
	&cmd_record,
	&cmd_env,
	&cmd_doctor,
	NULL,
};
