/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_FINDINGS_DETECTOR_H
#define GILSCOPE_ANALYZER_FINDINGS_DETECTOR_H

#include "analyzer/results.h"

/*
 * One kind of finding. A new one is a file that defines a `struct detector`
 * and a line in findings.c.
 */
struct detector {
	const char *name; /* of its findings */
	/* Looks at one GIL and adds what it finds. @return 0 or < 0 with a sentence. */
	int (*look)(struct findings *out, const struct results *r, const struct gil_metrics *gil);
};

/* Copies `finding`; its name and GIL are filled in. @return 0 or -ENOMEM with a sentence. */
int findings_add(struct findings *f, const struct finding *finding);

extern const struct detector detect_no_contention;

#endif
