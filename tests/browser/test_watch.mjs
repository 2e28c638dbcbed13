// SPDX-License-Identifier: MIT
// The watcher itself: it must see what the other tests say does not happen.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from './tap.mjs';

const PAGE = `<!doctype html><meta charset="utf-8"><title>x</title><link rel="icon" href="data:,">
<script>BODY</script>`;

async function problems({ browser, folder }, body) {
	const path = join(folder, 'watched.html');

	writeFileSync(path, PAGE.replace('BODY', body));
	const { page, watch } = await browser.open(path);

	await page.waitForFunction(() => globalThis.done);
	await page.close();
	return watch.problems;
}

export async function run(context) {
	await test('a page that does nothing has no problems', async () =>
		assert.deepEqual(await problems(context, 'done = 1'), []));
	await test('errors are seen', async () => {
		const found = await problems(context, 'console.error("one"); setTimeout(() => done = 1); throw new Error("two")');

		assert.match(found.join(), /console error: one/);
		assert.match(found.join(), /error: .*two/);
	});
	await test('a request is seen', async () => {
		const found = await problems(context, 'const i = new Image(); i.onload = i.onerror = () => done = 1; i.src = "http://127.0.0.1:12345/other.png"');

		assert.match(found.join(), /request: http:.*other\.png/);
	});
}
