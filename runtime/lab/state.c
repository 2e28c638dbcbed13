/* SPDX-License-Identifier: MIT */
#include "runtime/lab/state.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

bool worker_is_started(const struct worker *w)
{
	bool started;

	pthread_mutex_lock(&w->run->mutex);
	started = w->started;
	pthread_mutex_unlock(&w->run->mutex);
	return started;
}

bool workers_are_over(const struct run *run, bool with_daemons)
{
	for (size_t i = 1; i < run->n_workers; i++) {
		const struct worker *w = &run->workers[i];

		if (w->started && !w->over && (with_daemons || !w->state.daemon))
			return false;
	}
	return true;
}

_Noreturn void run_fails(void)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	/* One sentence is enough; whoever says it ends us all. */
	while (atomic_flag_test_and_set(&said))
		pause();
	fflush(stdout);
	err_print(stderr);
	fflush(stderr);
	_exit(1);
}

uint64_t run_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
