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

enum { THREADS_MIN = 2, THREADS_MAX = 1024 };

enum {
	OPTION_THREADS = 256, OPTION_COUNT, OPTION_CHECK_INTERVAL, OPTION_CPUS, OPTION_GIL,
	OPTION_LIST, OPTION_TRUTH, OPTION_NO_TRACE, OPTION_HELP, OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "threads", required_argument, NULL, OPTION_THREADS },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "check-interval", required_argument, NULL, OPTION_CHECK_INTERVAL },
	{ "cpus", required_argument, NULL, OPTION_CPUS },
	{ "gil", required_argument, NULL, OPTION_GIL },
	{ "list", no_argument, NULL, OPTION_LIST },
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
	"Scenario:\n"
	"  battle                CPU-bound threads t1, t2, ... each run\n"
	"                        'while n > 0: n -= 1'; the main thread joins them\n"
	"\n"
	"Options:\n"
	"  --threads N           threads besides the main thread, 2 to 1024 (default: 2)\n"
	"  --count N             n at the begin, in each thread (default: 1000000)\n"
	"  --check-interval N    ticks between two checks (default: 100)\n"
	"  --cpus LIST           run on these CPUs only, such as 0 or 0,1 or 0-3 (default: all)\n"
	"  --gil DESIGN          which lock to use (default: cond)\n"
	"  --list                list the designs\n"
	"  --truth FILE          write our own counters as JSON\n"
	"  --no-trace            do not load LTTng\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage.\n";

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
	int64_t value;
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

static int parse_option(struct options *o, int option, const char *text)
{
	switch (option) {
	case OPTION_THREADS:
		return parse_int32("--threads", text, THREADS_MIN, THREADS_MAX, &o->threads);
	case OPTION_COUNT:
		return parse_number("--count", text, 0, INT64_MAX, &o->count);
	case OPTION_CHECK_INTERVAL:
		return parse_int32("--check-interval", text, 1, INT32_MAX, &o->check_interval);
	case OPTION_CPUS:
		o->pinned = true;
		return options_parse_cpus(text, &o->cpus);
	case OPTION_GIL:
		return parse_design(text, &o->design);
	case OPTION_LIST:
		for (size_t i = 0; gil_designs[i]; i++)
			printf("%-10s %s\n", gil_designs[i]->name, gil_designs[i]->summary);
		return OPTIONS_E_DONE;
	case OPTION_TRUTH:
		o->truth = text;
		return 0;
	case OPTION_NO_TRACE:
		o->trace = false;
		return 0;
	case OPTION_HELP:
		fputs(help, stdout);
		return OPTIONS_E_DONE;
	case OPTION_VERSION:
		puts("gilrun " GILSCOPE_VERSION);
		return OPTIONS_E_DONE;
	}
	return err(-EINVAL, "unknown option %d", option);
}

int options_parse(struct options *o, int argc, char **argv)
{
	int option, r;

	*o = (struct options){
		.design = gil_designs[0],
		.count = 1000000,
		.threads = THREADS_MIN,
		.check_interval = 100,
		.trace = true,
	};
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == ':')
			return err(-EINVAL, "%s wants a value", argv[optind - 1]);
		if (option == '?')
			return err(-EINVAL, "unknown option '%s': see gilrun --help",
				   argv[optind - 1]);
		r = parse_option(o, option, optarg);
		if (r)
			return r;
	}
	if (optind == argc)
		return err(-EINVAL, "which scenario? Try: gilrun battle");
	o->scenario = argv[optind++];
	if (optind < argc)
		return err(-EINVAL, "one scenario at a time: '%s' is too much", argv[optind]);
	if (strcmp(o->scenario, "battle"))
		return err(-EINVAL, "there is no scenario '%s': see gilrun --help", o->scenario);
	return 0;
}
