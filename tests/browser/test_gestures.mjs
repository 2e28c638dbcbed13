// SPDX-License-Identifier: MIT
// Mouse and keyboard: zoom, search, jumps, panels, undo, and the way back by the URL's hash.
import assert from 'node:assert/strict';
import { test } from './tap.mjs';
import { Viewer, withViewer } from './viewer.mjs';

const width = ({ from_ns, to_ns }) => to_ns - from_ns;

// What an action made of the shown range: its width before and after.
async function zoomedBy(viewer, act) {
	const { range: before } = await viewer.state('range');

	await act();
	await viewer.until((state, from_ns, to_ns) => state.range.from_ns !== from_ns || state.range.to_ns !== to_ns, before.from_ns, before.to_ns);
	await viewer.drawn();
	return width((await viewer.state('range')).range) / width(before);
}

async function zoom(viewer) {
	await viewer.focusCanvas();
	assert.ok(await zoomedBy(viewer, () => viewer.press('w')) < 1, 'W zooms in');
	assert.ok(await zoomedBy(viewer, () => viewer.press('s')) > 1, 'S zooms out');
	await viewer.page.mouse.move(...await viewer.place(0.5));
	await viewer.page.keyboard.down('Control');
	assert.ok(await zoomedBy(viewer, () => viewer.page.mouse.wheel({ deltaY: -300 })) < 1, 'the wheel zooms in');
	const { range } = await viewer.state('range');
	const { duration_ns } = await viewer.page.evaluate(() => globalThis.gilscope.source.meta);

	assert.ok(Math.abs((range.from_ns + range.to_ns) / 2 / duration_ns - 0.5) < 0.05, 'at the pointer');
	assert.ok(await zoomedBy(viewer, () => viewer.page.mouse.wheel({ deltaY: 300 })) > 1, 'the wheel zooms out');
	await viewer.page.keyboard.up('Control');
	await viewer.press('0');
	await ends(viewer);
	await strip(viewer);
}

// The strip of the whole trace: its window is moved where it is held, and gets a new end where that is.
async function strip(viewer) {
	const whole = (await viewer.state('range')).range.to_ns;
	const share = (at_ns) => at_ns / whole;
	const drag = async (from, to) => {
		const [x, y] = await viewer.place(from, 0), [end_x] = await viewer.place(to, 0);

		await viewer.page.mouse.move(x, y - 40);
		await viewer.page.mouse.down();
		await viewer.page.mouse.move(end_x, y - 40, { steps: 2 });
		await viewer.page.mouse.up();
		const { range } = await viewer.state('range');

		return [share(range.from_ns), share(range.to_ns)];
	};
	const near = (shown, expected) => shown.forEach((it, i) => assert.ok(Math.abs(it - expected[i]) < 0.01, `${shown} for ${expected}`));

	near(await drag(0.2, 0.4), [0.2, 0.4]);
	near(await drag(0.25, 0.35), [0.3, 0.5]);
	near(await drag(0.5, 0.8), [0.3, 0.8]);
}

// A and B: by keys at the pointer, and by their ends.
async function ends(viewer) {
	const { range } = await viewer.state('range');
	const at = async (share) => viewer.page.mouse.move(...await viewer.place(share, 0.02));
	const shares = async () => {
		const { selection } = await viewer.state('selection');

		return [selection.from_ns, selection.to_ns].map((it) => Math.round(100 * it / width(range)));
	};

	await viewer.focusCanvas();
	await at(0.3);
	await viewer.press('t');
	assert.deepEqual(await shares(), [30, 100]);
	await at(0.6);
	await viewer.page.keyboard.down('Shift');
	await viewer.press('T');
	await viewer.page.keyboard.up('Shift');
	assert.deepEqual(await shares(), [30, 60]);
	await viewer.page.mouse.down();
	await at(0.7);
	await viewer.page.mouse.up();
	assert.deepEqual(await shares(), [30, 70], 'B is dragged');
	await viewer.set({ selection: null });
}

