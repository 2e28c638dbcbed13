/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_TRIAL_H
#define GILSCOPE_CLI_EXPERIMENT_TRIAL_H

#include <limits.h>

#include "cli/experiment/cpus.h"
#include "cli/experiment/subject.h"
#include "cli/experiment/truth.h"
#include "lib/gilscope.h"

/* One run of a scenario by one subject, in a child with a time limit. One at a time; not thread-safe. */

enum trial_mode {
	TRIAL_PLAIN,    /* as fast as it goes: no probe, no recording */
	TRIAL_RECORDED,
	TRIAL_COUNTED,  /* under strace, which counts the system calls */
};

enum { TRIAL_SETTINGS = 4 };
struct trial {
	/* wishes: */
	const struct subject *subject;
	const char *gilrun;
	const char *folder;     /* for temporary files; emptied by the next trial */
	const char *keep;       /* where the recording is to stay, or NULL */
	uint64_t limit_ns;
	const char *scenario;
	char settings[TRIAL_SETTINGS][48]; /* "count=1000"; "" ends */
	const char *interval;   /* in ticks, or where the subject is sliced a time, as it wants it; NULL: its own */
	const struct cpus *cpus;
	enum trial_mode mode;

	/* what came of it, from trial_run() on: */
	struct truth truth;
	uint64_t context_switches;
	uint64_t system_calls;  /* TRIAL_COUNTED */
	/* TRIAL_RECORDED: */
	char trace[PATH_MAX];
	char recording[64];     /* its id */
	struct gilscope *recorded; /* see trace.h */
	bool incomplete;        /* events were lost or are unlawful, or the first are missing */
};

/* Adds NAME=value to the settings. */
void trial_set(struct trial *t, const char *name, uint64_t value);

/* @return 0, or < 0 with a sentence: -EINTR when we are to end. Call trial_deinit() in any case. */
int trial_run(struct trial *t);
void trial_deinit(struct trial *t);

#endif
