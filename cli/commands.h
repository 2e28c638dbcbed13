/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_COMMANDS_H
#define GILSCOPE_CLI_COMMANDS_H

#include "cli/cli.h"

/* One file per command, named after it. */
extern const struct cli_command cmd_battle;
extern const struct cli_command cmd_diff;
extern const struct cli_command cmd_doctor;
extern const struct cli_command cmd_env;
extern const struct cli_command cmd_experiment;
extern const struct cli_command cmd_export;
extern const struct cli_command cmd_record;
extern const struct cli_command cmd_report;
extern const struct cli_command cmd_timeline;
extern const struct cli_command cmd_verify;
extern const struct cli_command cmd_view;

#endif
