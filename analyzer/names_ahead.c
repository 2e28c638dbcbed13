/* SPDX-License-Identifier: MIT */
#include "analyzer/names_ahead.h"

#include "analyzer/filter.h"
#include "base/err.h"

#include <errno.h>
#include <stdlib.h>

struct named_thread {
	uint64_t gil;
	int32_t tid; /* 0: nobody named it */
	bool asked;
	int64_t first_ns;
};

static int make_room(struct names_ahead *names, size_t n)
{
	struct named_thread *all;

	if (n <= names->n)
		return 0;
	n = n > 2 * names->n ? n : 2 * names->n;
	all = reallocarray(names->all, n, sizeof(*all));
	if (!all)
		return err(-ENOMEM, "out of memory");
	for (size_t i = names->n; i < n; i++)
		all[i] = (struct named_thread){ .asked = false };
	names->all = all;
	names->n = n;
	return 0;
}

static int on_thread(void *data, const struct thread_info *thread)
{
	struct names_ahead *names = data;
	struct named_thread *t;

	if (!thread->named)
		return 0;
	if (make_room(names, (size_t)thread->index + 1))
		return -ENOMEM;
	t = &names->all[thread->index];
	t->gil = thread->gil->id;
	t->tid = thread->tid;
	t->first_ns = thread->first_ns;
	t->asked |= thread_filter_match(names->filter, thread);
	return 0;
}

static int on_lost(void *data, const struct gil_loss *loss)
{
	(void)data;
	(void)loss;
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct named_thread *a = left, *b = right;

	if (a->gil != b->gil)
		return a->gil < b->gil ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return a->first_ns < b->first_ns ? -1 : a->first_ns > b->first_ns;
}

int names_ahead_look(struct names_ahead *out, const struct analysis_options *options)
{
	struct sink sink = { .name = "names ahead", .data = out, .thread = on_thread, .lost = on_lost };
	struct analysis_options facts = {
		.path = options->path, .facts_only = true, .recording = options->recording,
		.flight_recorder = options->flight_recorder, .interrupted = options->interrupted,
	};
	int mark = err_mark(), r;

	*out = (struct names_ahead){ .filter = options->thread };
	r = analysis_run(&facts, (struct sink *[]){ &sink }, 1);
	if (r == -ENOMEM)
		return r;
	if (out->n)
		qsort(out->all, out->n, sizeof(*out->all), compare);
	err_forget(mark); /* what is wrong with the trace the reading proper says */
	return 0;
}

void names_ahead_deinit(struct names_ahead *names)
{
	free(names->all);
	*names = (struct names_ahead){ 0 };
}

static const struct named_thread *if_same(const struct names_ahead *names, size_t i, const struct named_thread *key)
{
	const struct named_thread *t = i < names->n ? &names->all[i] : NULL;

	return t && t->gil == key->gil && t->tid == key->tid ? t : NULL;
}

/* Tids come again: the first of its owners that was not seen before this thread; else the last one. */
static const struct named_thread *owner(const struct names_ahead *names, const struct thread_info *thread)
{
	const struct named_thread key = { .gil = thread->gil->id, .tid = thread->tid, .first_ns = thread->first_ns };
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&names->all[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (if_same(names, low, &key))
		return &names->all[low];
	return low ? if_same(names, low - 1, &key) : NULL;
}

bool names_ahead_ask(const struct names_ahead *names, const struct thread_info *thread)
{
	const struct named_thread *t = thread->named ? NULL : owner(names, thread);

	return t ? t->asked : thread_filter_match(names->filter, thread);
}
