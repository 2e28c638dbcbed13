/* SPDX-License-Identifier: MIT */
#include "cli/experiment/experiment.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/tree.h"
#include "cli/tracee.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { ATTEMPTS = 3 }; /* to get a whole recording */

/* ---- rows ------------------------------------------------------------------------------ */

static struct row *add_row(struct bench *b)
{
	struct row *rows = realloc(b->rows, (b->n_rows + 1) * sizeof(*rows));

	if (!rows) {
		err(-ENOMEM, "out of memory");
		return NULL;
	}
	b->rows = rows;
	rows[b->n_rows] = (struct row){
		.cells = calloc(b->experiment->n_columns, sizeof(struct samples)),
	};
	if (!rows[b->n_rows].cells) {
		err(-ENOMEM, "out of memory");
		return NULL;
	}
	return &rows[b->n_rows++];
}

struct row *bench_quote(struct bench *b, const char *name)
{
	struct row *row = add_row(b);

	if (row)
		snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

int row_add(struct row *row, size_t column, double value)
{
	return samples_add(&row->cells[column], value);
}

const struct row *bench_sibling(const struct bench *b, const struct row *row, size_t condition)
{
	for (const struct row *r = b->rows; r < b->rows + b->n_rows; r++)
		if (r->subject == row->subject && r->condition == condition)
			return r;
	return NULL;
}

static int add_rows(struct bench *b, const struct subject *subject)
{
	char name[sizeof(b->rows->name)];

	for (size_t i = 0; b->experiment->condition(b, subject, i, name, sizeof(name)); i++) {
		struct row *row = bench_quote(b, name);

		if (!row)
			return -ENOMEM;
		row->subject = subject;
		row->condition = i;
	}
	return 0;
}

void bench_deinit(struct bench *b)
{
	for (struct row *row = b->rows; row < b->rows + b->n_rows; row++) {
		for (size_t i = 0; i < b->experiment->n_columns; i++)
			samples_deinit(&row->cells[i]);
		free(row->cells);
		free(row->failure);
	}
	free(b->rows);
	subjects_deinit(&b->subjects);
}

/* ---- trials ----------------------------------------------------------------------------- */

struct trial bench_trial(const struct bench *b, const struct row *row, const char *scenario)
{
	return (struct trial){
		.subject = row->subject, .gilrun = b->subjects.gilrun, .folder = b->folder,
		.limit_ns = b->limit_ns, .scenario = scenario, .cpus = &b->cpus,
	};
}

/* "cond-2_CPUs-1.trace" in the folder of --keep. */
static int name_kept(const struct bench *b, const struct row *row, char path[PATH_MAX])
{
	char name[128];

	snprintf(name, sizeof(name), "%s-%s-%s-%u.trace", b->experiment->name, row->subject->name, row->name,
		 b->run + 1);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '.')
			*c = '_';
	return snprintf(path, PATH_MAX, "%s/%s", b->keep, name) < PATH_MAX ? 0 :
		err(-ENAMETOOLONG, "'%s' is too long a name", b->keep);
}

int bench_record(const struct bench *b, struct row *row, struct trial *t)
{
	char kept[PATH_MAX];
	int r = b->keep ? name_kept(b, row, kept) : 0;

	t->mode = TRIAL_RECORDED;
	t->keep = b->keep ? kept : NULL;
	for (int i = 0; i < ATTEMPTS && !r; i++) {
		t->incomplete = false;
		r = trial_run(t);
		if (r || !t->incomplete)
			break;
		trial_deinit(t);
		tree_remove(t->trace);
	}
	row->incomplete |= !r && t->incomplete;
	t->keep = NULL;
	return r;
}

/* ---- the runs --------------------------------------------------------------------------- */

static void show_progress(const struct bench *b, const struct row *row)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %zu of %zu: %s, %s, run %u\033[K", b->experiment->name, b->done + 1,
			b->trials, row->subject->name, row->name, b->run + 1);
}

static void clear_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* The row keeps what it has; the others go on. @return 0, or < 0 when we are to end. */
static int measure(struct bench *b, struct row *row)
{
	int mark = err_mark(), r;

	if (row->failure)
		return 0;
	show_progress(b, row);
	r = b->experiment->measure(b, row);
	if (tracee_interrupted())
		return r ? r : err(-EINTR, "interrupted");
	if (!r)
		return 0;
	row->failure = strdup(err_innermost());
	err_forget(mark);
	return row->failure ? 0 : err(-ENOMEM, "out of memory");
}

int bench_run(struct bench *b)
{
	int r = 0;

	for (size_t i = 0; i < b->subjects.n && !r; i++)
		r = add_rows(b, &b->subjects.list[i]);
	b->trials = b->n_rows * b->runs;
	/* In turns, so that what changes with time falls on all rows. */
	for (b->run = 0; b->run < b->runs && !r; b->run++)
		for (size_t i = 0; i < b->n_rows && !r; i++, b->done++)
			r = measure(b, &b->rows[i]);
	clear_progress();
	return r || !b->experiment->conclude ? r : b->experiment->conclude(b);
}
