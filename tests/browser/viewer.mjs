// SPDX-License-Identifier: MIT
// The viewer, as the tests use it: what is shown, and the state behind it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const WAIT_MS = 8000;
const READ_MS = 60000;   // ten million events, on a machine that does other things, too
const MANY = 1 << 28;

// Exactly: +0.000000001s
const seconds = (ns) => `+${Math.floor(ns / 1e9)}.${String(ns % 1e9).padStart(9, '0')}s`;

export class Viewer {
	// options: as of Browser.open
	static async open(context, name, options) {
		const self = new Viewer();

		Object.assign(self, { context, name }, await context.browser.open(join(context.folder, `${name}.html`), options));
		self.page.setDefaultTimeout(WAIT_MS);
		await self.page.waitForFunction(() => ['ready', 'error'].includes(document.documentElement.dataset.state), { timeout: READ_MS });
		if (await self.page.evaluate(() => document.documentElement.dataset.state === 'error'))
			throw new Error(`${name} did not open: ${self.watch.problems.join('\n')} ${await self.text('body')}`);
		await self.drawn();
		return self;
	}

	// Two frames: what the last change asked for is drawn.
	drawn() {
		return this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
	}

	state(...names) {
		return this.page.evaluate((wanted) => {
			const { state } = globalThis.gilscope.store;

			return Object.fromEntries(wanted.map((name) => [name, state[name]]));
		}, names);
	}

	set(patch) {
		return this.page.evaluate((it) => globalThis.gilscope.store.set(it), patch);
	}

	// Waits until a condition on the state holds.
	until(condition, ...values) {
		return this.page.waitForFunction(`(${condition})(gilscope.store.state, ...${JSON.stringify(values)})`, { polling: 'raf' });
	}

	press(...keys) {
		return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
	}

	focusCanvas() {
		return this.page.evaluate(() => document.getElementById('timeline').focus());
	}

	// Where a time is on the screen, below the minimap and in the first lane.
	async place(share, down = 0.5) {
		const box = await this.page.evaluate(() => {
			const { x, y, width, height } = document.getElementById('timeline').getBoundingClientRect();

			return { x, y, width, height };
		});
		const gutter = Math.min(190, box.width * 0.28);

		return [box.x + gutter + share * (box.width - gutter), box.y + 58 + down * (box.height - 58)];
	}

	// [{row, column: value}] of a table's body; numbers as they are behind what is shown.
	table(selector) {
		return this.page.$$eval(`${selector} tbody tr`, (rows) => rows.map((tr) => ({
			...tr.dataset,
			head: tr.querySelector('th')?.textContent,
			cells: Object.fromEntries([...tr.querySelectorAll('td[data-column]')].map((td) =>
				[td.dataset.column, td.dataset.value === undefined ? null : Number(td.dataset.value)])),
			texts: Object.fromEntries([...tr.querySelectorAll('td[data-column]')].map((td) => [td.dataset.column, td.textContent])),
		})));
	}

	text(selector) {
		return this.page.$eval(selector, (element) => element.textContent);
	}

	report() {
		return JSON.parse(readFileSync(join(this.context.folder, `${this.name}.json`), 'utf8'));
	}

	// The numbers of a part of the trace, as the command line exports them.
	reportOf({ from_ns, to_ns }) {
		return JSON.parse(execFileSync(this.context.gilscope, ['export', '--to', 'json', '-o', '-', '-i', join(this.context.folder, `${this.name}.trace`),
			'--time', `${seconds(from_ns)},${seconds(to_ns)}`], { maxBuffer: MANY, stdio: ['ignore', 'pipe', 'ignore'] }));
	}

	// What happened, in order.
	events() {
		return readFileSync(join(this.context.folder, `${this.name}.jsonl`), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
	}

	screenshot(what = '') {
		return this.page.screenshot({ path: join(this.context.screenshots, `${this.context.kind}-${this.name}${what && `-${what}`}.png`) });
	}

	// Nothing went wrong meanwhile; closes the page.
	async close() {
		await this.page.close();
		this.watch.assertClean();
	}
}

// fn(viewer) with a fresh page, closed in any case.
export async function withViewer(context, name, fn, options) {
	const viewer = await Viewer.open(context, name, options);

	try {
		await fn(viewer);
	} catch (error) {
		await viewer.screenshot('failed').catch(() => {});
		await viewer.page.close();
		if (viewer.watch.problems.length)
			error.stack += `\nand the page said: ${viewer.watch.problems.join('\n')}`;
		throw error;
	}
	await viewer.close();
}
