/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_ANALYZER_METRICS_ROWS_H
#define GILSCOPE_ANALYZER_METRICS_ROWS_H

#include "analyzer/metrics.h"
#include "analyzer/table.h"

/*
 * The inside of the metrics, for metrics.c and the files of this folder only:
 * the rows as they grow during the pass. rows.c adds them, pairs.c counts who
 * waited for whom, others.c folds ended threads, derived.c makes at the end what
 * follows from the counts.
 */
enum {
	PAIRS_LIMIT = 32768,  /* then new holders fold into PAIR_OTHERS */
	VIOLATIONS_SHOWN = 10,
};

#define NO_ROW UINT32_MAX

/* Jain's index of some x: 1 when all are alike, 1/n when one has all. */
struct fairness {
	uint64_t n;
	double sum, sum_of_squares;
};

struct gil_row {
	struct gil_metrics m;
	const struct gil_info *info;
	uint64_t overrun_ns, long_wait_ns; /* beyond these a hold overruns, a wait is long; UINT64_MAX unknown */
	uint32_t others; /* row of its folded threads, or NO_ROW */
	/* Of those folded, each for itself: */
	uint64_t folded_threads, folded_hold_max_ns;
	struct fairness hold, progress;
	struct gil_row *next;
};

struct pair {
	struct pair_metrics m;
	struct pair *next;
};

/* Beside each row of threads. */
struct thread_row {
	const struct thread_info *info; /* NULL: the row of others */
	bool retired;
	struct pair *last_pair; /* as waiter: mostly it is the next one, too; or NULL */
	uint64_t longest_contended_ns; /* of thread_metrics.longest_holder */
};

struct metrics {
	struct sink sink;
	struct trace_info trace;
	struct trace_end end;
	char *path;

	struct thread_metrics *threads;
	struct thread_row *rows;
	size_t n_threads, size;
	uint32_t *row_of; /* thread index -> row; NO_ROW: not seen yet, or retired */
	size_t n_row_of;

	struct gil_row *first_gil, *last_used_gil;
	struct table gil_table; /* id -> row */
	size_t n_gils;
	struct gil_metrics *gils; /* at the end */

	struct table pair_table;
	struct pair *first_pair;
	size_t n_pairs;
	struct pair_metrics *pairs; /* at the end */

	char *violations[VIOLATIONS_SHOWN];
	size_t n_violations;
};

int metrics_no_memory(void);

/* ---- rows.c ---- */

/* @info NULL: of others. */
int rows_add_thread(struct metrics *m, const struct thread_info *info, uint32_t *out);
void rows_free_histograms(struct thread_metrics *t);
int rows_add_gil(struct metrics *m, const struct gil_info *info);
struct gil_row *rows_search_gil(struct metrics *m, const struct gil_info *info);

static inline struct gil_row *rows_find_gil(struct metrics *m, const struct gil_info *info)
{
	struct gil_row *g = m->last_used_gil;

	return g && g->info == info ? g : rows_search_gil(m, info);
}

static inline uint32_t rows_of(const struct metrics *m, const struct thread_info *info)
{
	return info ? m->row_of[info->index] : PAIR_NOBODY;
}

static inline struct thread_metrics *rows_find_thread(struct metrics *m, const struct thread_info *info)
{
	return &m->threads[m->row_of[info->index]];
}

/* ---- pairs.c ---- */

/* The pair, which may be new; PAIR_OTHERS instead of `holder` when there are too many. */
int pairs_find(struct metrics *m, uint32_t waiter, uint32_t holder, struct pair_metrics **out);

/* The shares of an attempt with a BUSY. */
int pairs_blame(struct metrics *m, const struct attempt *attempt);

/* After rows moved: old row -> new row. */
int pairs_remap(struct metrics *m, const uint32_t *place);
int pairs_make_table(struct metrics *m);
void pairs_free(struct metrics *m);

/* ---- others.c ---- */

/* The threads go into the row of others of their GIL. */
int others_fold(struct metrics *m, const struct thread_info *const *threads, size_t n);

/* ---- derived.c ---- */

void fairness_add(struct fairness *f, double x);
void fairness_add_thread(struct fairness *hold, struct fairness *progress, const struct thread_metrics *t);
uint64_t thread_wait_ns(const struct thread_metrics *t); /* entering and waiting */

/* After the pass: copies what is borrowed, sums up, derives. */
int derived_make(struct metrics *m);

#endif
