// SPDX-License-Identifier: MIT
// The statistics of a selection are those that the command line gives for the same part of the trace.
import assert from 'node:assert/strict';
import { test } from './tap.mjs';
import { assertGils, assertThreadsOfPart } from './columns.mjs';
import { withViewer } from './viewer.mjs';

// What a part is compared by: of pairs, waiter and holder by their lanes' numbers.
function pairsOf(report) {
	const number = (index) => (index === null ? null : report.threads[index].number);

	return report.pairs.map((it) => [it.gil, number(it.waiter), number(it.holder), it.wait_ns, it.waits, it.failed_attempts].join(' ')).sort();
}

async function shownPairs(viewer, lanes) {
	const stats = await viewer.page.evaluate(() => {
		const { source, store } = globalThis.gilscope;

		return source.stats(store.state.selection);
	});
	const number = (lane) => (lane === null ? null : lanes[lane].number);

	return stats.pairs.map((it) => [lanes[it.waiter].gil, number(it.waiter), number(it.holder), it.wait_ns, it.waits, it.failed_attempts].join(' ')).sort();
}

export async function assertSelection(viewer) {
	const { selection } = await viewer.state('selection');
	const report = viewer.reportOf(selection);
	const lanes = await viewer.page.evaluate(() => globalThis.gilscope.source.meta.lanes);

	await viewer.page.waitForSelector('[data-panel="selection"] [data-histogram]');
	assertThreadsOfPart(await viewer.table('[data-panel="threads"]'), lanes, report);
	assertGils(await viewer.table('[data-panel="selection"] .gil_numbers'), report);
	assert.deepEqual(await shownPairs(viewer, lanes), pairsOf(report));
}

async function drag(viewer, from, to) {
	await viewer.page.mouse.move(...await viewer.place(from));
	await viewer.page.mouse.down();
	await viewer.page.mouse.move(...await viewer.place((from + to) / 2));
	await viewer.page.mouse.move(...await viewer.place(to));
	await viewer.page.mouse.up();
	await viewer.until((state) => state.selection);
}

async function dragged(viewer) {
	await drag(viewer, 0.21, 0.37);
	const { selection } = await viewer.state('selection');
	const { duration_ns } = await viewer.page.evaluate(() => globalThis.gilscope.source.meta);

	assert.ok(Math.abs(selection.from_ns / duration_ns - 0.21) < 0.02 && Math.abs(selection.to_ns / duration_ns - 0.37) < 0.02, JSON.stringify(selection));
	await assertSelection(viewer);
	await viewer.screenshot('selection');
}

// Parts that begin and end where it is awkward: in a wait, in a hold, at an event. (Where there is no event the command line has no report.)
async function parts(viewer) {
	for (const [from_ns, to_ns] of [[7500700, 7500701], [1, 188000000], [7500700, 9002100], [7500701, 9002101], [13000000, 13000001]]) {
		await viewer.set({ selection: null });
		await viewer.page.waitForFunction(() => !document.querySelector('[data-histogram]'));
		await viewer.set({ selection: { from_ns, to_ns } });
		await assertSelection(viewer).catch((error) => {
			error.message = `${from_ns} to ${to_ns}: ${error.message}`;
			throw error;
		});
	}
}

// Over the hole: from 0.4 to 0.6 of the trace.
async function lossy(viewer) {
	await drag(viewer, 0.4, 0.6);
	await assertSelection(viewer);
}

export async function run(context) {
	await test('a dragged selection: its numbers', () => withViewer(context, 'thousand', dragged));
	await test('selections at awkward places', () => withViewer(context, 'thousand', parts));
	await test('a dragged selection where events were lost', () => withViewer(context, 'hostile', lossy));
	for (const name of context.large)
		await test(`${name}: a dragged selection`, () => withViewer(context, name, dragged));
}