async function finding(viewer) {
	const { findings } = viewer.report();

	await viewer.set({ panel: 'findings', range: { from_ns: 0, to_ns: 1000 } });
	await viewer.page.click('[data-finding] button.finding');
	const { range } = await viewer.state('range');

	assert.ok(range.from_ns <= findings[0].from_ns && range.to_ns >= findings[0].to_ns, `${JSON.stringify(range)} shows ${findings[0].from_ns} to ${findings[0].to_ns}`);
	assert.ok(width(range) <= 1.5 * width(findings[0]), 'and little else');
	const { highlight } = await viewer.state('highlight');
	const rows = await viewer.page.evaluate((lanes) => lanes.map((it) => globalThis.gilscope.source.meta.lanes[it].row), highlight.lanes);

	assert.equal(rows.join(' '), findings[0].waiters, 'who waited stands out');
	assert.match(await viewer.text('.happens'), /^[A-Z].*\.$/);
	assert.equal(await viewer.text('#show_fight'), 'Some turns');
	await viewer.page.click('#show_fight');
	await viewer.page.waitForSelector('[data-panel="details"] .said');
	assert.ok(width((await viewer.state('range')).range) < width(range) / 2);
}

const isFailed = (event) => event.type === 'event' && ['busy', 'retry'].includes(event.event);

async function nextFailed(viewer) {
	const from_ns = 90000000;
	const next = viewer.events().find((it) => isFailed(it) && it.at_ns >= from_ns);

	await viewer.set({ range: { from_ns, to_ns: from_ns + 20000000 } });
	await viewer.focusCanvas();
	await viewer.press('n');
	await viewer.until((state, at_ns) => state.range.from_ns <= at_ns && state.range.to_ns >= at_ns && state.picked, next.at_ns);
	await viewer.screenshot('details');
	await inHighlight(viewer, from_ns);
}

// What is highlighted is not left.
async function inHighlight(viewer, from_ns) {
	const lane = 2;
	const { gil, number } = await viewer.page.evaluate((i) => globalThis.gilscope.source.meta.lanes[i], lane);
	const next = viewer.events().find((it) => isFailed(it) && it.at_ns >= from_ns && it.gil === gil && it.thread === number);

	await viewer.set({ range: { from_ns, to_ns: from_ns + 20000000 }, picked: null, highlight: { kind: 'wait', lanes: [lane], min_ns: 0 } });
	await viewer.press('n');
	await viewer.until((state) => state.picked);
	assert.deepEqual((await viewer.state('picked')).picked, { lane, at_ns: next.at_ns, begin_ns: next.at_ns });
}

// L, L, and back to the first.
async function longWaits(viewer) {
	const found = [];

	await viewer.focusCanvas();
	for (const key of ['l', 'l', 'Shift+L', 'l']) {
		const { picked } = await viewer.state('picked');

		if (key === 'l')
			await viewer.press('l');
		else {
			await viewer.page.keyboard.down('Shift');
			await viewer.press('L');
			await viewer.page.keyboard.up('Shift');
		}
		await viewer.until((state, before) => state.picked && state.picked.at_ns !== before, picked?.at_ns ?? null);
		found.push((await viewer.state('picked')).picked);
	}
	assert.deepEqual(found[2], found[0]);
	assert.deepEqual(found[3], found[1]);
	assert.ok(found[0].begin_ns < found[1].begin_ns);
}

