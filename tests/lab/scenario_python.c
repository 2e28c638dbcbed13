/* SPDX-License-Identifier: MIT */
/* Prints the Python of a scenario. Usage: scenario-python SCENARIO [NAME=VALUE]...; or: --list */
#include <string.h>

#include "base/err.h"
#include "runtime/lab/scenario/scenario.h"

enum { SETTINGS_MAX = 16 };

static int print_python(const char *name, int n, char **assignments)
{
	cleanup(scenario_freep) struct scenario *s = NULL;
	struct setting settings[SETTINGS_MAX];
	size_t used = 0;
	int r;

	for (; n > 0 && used < SETTINGS_MAX; n--, assignments++) {
		char *value = strchr(*assignments, '=');

		if (!value)
			return -1;
		*value++ = '\0';
		settings[used++] = (struct setting){ .name = *assignments, .value = value };
	}
	r = scenario_load(&s, name, settings, used);
	return r ? r : scenario_write_python(s, stdout);
}

int main(int argc, char **argv)
{
	int r;

	if (argc < 2)
		return 2;
	r = !strcmp(argv[1], "--list") ? scenario_list(stdout) :
					 print_python(argv[1], argc - 2, argv + 2);
	err_print(stderr);
	return r ? 1 : 0;
}
