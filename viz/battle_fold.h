/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_BATTLE_FOLD_H
#define GILSCOPE_VIZ_BATTLE_FOLD_H

#include "analyzer/sink.h"

/*
 * Rounds that repeat: a thread releases, wants and acquires the GIL, and
 * nobody else does anything meanwhile. The first one of several is shown, the
 * others become one line. Not thread-safe.
 */
enum { FOLD_ROUND = 3 };

struct battle_fold {
	const struct thread_info *thread; /* whose round goes on; NULL: none */
	unsigned next;                    /* its event that comes next */
	bool shown;                       /* a whole round */
	const struct gil_info *gil;       /* of what is folded */
	uint64_t rounds;                  /* folded */
	int64_t from_ns, to_ns;           /* of these */
	/* The begin of one that may be folded too. */
	struct fold_kept {
		struct gil_event event;
		struct step step;
	} kept[FOLD_ROUND - 1];
	size_t n_kept;
};

/*
 * Whether the event is not to be shown now. Else what is folded and kept comes
 * first, then the event. `quiet`: there is nothing to say about it.
 */
bool battle_fold_takes(struct battle_fold *f, const struct gil_event *e, const struct step *step, bool quiet);

/* What was folded and kept was shown. */
void battle_fold_clear(struct battle_fold *f);

#endif
