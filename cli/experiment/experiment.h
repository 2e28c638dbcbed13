/* SPDX-License-Identifier: MIT */
#ifndef GILSCOPE_CLI_EXPERIMENT_EXPERIMENT_H
#define GILSCOPE_CLI_EXPERIMENT_EXPERIMENT_H

#include "cli/experiment/samples.h"
#include "cli/experiment/trial.h"
#include "base/text.h"

/*
 * An experiment is a table: a row for each subject under each condition, a
 * column for each number, the samples of the runs in its cells. One file for
 * each says what its conditions and columns are and how to measure a row once.
 */

enum value_kind {
	VALUE_DURATION, /* ns */
	VALUE_COUNT,
	VALUE_RATIO,    /* "1.85 x" */
	VALUE_NUMBER,   /* "0.115" */
};

struct column {
	const char *group, *title; /* as for a grid */
	const char *key;           /* in JSON */
	enum value_kind kind;
	bool spread;               /* shown with its spread over the runs */
	bool recorded;             /* from recordings */
	const char *help;          /* one line; NULL: the column before says it */
};

struct row {
	const struct subject *subject; /* NULL: its values are quoted from elsewhere */
	size_t condition;
	char name[32];          /* of the condition */
	struct samples *cells;  /* as many as the experiment has columns */
	char *failure;          /* why it was given up, or NULL */
	bool incomplete;        /* no recording of it was whole */
	uint64_t size;          /* the experiment's own: of the work, where it was fitted */
};

struct experiment;

/* An experiment that is under way. */
struct bench {
	const struct experiment *experiment;
	struct subjects subjects;
	struct cpus cpus;
	uint64_t runs;
	uint64_t count;      /* of the work; 0: the experiment's own */
	uint64_t limit_ns;   /* for each trial */
	char folder[PATH_MAX]; /* temporary */
	const char *keep;    /* folder for the recordings, or NULL */

	struct row *rows;
	size_t n_rows;
	char note[256];      /* what holds for all rows, such as a missing program; "" */

	unsigned run;        /* now, from 0 */
	size_t done, trials; /* rows measured so far, and all: for the progress */
};

struct experiment {
	const char *name, *summary; /* one line, no full stop */
	const struct column *columns;
	size_t n_columns;
	/* Names condition `i` of a subject. @return false: there are no more */
	bool (*condition)(const struct bench *b, const struct subject *subject, size_t i, char *name,
			  size_t size);
	/* One run of one row. @return 0, or < 0 with a sentence: the row is given up. */
	int (*measure)(struct bench *b, struct row *row);
	/* What can be said when all runs are done; may be NULL. @return 0, or < 0 with a sentence. */
	int (*conclude)(struct bench *b);
	/* One line above the table: what each row did. */
	void (*describe)(const struct bench *b, char *text, size_t size);
};

extern const struct experiment experiment_talk, experiment_latency, experiment_bandwidth,
	experiment_signals, experiment_interval;
extern const struct experiment *const experiments[]; /* NULL ends */

/* ---- for the experiments ------------------------------------------------------------------- */

/* A trial of a row: on the CPUs of the bench, unrecorded, without settings. */
struct trial bench_trial(const struct bench *b, const struct row *row, const char *scenario);

/*
 * Runs it recorded, again where the recording is not whole; row->incomplete and nothing `recorded` when
 * none was. @return as trial_run()
 */
int bench_record(const struct bench *b, struct row *row, struct trial *t);

/* One sample more. @return 0, or < 0 with a sentence */
int row_add(struct row *row, size_t column, double value);

/* A row that others have measured. NULL: out of memory, with a sentence */
struct row *bench_quote(struct bench *b, const char *name);

/* The row of the same subject under another condition, or NULL. */
const struct row *bench_sibling(const struct bench *b, const struct row *row, size_t condition);

/* ---- for the command ------------------------------------------------------------------------ */

/* @return 0; < 0 with a sentence: interrupted, or out of memory. Rows that failed are no failure. */
int bench_run(struct bench *b);
void bench_deinit(struct bench *b);

int table_print(const struct bench *b, const struct page *page); /* 0, or < 0 with a sentence */
int table_write_json(const struct bench *b, FILE *out);

#endif
