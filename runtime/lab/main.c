/* SPDX-License-Identifier: MIT */
/* gilrun: the lab on the command line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/battle.h"
#include "runtime/lab/options.h"
#include "runtime/lab/truth.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static void print_summary(const struct run *run)
{
	const struct gil_counts t = run_total(run);

	printf("%zu threads on GIL design '%s', check interval %" PRId32 ": %.3f s\n",
	       run->n_threads - 1, run->interp->gil->design->name, run->interp->check_interval,
	       (double)run->wall_ns / 1e9);
	printf("%" PRIu64 " ticks (%.1f ns each), %" PRIu64 " checks\n", t.ticks,
	       t.ticks ? (double)run->wall_ns / (double)t.ticks : 0.0, t.checks);
	printf("%" PRIu64 " acquisitions, %" PRIu64 " of them contended; "
	       "%" PRIu64 " failed attempts (%" PRIu64 " busy, %" PRIu64 " retries)\n",
	       t.acquisitions, t.acquisitions_contended, t.busy + t.retries, t.busy, t.retries);
}

static int run_scenario(const struct options *o)
{
	cleanup(run_deinit) struct run run = { 0 };
	int r;

	if (o->trace && emit_load())
		fputs("gilrun: the LTTng provider was not found: nothing can be recorded\n",
		      stderr);
	/* After the load, so that LTTng's own threads keep out of the way. */
	if (o->pinned && sched_setaffinity(0, sizeof(o->cpus), &o->cpus))
		return err(-errno, "cannot run on the CPUs of --cpus: %s", strerror(errno));
	r = run_init(&run, o->design, o->check_interval, (size_t)o->threads);
	if (!r)
		r = battle(&run, o->count);
	if (!r)
		r = run_verify(&run);
	if (!r && o->truth)
		r = truth_write(&run, o->truth);
	if (!r)
		print_summary(&run);
	return r;
}

int main(int argc, char **argv)
{
	struct options options;
	int r = options_parse(&options, argc, argv);

	if (r == OPTIONS_E_DONE)
		return EXIT_DONE;
	if (r) {
		err_print(stderr);
		return EXIT_USAGE;
	}
	r = run_scenario(&options);
	if (r)
		err_print(stderr);
	return r ? EXIT_FAILED : EXIT_DONE;
}
