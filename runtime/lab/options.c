/* SPDX-License-Identifier: MIT */
#include "runtime/lab/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config.h"

enum {
	OPTION_THREADS = 256, OPTION_COUNT, OPTION_SET, OPTION_CHECK_INTERVAL, OPTION_SWITCH_INTERVAL,
	OPTION_CPUS, OPTION_GIL, OPTION_LIST, OPTION_SCENARIOS, OPTION_PYTHON, OPTION_DIS, OPTION_TRUTH,
	OPTION_NO_TRACE, OPTION_HELP, OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "threads", required_argument, NULL, OPTION_THREADS },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "set", required_argument, NULL, OPTION_SET },
	{ "check-interval", required_argument, NULL, OPTION_CHECK_INTERVAL },
	{ "switch-interval", required_argument, NULL, OPTION_SWITCH_INTERVAL },
	{ "cpus", required_argument, NULL, OPTION_CPUS },
	{ "gil", required_argument, NULL, OPTION_GIL },
	{ "list", no_argument, NULL, OPTION_LIST },
	{ "scenarios", no_argument, NULL, OPTION_SCENARIOS },
	{ "python", no_argument, NULL, OPTION_PYTHON },
	{ "dis", no_argument, NULL, OPTION_DIS },
	{ "truth", required_argument, NULL, OPTION_TRUTH },
	{ "no-trace", no_argument, NULL, OPTION_NO_TRACE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

static const char help[] =
	"Usage: gilrun [OPTION]... SCENARIO\n"
	"Runs threads of bytecode that share one GIL, and says each step of it to LTTng.\n"
	"\n"
	"SCENARIO is one of those that --scenarios lists, such as battle (CPU-bound threads\n"
	"t1, t2, ... each run 'while n > 0: n -= 1'; the main thread joins them), or a file\n"
	"of your own: its name ends with .gil or has a '/'.\n"
	"\n"
	"What runs:\n"
	"  --set NAME=VALUE      give a variable of the scenario another value\n"
	"  --count N             the same as --set count=N: iterations of count() per thread\n"
	"  --threads N           the same as --set threads=N: threads besides the main thread\n"
	"  --gil DESIGN          which lock to use (default: cond)\n"
	"  --check-interval N    ticks between two checks, where the lock has ticks (default: 100)\n"
	"  --switch-interval T   how long a waiter waits before it asks, where the lock has time\n"
	"                        slices: 5ms, 50us (default: 5ms)\n"
	"  --cpus LIST           run on these CPUs only, such as 0 or 0,1 or 0-3 (default: all)\n"
	"\n"
	"What is said:\n"
	"  --truth FILE          write our own counters as JSON\n"
	"  --no-trace            do not load LTTng\n"
	"\n"
	"Instead of running:\n"
	"  --list                list the designs\n"
	"  --scenarios           list the scenarios\n"
	"  --python              print the same program in Python, for 2.7 and 3\n"
	"  --dis                 print the scenario's bytecode\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 done, 1 failed (also a deadlock among the threads), 2 usage, or an\n"
	"error in the scenario.\n";

static int parse_number(const char *option, const char *text, int64_t min, int64_t max,
			int64_t *out)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end || isspace((unsigned char)*text))
		return err(-EINVAL, "%s wants a number, not '%s'", option, text);
	if (errno || value < min || value > max)
		return err(-ERANGE, "%s wants a number from %" PRId64 " to %" PRId64 ", not %s",
			   option, min, max, text);
	*out = value;
	return 0;
}

static int parse_int32(const char *option, const char *text, int32_t min, int32_t max, int32_t *out)
{
	int64_t value = 0;
	int r = parse_number(option, text, min, max, &value);

	if (!r)
		*out = (int32_t)value;
	return r;
}

/* One CPU number at *text; moves *text behind it. */
static int parse_cpu(const char **text, unsigned long *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	*cpu = strtoul(*text, &end, 10);
	*text = end;
	return 0;
}

int options_parse_cpus(const char *list, cpu_set_t *cpus)
{
	const char *at = list;
	unsigned long first, last;
	cpu_set_t ours;

	CPU_ZERO(cpus);
	if (sched_getaffinity(0, sizeof(ours), &ours))
		return err(-errno, "cannot see on which CPUs we may run: %s", strerror(errno));
	do {
		if (parse_cpu(&at, &first))
			goto unreadable;
		last = first;
		if (*at == '-' && (at++, parse_cpu(&at, &last) || last < first))
			goto unreadable;
		for (unsigned long cpu = first; cpu <= last; cpu++) {
			if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &ours))
				return err(-EINVAL, "--cpus: CPU %lu is not there, or not ours",
					   cpu);
			CPU_SET(cpu, cpus);
		}
	} while (*at++ == ',');
	if (!at[-1])
		return 0;
