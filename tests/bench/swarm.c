/* SPDX-License-Identifier: MIT */
/*
 * Plays many short-lived threads, as a server makes that starts one for each
 * request: of each two on a GIL the second one has to wait for the first.
 *
 *   swarm PROVIDER THREADS GILS
 *
 * The GILs take turns. A nap after each piece of work leaves LTTng's consumer
 * the time that real threads would. Prints how many events it emitted.
 */
#include "tracepoints/emit_table.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_PAIR = 11, PAIRS_PER_NAP = 50, FIRST_TID = 1000, INTERVAL_US = 5000 };
static const uint64_t first_gil = UINT64_C(0x5a4a000000000001);

static const struct emit_table *table;

static void say_gil(uint64_t gil)
{
	const char *recording = getenv(GIL_ENV_RECORDING);

	table->create(&(struct emit_gil_facts){
		.gil = gil, .interval = INTERVAL_US, .pid = getpid(), .schema = GIL_SCHEMA,
		.recording = recording ? recording : "", .design = "swarm", .version = "",
	});
}

static void begin(uint64_t gil, int32_t tid)
{
	table->thread(&(struct emit_thread_facts){
		.gil = gil, .ident = (uint64_t)tid, .tid = tid, .pid = getpid(),
		.serial = (uint32_t)tid, .name = "",
	});
	table->entry(gil, tid, GIL_NO_TICK, 0);
}

static void end(uint64_t gil, int32_t tid)
{
	table->release(gil, tid, GIL_NO_TICK, 0, 0);
	table->leave(gil, tid, GIL_LEAVE_THREAD_END);
}

static void play_pair(uint64_t gil, int32_t first)
{
	int32_t second = first + 1;

	begin(gil, first);
	table->acquire(gil, first, GIL_NO_TICK, 0);
	begin(gil, second);
	table->busy(gil, second, GIL_NO_TICK, 0);
	end(gil, first);
	table->acquire(gil, second, GIL_NO_TICK, 0);
	end(gil, second);
}

int main(int argc, char **argv)
{
	void *handle = argc == 4 ? dlopen(argv[1], RTLD_NOW) : NULL;
	long pairs, gils;

	table = handle ? dlsym(handle, EMIT_TABLE_SYMBOL) : NULL;
	if (!table || !*table->on[GIL_ENTRY]) {
		fprintf(stderr, "swarm: %s\n", table ? "nobody records" : "usage: swarm PROVIDER THREADS GILS");
		return 2;
	}
	pairs = atol(argv[2]) / 2;
	gils = atol(argv[3]);
	for (long i = 0; i < gils; i++)
		say_gil(first_gil + (uint64_t)i);
	for (long i = 0; i < pairs; i++) {
		play_pair(first_gil + (uint64_t)(i % gils), FIRST_TID + 2 * (int32_t)i);
		if (i % PAIRS_PER_NAP == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	printf("%ld\n", pairs * EVENTS_PER_PAIR);
	return 0;
}
