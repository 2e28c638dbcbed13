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
	if (report.trace.events > ROW_KINDS)
		await assertDrawn(viewer);
	await viewer.screenshot();
}

export async function run(context) {
	for (const name of ['none', 'one', 'thousand', ...context.large])
		await test(`${name}: opens, and shows the report's numbers`, () => withViewer(context, name, opens));
}
