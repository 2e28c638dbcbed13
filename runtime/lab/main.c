/* SPDX-License-Identifier: MIT */
/* gilrun: the lab on the command line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/options.h"
#include "runtime/lab/run.h"
#include "runtime/lab/scenario/compile.h"
#include "runtime/lab/truth.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static void print_summary(const struct run *run)
{
	const struct gil_counts t = run_total(run);
	const char *unit = run->design->ticked ? "ticks" : "us";

	printf("%s: %zu %s on GIL design '%s', %s interval %" PRId64 " %s: %.3f s\n", run->scenario->name,
	       run->n_workers - 1, run->n_workers == 2 ? "thread" : "threads", run->design->name,
	       run->design->ticked ? "check" : "switch", run->interval, unit, (double)run->wall_ns / 1e9);
	printf("%" PRIu64 " ticks (%.1f ns each), %" PRIu64 " checks\n", t.ticks,
	       t.ticks ? (double)run->wall_ns / (double)t.ticks : 0.0, t.checks);
	printf("%" PRIu64 " acquisitions, %" PRIu64 " of them contended; "
	       "%" PRIu64 " failed attempts (%" PRIu64 " busy, %" PRIu64 " retries)\n",
	       t.acquisitions, t.acquisitions_contended, t.busy + t.retries, t.busy, t.retries);
}

static int run_scenario(const struct options *o, const struct scenario *scenario)
{
	cleanup(run_deinit) struct run run = { 0 };
	int r;

	if (o->trace && emit_load())
		fputs("gilrun: the LTTng provider was not found: nothing can be recorded\n",
		      stderr);
	/* After the load, so that LTTng's own threads keep out of the way. */
	if (o->pinned && sched_setaffinity(0, sizeof(o->cpus), &o->cpus))
		return err(-errno, "cannot run on the CPUs of --cpus: %s", strerror(errno));
	r = run_init(&run, scenario, o->design,
		     o->design->ticked ? o->check_interval : o->switch_interval_us);
	if (r)
		return r;
	run_go(&run);
	r = run_verify(&run);
	if (!r && o->truth)
		r = truth_write(&run, o->truth);
	if (!r)
		print_summary(&run);
	return r;
}

static int print_bytecode(const struct scenario *scenario)
{
	int r = 0;

	code_print(&code_count, stdout);
	for (size_t i = 0; i < scenario->n_bodies && !r; i++) {
		cleanup(compiled_freep) struct code *code = NULL;

		r = compile_body(&code, scenario, &scenario->bodies[i]);
		if (r)
			break;
		putchar('\n');
		code_print(code, stdout);
	}
	return r;
}

static int act(const struct options *o, const struct scenario *scenario)
{
	switch (o->action) {
	case ACTION_PYTHON:
		return scenario_write_python(scenario, stdout);
	case ACTION_BYTECODE:
		return print_bytecode(scenario);
	case ACTION_RUN:
		break;
	}
	return run_scenario(o, scenario);
}

int main(int argc, char **argv)
{
	cleanup(scenario_freep) struct scenario *scenario = NULL;
	struct options options;
	int status = EXIT_USAGE, r = options_parse(&options, argc, argv);

	if (!r)
		r = scenario_load(&scenario, options.scenario, options.settings, options.n_settings);
	if (!r) {
		status = EXIT_FAILED;
		r = act(&options, scenario);
	}
	options_deinit(&options);
	if (r == OPTIONS_E_DONE)
		r = 0;
	if (!r && (fflush(stdout) || ferror(stdout))) {
		status = EXIT_FAILED;
		r = err(-EIO, "cannot write to the standard output");
	}
	if (r)
		err_print(stderr);
	return r ? status : EXIT_DONE;
}
