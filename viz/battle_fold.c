/* SPDX-License-Identifier: MIT */
#include "viz/battle_fold.h"

static const enum gil_kind round_kinds[FOLD_ROUND] = { GIL_RELEASE, GIL_ENTRY, GIL_ACQUIRE };

/* Leaves what is folded and kept to be shown. */
static void begin_round(struct battle_fold *f, const struct gil_event *e, const struct step *step)
{
	f->thread = e->kind == round_kinds[0] ? step->thread : NULL;
	f->next = 1;
	f->shown = false;
}

bool battle_fold_takes(struct battle_fold *f, const struct gil_event *e, const struct step *step, bool quiet)
{
	if (!quiet || step->thread != f->thread || e->kind != round_kinds[f->next]) {
		begin_round(f, e, step);
		return false;
	}
	f->next = (f->next + 1) % FOLD_ROUND;
	if (!f->shown) {
		f->shown = !f->next;
		f->from_ns = f->to_ns = e->ts_ns;
		return false;
	}
	if (f->next) {
		f->kept[f->n_kept++] = (struct fold_kept){ *e, *step };
		return true;
	}
	f->gil = step->gil;
	f->to_ns = e->ts_ns;
	f->rounds++;
	f->n_kept = 0;
	return true;
}

void battle_fold_clear(struct battle_fold *f)
{
	f->rounds = 0;
	f->n_kept = 0;
}
