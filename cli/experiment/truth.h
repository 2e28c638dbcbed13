/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_TRUTH_H
#define GILSCOPE_CLI_EXPERIMENT_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a program of a scenario says about itself, in the file of its --truth. */
struct truth {
	uint64_t wall_ns;
	bool sliced; /* the GIL's holder lets go after a time, not after a number of ticks */
	struct truth_signal {
		uint64_t latency_ns; /* from the kill to the handler */
		uint64_t checks;     /* between the two; only where `has_checks` */
		bool has_checks;
	} *signals;
	size_t n_signals;
};

/* @return 0, or < 0 with a sentence. Call truth_deinit() in any case. */
int truth_read(struct truth *out, const char *path);
void truth_deinit(struct truth *truth);

#endif
