// SPDX-License-Identifier: MIT
// The columns of the table of threads, and which number of the report each must show.
import assert from 'node:assert/strict';

const WHOLE = {
	wait_ratio: (row) => row.wait_ratio, attempt_max: (row) => row.attempt_max_ns, blocked_others: (row) => row.blocked_others_ns,
	blocking_max: (row) => row.blocking_max_ns,
};
const ALWAYS = {
	wait_total: (row) => row.wait_ns.total, wait_p99: (row) => row.wait_ns.p99, wait_max: (row) => row.wait_ns.max,
	failed: (row) => row.failed_attempts, acquisitions: (row) => row.acquisitions, contended: (row) => row.acquisitions_contended,
	holding: (row) => row.state_ns.holding, hold_max: (row) => row.hold_ns.max, requested: (row) => row.releases_requested,
	checks: (row) => row.checks, ticks: (row) => row.ticks, switches: (row) => row.switches_in,
};
const GIL = ['utilisation', 'contention', 'acquisitions', 'failed_attempts', 'checks', 'badness', 'switches', 'held_ns', 'wait_ns', 'wanted_ns'];
// Ratios: the report has six digits after the point.
const ROUNDING = 1e-6;

function assertNumber(shown, expected, what) {
	if (typeof expected === 'number' && !Number.isInteger(expected))
		assert.ok(Math.abs(shown - expected) <= ROUNDING, `${what}: ${shown} shown, ${expected} in the report`);
	else
		assert.equal(shown, expected, what);
}

function assertRow(cells, row, columns) {
	for (const [column, of] of Object.entries(columns))
		assertNumber(cells[column], of(row), `${column} of thread ${row.name.slice(0, 40)} (tid ${row.tid})`);
}

// The whole trace: each thread of the report is shown, with all its numbers.
export function assertThreads(table, report) {
	const selected = report.threads.filter((row) => row.selected);

	assert.equal(table.length, Math.min(selected.length, 1000), 'threads shown');
	for (const it of table)
		assertRow(it.cells, report.threads[it.threadRow], { ...ALWAYS, ...WHOLE });
}

// A part of it: by GIL and number, which do not depend on the part.
export function assertThreadsOfPart(table, lanes, report) {
	const rows = new Map(report.threads.map((row) => [`${row.gil} ${row.number}`, row]));

	for (const it of table) {
		const lane = lanes[it.lane], row = rows.get(`${lane.gil} ${lane.number}`);

		if (row)
			assertRow(it.cells, row, ALWAYS);
		else
			assert.equal(it.cells.acquisitions, 0, `thread ${lane.number} is not in the report of this part`);
	}
	assert.ok(rows.size <= table.length, 'threads of the part');
}

export function assertGils(table, report) {
	for (const gil of report.gils) {
		const shown = table.find((it) => Number(it.gil) === gil.gil);

		for (const column of GIL)
			assertNumber(shown.cells[column], gil[column], `${column} of GIL ${gil.gil}`);
	}
}
