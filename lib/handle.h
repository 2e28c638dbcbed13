/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_LIB_HANDLE_H
#define GILSCOPE_LIB_HANDLE_H

#include <limits.h>

#include "analyzer/study.h"
#include "base/recording.h"
#include "lib/gilscope.h"
#include "viz/battle.h"
#include "viz/export.h"
#include "viz/timeline.h"

/* What is behind the public handle. */
enum { MOST_LISTENERS = 8, MOST_EXPORTS = 8, MOST_WARNINGS = 4 + MOST_EXPORTS };

struct gilscope {
	struct gilscope_options options;
	char path[PATH_MAX]; /* what is read: of a flight recorder's folder the last snapshot */
	struct recording recording;
	bool ran, done;      /* gilscope_run() was called; succeeded */

	/* What is fed, besides `counts`, which is always there and needs no event: */
	struct study *study; /* NULL: only_listen */
	struct battle *battle;
	bool battle_in_percent; /* around a time that is a percentage */
	struct timeline *timeline;
	struct listening *listening[MOST_LISTENERS];
	size_t n_listening;
	struct export *exports[MOST_EXPORTS];
	size_t n_exports;
	struct sink counts;
	struct trace_info trace;

	struct quality quality;
	char damage[1024];
	struct results bare; /* without a study: trace and quality */
	char *warnings[MOST_WARNINGS];
	size_t n_warnings;
};

/* Results of a handle that ran; NULL before. */
const struct results *handle_results(const struct gilscope *g);

/* The recording to which all is restricted; NULL: what is in the trace. */
const char *handle_recording(const struct gilscope *g);

/* @return 0; -EINVAL with a sentence where it is too late to add something. */
int handle_check_early(const struct gilscope *g);

/* @return 0; -EINVAL with a sentence where the run was not, or without results (`all`). */
int handle_check_done(const struct gilscope *g, bool all);

/*
 * Copies a caller's struct, which begins with its size, into ours: what it does not have is zero.
 * NULL is all zero. @return 0, or GILSCOPE_E_OPTION with a sentence: it asks for what we do not know.
 */
int handle_take(void *ours, size_t size, const void *theirs);

/* The page of the caller. @return as handle_take() */
struct page;
int handle_take_page(struct page *ours, const struct gilscope_page *theirs);

/* ---- listen.c ---- */

/* The listener as a sink; @listener copied. */
struct listening;
int listening_new(struct listening **out, const struct gilscope_listener *listener);
struct listening *listening_free(struct listening *l); /* NULL ok; returns NULL */
struct sink *listening_sink(struct listening *l);

#endif
