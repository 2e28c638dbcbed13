/* SPDX-License-Identifier: MIT */
/*
 * Plays events through the real provider: for tests that need a trace with
 * known contents.
 *
 *   play PROVIDER [FLAGS] < EVENTS
 *
 * One event a line, "THREAD TICK CHECKS EVENT", as `gilscope battle` prints
 * them; other lines are passed over. FLAGS: GIL_FLAG_*, a number. Threads get tids in order of appearance.
 */
#include "tracepoints/emit_table.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_THREADS = 64, NAME_SIZE = 32, FIRST_TID = 1000 };

static const struct emit_table *table;
static const uint64_t gil = UINT64_C(0x5eed000000000001);
static char names[MAX_THREADS][NAME_SIZE];
static int n_threads;
static uint32_t flags = GIL_FLAG_TICKED | GIL_FLAG_TICKS_EXACT | GIL_FLAG_CHECKS_EXACT;

static void say_create(void)
{
	const char *recording = getenv(GIL_ENV_RECORDING);

	table->create(&(struct emit_gil_facts){
		.gil = gil, .interval = 100, .pid = getpid(), .schema = GIL_SCHEMA,
		.flags = flags,
		.recording = recording ? recording : "", .design = "played", .version = "slide",
	});
}

static int32_t tid_of(const char *name)
{
	int i = 0;

	while (i < n_threads && strcmp(names[i], name))
		i++;
	if (i == n_threads) {
		if (n_threads == MAX_THREADS)
			exit(2);
		snprintf(names[n_threads++], NAME_SIZE, "%s", name);
		table->thread(&(struct emit_thread_facts){
			.gil = gil, .ident = 0x7f0000000000u + (uint64_t)i, .tid = FIRST_TID + i,
			.pid = getpid(), .serial = (uint32_t)i + 1,
			.is_main = !strcmp(name, "MainThread"), .name = name,
		});
	}
	return FIRST_TID + i;
}

static void say(const char *event, int32_t tid, int32_t tick, uint64_t checks)
{
	if (!strcmp(event, "ENTRY"))
		table->entry(gil, tid, tick, checks);
	else if (!strcmp(event, "BUSY"))
		table->busy(gil, tid, tick, checks);
	else if (!strcmp(event, "RETRY"))
		table->retry(gil, tid, tick, checks, 0);
	else if (!strcmp(event, "ACQUIRE"))
		table->acquire(gil, tid, tick, checks);
	else if (!strcmp(event, "RELEASE"))
		table->release(gil, tid, tick, checks, 0);
	else if (!strcmp(event, "POKE"))
		table->leave(gil, tid, GIL_LEAVE_POKE);
	else
		exit(2);
}

int main(int argc, char **argv)
{
	char line[256], name[NAME_SIZE], event[16];
	unsigned long checks;
	int tick;
	void *handle = argc >= 2 ? dlopen(argv[1], RTLD_NOW) : NULL;

	table = handle ? dlsym(handle, EMIT_TABLE_SYMBOL) : NULL;
	if (!table) {
		fprintf(stderr, "play: cannot load the provider: %s\n", argc >= 2 ? dlerror() : "usage");
		return 1;
	}
	if (argc > 2)
		flags = (uint32_t)strtoul(argv[2], NULL, 0);
	say_create();
	while (fgets(line, sizeof(line), stdin))
		if (sscanf(line, "%31s %d %lu %15s", name, &tick, &checks, event) == 4)
			say(event, tid_of(name), tick, checks);
	return 0;
}
