/* SPDX-License-Identifier: MIT */
/* How often do two threads that wait for each other get to answer, next to threads that compute? */
#include "cli/experiment/experiment.h"

#include "base/cleanup.h"

#include <inttypes.h>

enum { CPU_THREADS_MOST = 2 };
enum { RATE, RATIO, ROUNDS, COLUMNS };

/* A run is to take about a second; with a convoy a round may take a hundred thousand times as long as without. */
enum { ROUNDS_FIRST = 20, ROUNDS_MOST = 10000000, GROWTH_MOST = 50 };
static const uint64_t wanted_ns = UINT64_C(1000000000), enough_ns = UINT64_C(300000000);

static const struct column columns[COLUMNS] = {
	[RATE] = { "", "round trips/s", "round_trips_per_s", VALUE_COUNT, .spread = true,
		   .help = "from ping to pong and back, without recording; median of the runs, +- half the "
			   "distance of their quartiles" },
	[RATIO] = { "", "ratio", "ratio", VALUE_RATIO, .help = "this rate / the rate next to no CPU thread" },
	[ROUNDS] = { "", "rounds", "rounds", VALUE_COUNT,
		     .help = "of each run, chosen so that it takes about a second" },
};

static bool condition(const struct bench *b, const struct subject *subject, size_t i, char *name,
		      size_t size)
{
	(void)b;
	(void)subject;
	snprintf(name, size, "%zu CPU %s", i, PLURAL(i, "thread"));
	return i <= CPU_THREADS_MOST;
}

static int run(const struct bench *b, struct row *row, uint64_t *wall_ns)
{
	cleanup(trial_deinit) struct trial t = bench_trial(b, row, "ping-pong");
	int r;

	trial_set(&t, "rounds", row->size);
	trial_set(&t, "cpu", row->condition);
	r = trial_run(&t);
	*wall_ns = t.truth.wall_ns;
	return r;
}

static uint64_t more_rounds(uint64_t rounds, uint64_t wall_ns)
{
	double growth = (double)wanted_ns / (double)wall_ns;

	growth = growth > GROWTH_MOST ? GROWTH_MOST : growth;
	rounds = (uint64_t)((double)rounds * growth) + 1;
	return rounds < ROUNDS_MOST ? rounds : ROUNDS_MOST;
}

/* Tries with few rounds, then with more, until a run is long enough to be measured. */
static int run_fitted(const struct bench *b, struct row *row, uint64_t *wall_ns)
{
	int r;

	row->size = ROUNDS_FIRST;
	while (!(r = run(b, row, wall_ns)) && *wall_ns < enough_ns && row->size < ROUNDS_MOST)
		row->size = more_rounds(row->size, *wall_ns);
	return r;
}

static int measure(struct bench *b, struct row *row)
{
	uint64_t wall_ns;
	int r;

	if (b->count)
		row->size = b->count;
	r = row->size ? run(b, row, &wall_ns) : run_fitted(b, row, &wall_ns);
	if (!r)
		r = row_add(row, RATE, (double)row->size * 1e9 / (double)wall_ns);
	return r ? r : row_add(row, ROUNDS, (double)row->size);
}

static int conclude(struct bench *b)
{
	for (struct row *row = b->rows; row < b->rows + b->n_rows; row++) {
		double base = samples_median(&bench_sibling(b, row, 0)->cells[RATE]);
		int r = base && row->cells[RATE].n ?
			row_add(row, RATIO, samples_median(&row->cells[RATE]) / base) : 0;

		if (r)
			return r;
	}
	return 0;
}

static void describe(const struct bench *b, char *text, size_t size)
{
	(void)b;
	snprintf(text, size, "Two threads send each other a byte and wait for the answer, without the GIL, next "
		 "to threads that compute all the time.");
}

const struct experiment experiment_bandwidth = {
	.name = "bandwidth",
	.summary = "round trips per second between two threads next to 0 to 2 CPU-bound threads",
	.columns = columns,
	.n_columns = COLUMNS,
	.condition = condition,
	.measure = measure,
	.conclude = conclude,
	.describe = describe,
};
