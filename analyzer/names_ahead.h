/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_NAMES_AHEAD_H
#define GILSCOPE_ANALYZER_NAMES_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/analysis.h"
#include "analyzer/sink.h"

/*
 * Which names the threads of a trace will have. CPython names a thread after its
 * first ACQUIRE; who asks for a name wants the attempts before it, too. The rare
 * events are read first, where a recording has them apart; elsewhere nothing is
 * known ahead, and a thread is asked for from its name on.
 */
struct names_ahead {
	const char *filter; /* --thread; borrowed */
	struct named_thread *all;
	size_t n;
};

/* @return 0, or < 0 with a sentence. Call names_ahead_deinit() in any case. Not thread-safe. */
int names_ahead_look(struct names_ahead *out, const struct analysis_options *options);
void names_ahead_deinit(struct names_ahead *names);

/* Does --thread ask for this thread, seen first at first_ns? By its tid, or by a name that it has or will be given. */
bool names_ahead_ask(const struct names_ahead *names, const struct thread_info *thread);

#endif