async function search(viewer) {
	await viewer.focusCanvas();
	await viewer.press('/');
	assert.equal(await viewer.page.evaluate(() => document.activeElement.id), 'search');
	await viewer.page.keyboard.type('state:waiting dur>1ms');
	await viewer.page.waitForSelector('#matches:not([hidden]) .count');
	const waits = viewer.events().filter((it) => it.type === 'interval' && it.state === 'waiting' && it.duration_ns > 1e6);

	assert.ok(waits.length > 10);
	assert.equal(await viewer.page.$eval('#matches .count', (it) => Number(it.dataset.value)), waits.length);
	await viewer.screenshot('search');
	await viewer.press('Enter');
	await viewer.until((state) => state.picked);
	await viewer.press('Escape');
	await viewer.page.click('#only');
	await viewer.until((state, shown) => gilscope.source.meta.lanes.length - state.hidden.length === shown, new Set(waits.map((it) => `${it.gil} ${it.thread ?? it.tid}`)).size);
	await viewer.page.click('#search');
	await viewer.page.evaluate(() => document.getElementById('search').select());
	await viewer.page.keyboard.type('wait>soon');
	await viewer.page.waitForFunction(() => document.querySelector('#matches [role="alert"]')?.textContent.includes('a number is wanted'));
	await viewer.press('Escape');
	assert.equal(await viewer.page.$eval('#search', (it) => it.value), 'wait>soon', 'Esc closes the list');
	await viewer.press('Escape');
	assert.equal(await viewer.page.$eval('#search', (it) => it.value), '', 'then it clears the search');
	assert.equal((await viewer.state('highlight')).highlight, null);
}

async function pair(viewer) {
	await viewer.set({ panel: 'pairs' });
	const { waiter, holder, value } = await viewer.page.$eval('[data-panel="pairs"] td[data-value] button', (it) => ({ ...it.parentElement.dataset }));

	assert.ok(viewer.report().pairs.some((it) => it.wait_ns === Number(value)));
	await viewer.page.click('[data-panel="pairs"] td[data-value] button');
	assert.deepEqual((await viewer.state('highlight')).highlight, { kind: 'pair', waiter: Number(waiter), holder: holder === 'free' ? null : Number(holder) });
	await viewer.drawn();
	assert.ok(await viewer.page.evaluate((lane) => {
		const { layout, scroll_y } = globalThis.gilscope.timeline;
		const { y, h } = layout.rowOfLane.get(lane);

		return y >= scroll_y && y + h <= scroll_y + layout.body.h;
	}, Number(waiter)), 'its lane is in view');
	await viewer.screenshot('pair');
	for (const pressed of ['false', 'true']) {
		await viewer.press('Enter');
		assert.equal(await viewer.page.evaluate(() => document.activeElement.getAttribute('aria-pressed')), pressed, 'the cell keeps the focus');
	}
}

async function undo(viewer) {
	const { range: first } = await viewer.state('range');

	await viewer.set({ range: { from_ns: 1000, to_ns: 50000 } });
	await viewer.set({ range: { from_ns: 2000, to_ns: 3000 } });
	await viewer.focusCanvas();
	await viewer.page.keyboard.down('Control');
	await viewer.press('z');
	assert.deepEqual((await viewer.state('range')).range, { from_ns: 1000, to_ns: 50000 });
	await viewer.press('z');
	assert.deepEqual((await viewer.state('range')).range, first);
	await viewer.page.keyboard.up('Control');
	// The address has followed: Back leads to this place.
	await viewer.page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
	await viewer.set({ range: { from_ns: 4000, to_ns: 9000 }, markers: [{ at_ns: 5000, text: 'stays' }] });
	await viewer.page.waitForFunction(() => location.hash.includes('range=4000-9000'));
	await viewer.page.evaluate(() => history.back());
	await viewer.until((state, to_ns) => state.range.from_ns === 0 && state.range.to_ns === to_ns, first.to_ns);
	assert.equal((await viewer.state('markers')).markers.length, 1, 'Back loses no note');
}

// Reading is stopped: the overview and the report stay, and nothing else is promised.
async function stopped(viewer) {
	await viewer.page.evaluate(() => globalThis.gilscope.source.stop());
	assert.equal(await viewer.page.evaluate(() => document.documentElement.dataset.state), 'stopped');
	assert.match(await viewer.text('#warnings'), /Reading was stopped at 100 %/);
	await viewer.focusCanvas();
	await viewer.press('w', 'n', 'Enter', 'x');
	await viewer.page.waitForFunction(() => document.getElementById('said').textContent === 'The events are not read.');
	await viewer.drawn();
}

const PLACE = ['range', 'selection', 'panel', 'highlight', 'pinned', 'order', 'markers'];

