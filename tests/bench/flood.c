/* SPDX-License-Identifier: MIT */
/*
 * Emits events at a steady rate, more than any interpreter does: two threads,
 * each taking and dropping a GIL of its own.
 *
 *   flood PROVIDER EVENTS_PER_S SECONDS [COUNTS]
 *
 * Each thread emits what is due and sleeps for a millisecond, so that the
 * machine has time for LTTng's consumer, as it would in real life. Prints how
 * many events it emitted and in what time. COUNTS: a file in which each thread
 * counts its pairs of take and drop (int64_t); a kill leaves it behind.
 */
#include "tracepoints/emit_table.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 2, EVENTS_PER_PAIR = 3, FIRST_TID = 1000 };
static const int64_t nap_ns = 1000000, ns_per_s = 1000000000;
static const uint64_t first_gil = UINT64_C(0xf100d00000000001);

static const struct emit_table *table;
static int64_t pairs_per_s, pairs; /* of each thread */
static int64_t own_counts[THREADS];
static volatile int64_t *counts = own_counts;

static volatile int64_t *map_counts(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	void *map = fd < 0 || ftruncate(fd, sizeof(own_counts)) ? MAP_FAILED :
		    mmap(NULL, sizeof(own_counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	return map;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * ns_per_s + t.tv_nsec;
}

static void say_facts(uint64_t gil, int32_t tid)
{
	const char *recording = getenv(GIL_ENV_RECORDING);

	table->create(&(struct emit_gil_facts){
		.gil = gil, .interval = 100, .pid = getpid(), .schema = GIL_SCHEMA,
		.flags = GIL_FLAG_TICKED, .recording = recording ? recording : "",
		.design = "flood", .version = "",
	});
	table->thread(&(struct emit_thread_facts){
		.gil = gil, .ident = (uint64_t)tid, .tid = tid, .pid = getpid(), .serial = 1, .name = "",
	});
}

static void *flood(void *arg)
{
	int number = *(int *)arg;
	int32_t tid = FIRST_TID + number;
	uint64_t gil = first_gil + *(unsigned *)arg;
	int64_t begin_ns = now_ns();

	say_facts(gil, tid);
	for (int64_t done = 0; done < pairs;) {
		int64_t due = (now_ns() - begin_ns) * pairs_per_s / ns_per_s;

		for (; done < due && done < pairs; done++) {
			table->entry(gil, tid, 100, (uint64_t)done);
			table->acquire(gil, tid, 100, (uint64_t)done);
			table->release(gil, tid, 100, (uint64_t)done + 1, 1);
			counts[number] = done + 1;
		}
		nanosleep(&(struct timespec){ .tv_nsec = nap_ns }, NULL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	void *handle = argc == 4 || argc == 5 ? dlopen(argv[1], RTLD_NOW) : NULL;
	int numbers[THREADS];
	pthread_t threads[THREADS];
	int64_t begin_ns;

	table = handle ? dlsym(handle, EMIT_TABLE_SYMBOL) : NULL;
	if (!table || !*table->on[GIL_ENTRY]) {
		fprintf(stderr, "flood: %s\n", table ? "nobody records" : "usage: flood PROVIDER EVENTS_PER_S SECONDS [COUNTS]");
		return 2;
	}
	pairs_per_s = atoll(argv[2]) / EVENTS_PER_PAIR / THREADS;
	pairs = pairs_per_s * atoll(argv[3]);
	if (argc == 5)
		counts = map_counts(argv[4]);
	begin_ns = now_ns();
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, flood, &numbers[i]))
			return 1;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%" PRId64 " %" PRId64 "\n", pairs * EVENTS_PER_PAIR * THREADS, now_ns() - begin_ns);
	return 0;
}
