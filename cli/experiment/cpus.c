/* SPDX-License-Identifier: MIT */
#include "cli/experiment/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct cpus cpus_first(const struct cpus *cpus, int n)
{
	struct cpus first = { .n = 0 };
	size_t length = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE && first.n < n; cpu++) {
		if (!CPU_ISSET(cpu, &cpus->set) || length >= sizeof(first.list) - 8)
			continue;
		CPU_SET(cpu, &first.set);
		length += (size_t)sprintf(first.list + length, "%s%d", first.n ? "," : "", cpu);
		first.n++;
	}
	return first;
}

/* One number at *text; moves *text behind it. */
static int parse_cpu(const char **text, unsigned long *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	*cpu = strtoul(*text, &end, 10);
	*text = end;
	return 0;
}

static int add_range(cpu_set_t *set, unsigned long first, unsigned long last, const cpu_set_t *ours)
{
	for (unsigned long cpu = first; cpu <= last; cpu++) {
		if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, ours))
			return err(-EINVAL, "--cpus: CPU %lu is not there, or not ours", cpu);
		CPU_SET(cpu, set);
	}
	return 0;
}

static int parse(const char *list, const cpu_set_t *ours, cpu_set_t *set)
{
	unsigned long first, last;
	const char *at = list;
	int r;

	do {
		if (parse_cpu(&at, &first))
			break;
		last = first;
		if (*at == '-' && (at++, parse_cpu(&at, &last) || last < first))
			break;
		r = add_range(set, first, last, ours);
		if (r || !*at)
			return r;
	} while (*at++ == ',');
	return err(-EINVAL, "--cpus wants a list such as 0 or 0,1 or 0-3, not '%s'", list);
}

int cpus_parse(struct cpus *out, const char *list)
{
	struct cpus all = { .n = 0 };
	cpu_set_t ours;
	int r;

	if (sched_getaffinity(0, sizeof(ours), &ours))
		return err(-errno, "cannot see on which CPUs we may run: %s", strerror(errno));
	if (!list) {
		all.set = ours;
		*out = cpus_first(&all, 2);
		return 0;
	}
	r = parse(list, &ours, &all.set);
	*out = cpus_first(&all, CPU_SETSIZE);
	return r;
}
