/* SPDX-License-Identifier: MIT */
#include "analyzer/blame.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

/* Room for one more element of an array that doubles. */
static int reserve(void **array, size_t *size, size_t need, size_t element)
{
	size_t bigger = *size ? *size : 8;
	void *p;

	if (need <= *size)
		return 0;
	while (bigger < need)
		bigger *= 2;
	p = reallocarray(*array, bigger, element);
	if (!p)
		return err(-ENOMEM, "out of memory");
	*array = p;
	*size = bigger;
	return 0;
}

/* ---- the log of a GIL ---------------------------------------------------- */

void reign_log_deinit(struct reign_log *log)
{
	free(log->reigns);
	*log = (struct reign_log){ .since_ns = INT64_MIN };
}

int reign_log_acquire(struct reign_log *log, const struct thread_info *holder, int64_t ts_ns)
{
	void *reigns = log->reigns;
	int r;

	log->since_ns = ts_ns;
	if (log->n && log->reigns[log->n - 1].info == holder)
		return 0;
	r = reserve(&reigns, &log->size, log->n + 1, sizeof(*log->reigns));
	if (r)
		return r;
	log->reigns = reigns;
	log->reigns[log->n++] = (struct reign){ .holder = holder->index, .info = holder };
	return 0;
}

void reign_log_release(struct reign_log *log, int64_t ts_ns)
{
	if (log->since_ns != INT64_MIN)
		log->reigns[log->n - 1].held_ns += ts_ns - log->since_ns;
	log->since_ns = INT64_MIN;
}

bool reign_log_is_long(const struct reign_log *log)
{
	return log->n > REIGNS_LONG;
}

void reign_log_forget(struct reign_log *log)
{
	if (log->n > 1) {
		log->reigns[0] = log->reigns[log->n - 1];
		log->n = 1;
	}
}

/* What reign `i` held up to ts_ns. */
static int64_t held_until(const struct reign_log *log, size_t i, int64_t ts_ns)
{
	bool holds_now = i == log->n - 1 && log->since_ns != INT64_MIN;

	return log->reigns[i].held_ns + (holds_now ? ts_ns - log->since_ns : 0);
}

/* ---- the account of a wait ----------------------------------------------- */

void wait_account_deinit(struct wait_account *wait)
{
	free(wait->blames);
	*wait = (struct wait_account){ 0 };
}

void wait_account_trim(struct wait_account *wait)
{
	enum { KEPT = 32 };

	wait->n = 0;
	if (wait->size > KEPT)
		wait_account_deinit(wait);
}

void wait_account_mark(struct wait_account *wait, const struct reign_log *log, int64_t ts_ns)
{
	wait->reign = log->n ? log->n - 1 : 0;
	wait->held_ns = log->n ? held_until(log, log->n - 1, ts_ns) : 0;
}

void blame_index_deinit(struct blame_index *index)
{
	free(index->spots);
	*index = (struct blame_index){ 0 };
}

static int spot_of(struct blame_index *index, uint32_t thread, struct blame_spot **out)
{
	size_t old = index->size;
	void *spots = index->spots;
	int r = reserve(&spots, &index->size, (size_t)thread + 1, sizeof(*index->spots));

	if (r)
		return r;
	index->spots = spots;
	for (; old < index->size; old++)
		index->spots[old] = (struct blame_spot){ 0 };
	*out = &index->spots[thread];
	return 0;
}

static int add_blame(struct wait_account *wait, const struct thread_info *holder, int64_t ns)
{
	void *blames = wait->blames;
	size_t size = wait->size;
	int r = reserve(&blames, &size, (size_t)wait->n + 1, sizeof(*wait->blames));

	if (r)
		return r;
	wait->blames = blames;
	wait->size = (uint32_t)size;
	wait->blames[wait->n++] = (struct blame){ .holder = holder, .ns = ns };
	return 0;
}

static int blame(struct wait_account *wait, const struct reign *reign, int64_t ns,
		 struct blame_index *index)
{
	struct blame_spot *spot;
	int r = spot_of(index, reign->holder, &spot);

	if (r)
		return r;
	if (spot->round == index->round) {
		wait->blames[spot->at].ns += ns;
		return 0;
	}
	*spot = (struct blame_spot){ .round = index->round, .at = wait->n };
	return add_blame(wait, reign->info, ns);
}

int wait_account_settle(struct wait_account *wait, const struct reign_log *log, int64_t ts_ns,
			struct blame_index *index)
{
	int64_t before_ns = wait->held_ns;
	int r = 0;

	index->round++;
	for (uint32_t i = 0; i < wait->n && !r; i++) {
		struct blame_spot *spot;

		r = spot_of(index, wait->blames[i].holder->index, &spot);
		if (!r)
			*spot = (struct blame_spot){ .round = index->round, .at = i };
	}
	for (size_t i = wait->reign; i < log->n && !r; i++) {
		int64_t ns = held_until(log, i, ts_ns) - before_ns;

		before_ns = 0;
		if (ns > 0)
			r = blame(wait, &log->reigns[i], ns, index);
	}
	return r;
}

int wait_account_close(struct wait_account *wait, int64_t wait_ns)
{
	for (uint32_t i = 0; i < wait->n; i++)
		wait_ns -= wait->blames[i].ns;
	return wait_ns > 0 ? add_blame(wait, NULL, wait_ns) : 0;
}