async function hash(viewer) {
	const place = {
		range: { from_ns: 1000000, to_ns: 50000000 }, selection: { from_ns: 2000000, to_ns: 3000001 }, panel: 'pairs', order: 'wait',
		highlight: { kind: 'wait', lanes: [1], min_ns: 5 }, pinned: [2], markers: [{ at_ns: 12345, text: 'here & <there>' }],
	};

	await viewer.set(place);
	await viewer.page.waitForFunction(() => location.hash.includes('select='));
	const link = await viewer.page.evaluate(() => location.hash);
	const again = await Viewer.open(viewer.context, viewer.name, { hash: link });

	assert.deepEqual(await again.state(...PLACE), place);
	await again.close();
}

async function dark(viewer) {
	const ground = await viewer.page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).slice(0, 3).map(Number));

	assert.ok(Math.max(...ground) < 80, `the ground is ${ground}`);
	await viewer.screenshot('dark');
}

// The buttons beside the name that the pointer is on.
async function laneTool(viewer, lane, which) {
	const [x, y] = await viewer.page.evaluate((wanted) => {
		const box = document.getElementById('timeline').getBoundingClientRect();
		const { layout, scroll_y } = globalThis.gilscope.timeline;
		const row = layout.rowOfLane.get(wanted);

		return [box.x + 30, box.y + layout.body.y + row.y - scroll_y + row.h / 2];
	}, lane);

	await viewer.page.mouse.move(x, y);
	await viewer.page.waitForSelector('#lane_tools:not([hidden])');
	await viewer.page.click(`#lane_tools button:nth-child(${which})`);
}

async function lanes(viewer) {
	await laneTool(viewer, 1, 1);
	assert.deepEqual((await viewer.state('pinned')).pinned, [1]);
	assert.match(await viewer.text('#live'), /is pinned on top\.$/);
	await viewer.set({ focus: 0 });
	await laneTool(viewer, 0, 2);
	const { hidden, focus } = await viewer.state('hidden', 'focus');

	assert.deepEqual(hidden, [0]);
	assert.notEqual(focus, 0, 'the focus is on a lane that is seen');
	assert.ok(!await viewer.page.$('#lanes #lane_0'), 'the list has what is shown');
	for (const chip of ['hidden', 'pinned'])
		await viewer.page.click(`[data-chip="${chip}"] button`);
	assert.deepEqual(await viewer.state('hidden', 'pinned'), { hidden: [], pinned: [] });
	await viewer.set({ filters: ['no such thread'] });
	await viewer.page.click('#nothing:not([hidden]) button');
	assert.deepEqual((await viewer.state('filters')).filters, []);
}

// From numbers to places, and what is said of them.
async function places(viewer) {
	const { threads } = viewer.report();
	const longest = Math.max(...threads.map((it) => it.attempt_max_ns));
	const said = () => viewer.page.$eval('[data-panel="details"] .said', (it) => it.textContent);

	await viewer.page.click('#show_longest');
	await viewer.page.waitForSelector('[data-panel="details"] .group:nth-child(2) [data-value]');
	assert.equal(await viewer.page.$eval('[data-panel="details"] .group:nth-child(2) [data-value]', (it) => Number(it.dataset.value)), longest);
	assert.match(await said(), /, (waiting|entering) .*, held by /);
	assert.equal(await viewer.text('#live'), await said());
	await viewer.set({ picked: null, panel: 'threads' });
	const value = await viewer.page.$eval('[data-panel="threads"] td[data-column="hold_max"]', (it) => Number(it.dataset.value));

	await viewer.page.click('[data-panel="threads"] td[data-column="hold_max"] button');
	await viewer.page.waitForSelector('[data-panel="details"] .said');
	assert.match(await said(), /, holding /);
	assert.equal(await viewer.page.$eval('[data-panel="details"] [data-value]', (it) => Number(it.dataset.value)), value);
}

