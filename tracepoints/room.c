/* SPDX-License-Identifier: MIT */
#include "tracepoints/room.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	LTTNG_FDS = 10,         /* sockets, pipes, shared memory of the registration */
	LTTNG_FDS_PER_CPU = 4,  /* two channels, each with a memory and a pipe per CPU */
	PROGRAM_FDS = 32,       /* what a program may expect to have */
};

/* Buffers of up to 256 MiB, stacks and heaps of LTTng's two threads, and as much again for the program. */
static const uint64_t spare_address_bytes = UINT64_C(1) << 30;

unsigned room_lttng_fds(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	return LTTNG_FDS + LTTNG_FDS_PER_CPU * (cpus > 0 ? (unsigned)cpus : 1);
}

static uint64_t address_bytes_in_use(void)
{
	uint64_t pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (statm && fscanf(statm, "%" SCNu64, &pages) != 1)
		pages = 0;
	if (statm)
		fclose(statm);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

const char *room_lacks(void)
{
	int saved = errno;
	const char *which = NULL;
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < room_lttng_fds() + PROGRAM_FDS)
		which = "the limit on open files (ulimit -n) is too low for LTTng";
	else if (!getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY &&
		 limit.rlim_cur < address_bytes_in_use() + spare_address_bytes)
		which = "the limit on address space (ulimit -v) is too low for LTTng";
	errno = saved;
	return which;
}