unreadable:
	return err(-EINVAL, "--cpus wants a list such as 0 or 0,1 or 0-3, not '%s'", list);
}

static int parse_design(const char *name, const struct gil_design **out)
{
	*out = gil_design_find(name);
	return *out ? 0 : err(-EINVAL, "there is no GIL design '%s': see gilrun --list", name);
}

static int parse_microseconds(const char *option, const char *text, int64_t *out)
{
	static const struct { const char *name; double us; } units[] = {
		{ "us", 1 }, { "ms", 1e3 }, { "s", 1e6 },
	};
	char *end;
	double value = strtod(text, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && isdigit((unsigned char)*text); i++) {
		double us = value * units[i].us;

		if (strcmp(end, units[i].name))
			continue;
		if (us < 1 || us > 1e9)
			break;
		*out = (int64_t)(us + 0.5);
		return 0;
	}
	return err(-EINVAL, "%s wants a time from 1us to 1000s, such as 5ms or 50us, not '%s'", option, text);
}

/* The value is the scenario's to understand. */
static int add_setting(struct options *o, const char *name, size_t length, const char *value)
{
	struct setting *s = &o->settings[o->n_settings];

	if (o->n_settings == SETTINGS_MAX)
		return err(-E2BIG, "at most %d variables can be set", SETTINGS_MAX);
	o->text[o->n_settings] = strndup(name, length);
	if (!o->text[o->n_settings])
		return err(-ENOMEM, "no memory for the options");
	s->name = o->text[o->n_settings++];
	s->value = value;
	return 0;
}

static int parse_set(struct options *o, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return err(-EINVAL, "--set wants NAME=VALUE, such as count=1000, not '%s'", text);
	return add_setting(o, text, (size_t)(equals - text), equals + 1);
}

static int print_designs(void)
{
	for (size_t i = 0; gil_designs[i]; i++)
		printf("%-10s %s\n", gil_designs[i]->name, gil_designs[i]->summary);
	return OPTIONS_E_DONE;
}

/* What is printed instead of a run; OPTIONS_E_DONE but for an error. */
static int print_lists(int option)
{
	switch (option) {
	case OPTION_LIST:
		return print_designs();
	case OPTION_SCENARIOS:
		return scenario_list(stdout) ? -EIO : OPTIONS_E_DONE;
	case OPTION_HELP:
		fputs(help, stdout);
		return OPTIONS_E_DONE;
	case OPTION_VERSION:
		puts("gilrun " GILSCOPE_VERSION);
		return OPTIONS_E_DONE;
	}
	return err(-EINVAL, "unknown option %d", option);
}

static int parse_option(struct options *o, int option, const char *text)
{
	switch (option) {
	case OPTION_THREADS:
		return add_setting(o, "threads", strlen("threads"), text);
	case OPTION_COUNT:
		return add_setting(o, "count", strlen("count"), text);
	case OPTION_SET:
		return parse_set(o, text);
	case OPTION_CHECK_INTERVAL:
		return parse_int32("--check-interval", text, 1, INT32_MAX, &o->check_interval);
	case OPTION_SWITCH_INTERVAL:
		return parse_microseconds("--switch-interval", text, &o->switch_interval_us);
	case OPTION_CPUS:
		o->pinned = true;
		return options_parse_cpus(text, &o->cpus);
	case OPTION_GIL:
		return parse_design(text, &o->design);
	case OPTION_PYTHON:
		o->action = ACTION_PYTHON;
		return 0;
	case OPTION_DIS:
		o->action = ACTION_BYTECODE;
		return 0;
	case OPTION_TRUTH:
		o->truth = text;
		return 0;
	case OPTION_NO_TRACE:
		o->trace = false;
		return 0;
	}
	return print_lists(option);
}

int options_parse(struct options *o, int argc, char **argv)
{
	int option, r;

	*o = (struct options){
		.design = gil_designs[0],
		.check_interval = 100,
		.switch_interval_us = 5000,
		.trace = true,
	};
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == ':')
			return err(-EINVAL, "%s wants a value", argv[optind - 1]);
		if (option == '?' && optopt && optopt < 256)
			return err(-EINVAL, "unknown option '-%c': see gilrun --help", optopt);
		if (option == '?')
			return err(-EINVAL, "unknown option '%s': see gilrun --help",
				   argv[optind - 1]);
		r = parse_option(o, option, optarg);
		if (r)
			return r;
	}
	if (optind == argc)
		return err(-EINVAL, "which scenario? Try: gilrun battle, or see gilrun --scenarios");
	o->scenario = argv[optind++];
	if (optind < argc)
		return err(-EINVAL, "one scenario at a time: '%s' is too much", argv[optind]);
	return 0;
}

void options_deinit(struct options *o)
{
	while (o->n_settings)
		free(o->text[--o->n_settings]);
}
