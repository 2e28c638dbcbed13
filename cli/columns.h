/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_COLUMNS_H
#define GILSCOPE_CLI_COLUMNS_H

#include "cli/cli.h"

/* `--fields help`, `--sort help`: which columns of the threads there are. Not thread-safe. */
bool columns_asked(const struct cli_words *words);

/* Prints their names. @return EXIT_OK */
int columns_print(void);

#endif
