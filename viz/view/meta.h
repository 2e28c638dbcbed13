/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_VIZ_VIEW_META_H
#define GILSCOPE_VIZ_VIEW_META_H

#include <stdio.h>

#include "viz/view/blocks.h"
#include "viz/view/lanes.h"
#include "viz/view/losses.h"
#include "viz/view/overview.h"
#include "viz/view/story.h"

/* All that the writer of a page has collected. */
struct view {
	struct lanes lanes;
	struct story story;
	struct overview overview;
	struct losses losses;
	struct blocks *blocks;
	int64_t origin_ns, begin_ns;
	uint64_t duration_ns;
};

/* The part "meta" of docs/viewer-format.md. After the end, and lanes_number(). Errors stay in the stream. */
void meta_write(FILE *out, const struct view *view);

#endif
