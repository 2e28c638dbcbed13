// SPDX-License-Identifier: MIT
// Files of 0 to 10 million events: each opens without an error or a request, and shows the report's numbers.
import assert from 'node:assert/strict';
import { test } from './tap.mjs';
import { assertThreads } from './columns.mjs';
import { withViewer } from './viewer.mjs';

const ROW_KINDS = 5;
const words = (text) => text.replace(/[:\s]+/g, ' ').trim();

async function assertVerdict(viewer, report) {
	const verdict = report.findings[0]?.verdict;

	if (verdict)
		assert.equal(words(await viewer.text('[data-verdict]')), words(verdict));
	assert.equal((await viewer.page.$$('[data-finding]')).length, report.findings.length, 'findings listed');
}

// What the picture is made of adds up to what the report counts.
async function assertOverview(viewer, report) {
	const sums = await viewer.page.evaluate(() => {
		const { overview } = globalThis.gilscope.source;
		const sum = (plane) => plane.reduce((all, n) => all + n, 0);

		return { acquisitions: sum(overview.acquisitions), failed: sum(overview.failed), checks: sum(overview.checks), switches: sum(overview.switches) };
	});
	const total = (name) => report.gils.reduce((all, gil) => all + gil[name], 0);

	assert.deepEqual(sums, { acquisitions: total('acquisitions'), failed: total('failed_attempts'), checks: total('checks'), switches: total('switches') });
}

// More than one colour: something is drawn.
async function assertDrawn(viewer) {
	const colours = await viewer.page.evaluate(() => {
		const canvas = document.getElementById('timeline');
		const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);

		return new Set(new Uint32Array(data.buffer)).size;
	});

	assert.ok(colours > 5, `${colours} colours`);
}

async function opens(viewer) {
	const report = viewer.report();
	const embedded = await viewer.page.evaluate(() => globalThis.gilscope.source.report);

	assert.deepEqual({ ...embedded, tool: 0 }, { ...report, tool: 0 });
	await assertVerdict(viewer, report);
	assertThreads(await viewer.table('[data-panel="threads"]'), report);
	await assertOverview(viewer, report);
	if (!report.threads.length) {
		await viewer.focusCanvas();
		await viewer.press('Enter', 'p', 'h', '.', 'ArrowDown');
		assert.deepEqual(await viewer.state('focus', 'picked', 'pinned'), { focus: null, picked: null, pinned: [] });
	}
	if (report.trace.events > ROW_KINDS)
		await assertDrawn(viewer);
	await viewer.screenshot();
}

// Pages whose first GIL has another number than 0: each number is of the GIL that it is shown for.
async function opensPart(viewer) {
	const report = viewer.report();
	const { lanes } = await viewer.page.evaluate(() => globalThis.gilscope.source.meta);
	const fact = (name) => viewer.page.$eval(`[data-fact="${name}"]`, (it) => Number(it.dataset.value));

	assert.notEqual(report.gils[0].gil, 0);
	assertThreads(await viewer.table('[data-panel="threads"]'), report);
	for (const [place, gil] of report.gils.entries()) {
		await viewer.set({ gil: place });
		await viewer.drawn();
		const rows = await viewer.table('[data-panel="threads"]');

		assert.equal(await fact('failed_attempts'), gil.failed_attempts);
		assert.equal(await fact('utilisation'), gil.utilisation);
		assert.deepEqual(rows.map((it) => report.threads[it.threadRow].gil), rows.map(() => gil.gil));
		assert.equal(rows.length, report.threads.filter((it) => it.gil === gil.gil).length);
		assert.deepEqual(await viewer.page.$$eval('[data-panel="pairs"] table', (all) => all.map((it) => Number(it.dataset.gil))), [place]);
		await viewer.page.waitForFunction((number) => location.hash.includes(`gil=${number}`), {}, gil.gil);
		await viewer.set({ gil: null, filters: [`gil:${gil.gil}`] });
		assert.equal(await viewer.page.$$eval('#lanes li', (all) => all.length), lanes.filter((it) => it.gil === place).length);
		await viewer.set({ filters: [] });
	}
}

export async function run(context) {
	for (const name of ['late', 'second'])
		await test(`${name}: numbers are of the GIL that they stand by`, () => withViewer(context, name, opensPart));

	for (const name of ['none', 'one', 'thousand', ...context.large])
		await test(`${name}: opens, and shows the report's numbers`, () => withViewer(context, name, opens));
}