// On paper: light, all tables that have something, no buttons.
async function paper(viewer) {
	await viewer.set({ theme: 'dark', panel: 'pairs' });
	await viewer.page.emulateMediaType('print');
	await viewer.page.evaluate(() => [1, 2].forEach(() => dispatchEvent(new Event('beforeprint'))));
	await viewer.drawn();
	const seen = await viewer.page.$$eval('[data-panel], #bar, #tools', (all) => all.filter((it) => getComputedStyle(it).display !== 'none').map((it) => it.dataset.panel ?? it.id));

	assert.deepEqual(seen, ['findings', 'threads', 'pairs']);
	assert.equal((await viewer.state('theme')).theme, 'light');
	await viewer.screenshot('paper');
	await viewer.page.evaluate(() => dispatchEvent(new Event('afterprint')));
	assert.equal((await viewer.state('theme')).theme, 'dark');
}

// What has the focus, as somebody hears it.
const focused = (page) => page.evaluate(() => {
	const it = document.activeElement;

	return it === document.body ? 'body' : it.id || it.getAttribute('aria-label') || it.textContent.trim().slice(0, 30);
});

async function skipLink(viewer) {
	const place = { range: { from_ns: 1000000, to_ns: 50000000 }, selection: { from_ns: 2000000, to_ns: 3000001 }, panel: 'pairs' };

	await viewer.set(place);
	await viewer.page.focus('a.skip');
	await viewer.press('Enter');
	assert.equal(await focused(viewer.page), 'tab_pairs');
	await viewer.page.evaluate(() => {
		location.hash = '#tabs';
	});
	await viewer.drawn();
	assert.deepEqual(await viewer.state('range', 'selection', 'panel'), place, 'what is shown stays');
}

async function keyboardOnly(viewer) {
	const seen = [];


	for (let i = 0; i < 60 && !(seen.includes('timeline') && seen.some((it) => it.startsWith('tab_'))); i++) {
		await viewer.press('Tab');
		seen.push(await focused(viewer.page));
	}
	assert.ok(seen.includes('timeline') && seen.some((it) => it.startsWith('tab_')), `Tab reaches: ${seen}`);
	await viewer.page.focus('[role="tab"][aria-selected="true"]');
	await viewer.press('ArrowRight');
	assert.equal((await viewer.state('panel')).panel, 'threads', 'an arrow goes to the next panel');
	await viewer.focusCanvas();
	const { focus } = await viewer.state('focus');

	await viewer.press('ArrowDown');
	await viewer.until((state, before) => state.focus !== before, focus);
	// WebDriver's name of that key is what puppeteer passes on to Firefox.
	const numpadEnter = /firefox/i.test(await viewer.page.browser().version()) ? '\uE007' : 'NumpadEnter';

	for (const key of [numpadEnter, '.']) {
		await viewer.set({ picked: null, panel: 'findings' });
		await viewer.press(key);
		await viewer.until((state) => state.picked && state.panel === 'details');
	}
	await viewer.press('?');
	await viewer.page.waitForSelector('dialog#help[open]');
	await viewer.screenshot('help');
	await viewer.press('Escape');
	await viewer.page.waitForFunction(() => !document.querySelector('dialog[open]'));
	assert.equal(await focused(viewer.page), 'timeline', 'the focus is back where it was');
	await skipLink(viewer);
}

export async function run(context) {
	const the = (name, fn, options) => test(name, () => withViewer(context, 'thousand', fn, options));

	await the('W, S and the wheel zoom', zoom);
	await the('a click on a finding goes there', finding);
	await the('n goes to the next failed attempt', nextFailed);
	await the('L and Shift+L go to long waits, and back', longWaits);
	await the('/ searches', search);
	await the('a cell of the pairs makes its waits stand out', pair);
	await the('navigation is undone', async (viewer) => {
		await undo(viewer);
		await stopped(viewer);
	});
	await the('the hash leads back', hash);
	await the('the keyboard alone', keyboardOnly);
	await the('lanes are pinned, hidden and filtered with the mouse', lanes);
	await the('from the longest to its place', places);
	if (context.kind === 'chromium')   // BiDi cannot emulate it
		await the('paper', paper);
	// BiDi cannot emulate it: there the theme is asked for.
	await the('dark', dark, context.kind === 'chromium'
		? { before: (page) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]) } : { hash: '#theme=dark' });
}
