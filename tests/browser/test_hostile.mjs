// SPDX-License-Identifier: MIT
// Names of threads that try to be more than text: shown everywhere, run nowhere.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from './tap.mjs';
import { withViewer } from './viewer.mjs';

// Controls, and marks that turn the text around; of what is shown, none.
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const PANELS = ['findings', 'threads', 'pairs', 'selection', 'details', 'markers'];

const pwned = (page) => page.evaluate(() => globalThis.pwned);

async function assertHarmless(viewer) {
	assert.equal(await pwned(viewer.page), undefined);
	assert.equal(await viewer.page.evaluate(() => document.querySelectorAll('img[onerror], script[src]').length), 0);
	assert.doesNotMatch(await viewer.page.evaluate(() => document.body.innerText), RAW);
	assert.doesNotMatch(await viewer.page.evaluate(() => [...document.querySelectorAll('[title], [aria-label]')].map((it) => `${it.title} ${it.ariaLabel}`).join('\n')), RAW);
}

async function everywhere(viewer) {
	for (const panel of PANELS) {
		await viewer.set({ panel, picked: { lane: 0, at_ns: 1500000 }, selection: panel === 'selection' ? { from_ns: 0, to_ns: 1e8 } : null,
			highlight: { kind: 'pair', waiter: 1, holder: 0 }, hidden: [2], pinned: [3], markers: [{ at_ns: 5, text: '<img src=x onerror=window.pwned=5>' }] });
		await viewer.drawn();
		await assertHarmless(viewer);
	}
	const names = (await viewer.table('[data-panel="threads"]')).map((it) => it.head);

	assert.equal(names.length, 8);
	for (const part of ['</script><script>window.pwned=1</script>', '<img src=x onerror=window.pwned=2>', '"\'`${window.pwned=3}&quot;'])
		assert.ok(names.some((name) => name.includes(part)), `${part} among ${names.map((it) => it.slice(0, 60))}`);
	assert.ok(names.every((name) => name.length < 1000), 'a long name is cut');
	await viewer.screenshot();
}

// The mouse over names and stays: the tooltip, too.
async function pointedAt(viewer) {
	for (const [share, down] of [[-0.05, 0.3], [0.3, 0.3], [0.6, 0.6], [0.2, 0.9]]) {
		await viewer.page.mouse.move(...await viewer.place(share, down));
		await viewer.drawn();
		await assertHarmless(viewer);
	}
	await viewer.focusCanvas();
	await viewer.press('/');
	await viewer.page.keyboard.type('<img src=x onerror=window.pwned=6>');
	await viewer.page.waitForSelector('#matches:not([hidden])');
	await assertHarmless(viewer);
}

async function hostileHash(viewer) {
	await assertHarmless(viewer);
}

// The text of the blob that is saved.
async function savedSvg(viewer) {
	await viewer.page.evaluate(() => {
		URL.createObjectURL = (blob) => {
			globalThis.saved = blob;
			return '#';
		};
	});
	await viewer.page.evaluate(() => document.querySelector('[data-command="save_svg"]').click());
	await viewer.page.waitForFunction(() => globalThis.saved);
	return viewer.page.evaluate(() => globalThis.saved.text());
}

async function assertSvg({ browser, folder }, text) {
	const path = join(folder, 'saved.svg');

	writeFileSync(path, text);
	const { page, watch } = await browser.open(path);

	assert.equal(await pwned(page), undefined);
	assert.equal(await page.evaluate(() => document.documentElement.localName), 'svg');
	assert.equal(await page.evaluate(() => document.querySelectorAll('script, foreignObject, [onload], a').length), 0);
	assert.match(await page.evaluate(() => document.documentElement.textContent), /<\/script>/);
	assert.doesNotMatch(await page.evaluate(() => document.documentElement.textContent), RAW);
	await page.close();
	watch.assertClean();
}

export async function run(context) {
	const the = (name, fn, options) => test(`hostile names: ${name}`, () => withViewer(context, 'hostile', fn, options));

	await the('in every panel', everywhere);
	await the('under the pointer', pointedAt);
	await the('and a hostile hash', hostileHash, { hash: '#filter=<img src=x onerror=window.pwned=7>&light={"kind":"query","text":"<svg onload=window.pwned=8>"}&note=5:<b>&range=5-1&focus=-1&pick=99:1' });
	await the('in a picture that is saved', async (viewer) => assertSvg(context, await savedSvg(viewer)));
	await test('hostile names: in the picture that is exported', () => assertSvg(context, readFileSync(join(context.folder, 'hostile.svg'), 'utf8')));
}
