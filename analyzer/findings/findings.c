/* SPDX-License-Identifier: MIT */
#include "analyzer/findings/detector.h"

#include <errno.h>

#include "base/err.h"

/* The healthy one comes last: it looks whether the others said something. */
static const struct detector *const detectors[] = {
	&detect_no_contention,
};

struct findings {
	struct finding *list;
	size_t n, size;
	const struct detector *detector; /* that looks now */
	uint32_t gil;                    /* at this one */
};

int findings_add(struct findings *f, const struct finding *finding)
{
	if (f->n == f->size) {
		size_t size = f->size ? 2 * f->size : 8;
		void *list = reallocarray(f->list, size, sizeof(*f->list));

		if (!list)
			return err(-ENOMEM, "out of memory");
		f->list = list;
		f->size = size;
	}
	f->list[f->n] = *finding;
	f->list[f->n].name = f->detector->name;
	f->list[f->n++].gil = f->gil;
	return 0;
}

static int by_cost(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->cost_ns != y->cost_ns)
		return x->cost_ns < y->cost_ns ? 1 : -1;
	return (x->gil > y->gil) - (x->gil < y->gil);
}

int findings_new(struct findings **out, const struct results *results)
{
	cleanup(findings_freep) struct findings *f = calloc(1, sizeof(*f));
	int r = 0;

	if (!f)
		return err(-ENOMEM, "out of memory");
	for (size_t g = 0; g < results->n_gils; g++)
		for (size_t d = 0; d < sizeof(detectors) / sizeof(detectors[0]) && !r; d++) {
			f->detector = detectors[d];
			f->gil = results->gils[g].info.index;
			r = f->detector->look(f, results, &results->gils[g]);
		}
	if (r)
		return r;
	if (f->n)
		qsort(f->list, f->n, sizeof(*f->list), by_cost);
	*out = steal(&f);
	return 0;
}

struct findings *findings_free(struct findings *f)
{
	if (f)
		free(f->list);
	free(f);
	return NULL;
}

size_t findings_list(const struct findings *f, const struct finding **out)
{
	*out = f->list;
	return f->n;
}

const char *findings_name(size_t i)
{
	return i < sizeof(detectors) / sizeof(detectors[0]) ? detectors[i]->name : NULL;
}
