// SPDX-License-Identifier: MIT
// The parts of the picture that need no page: scale, lanes, columns, names, keys.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Columns } from '../../viz/viewer/columns.js';
import { handOvers } from '../../viz/viewer/draw_overlay.js';
import { actionOf, keyHelp, KEYS } from '../../viz/viewer/keys.js';
import { laneColour } from '../../viz/viewer/palette.js';
import { lanesInOrder } from '../../viz/viewer/lanes.js';
import { niceStep, rangeWithin, rangeZoomed, rulerTime, Scale, SHORTEST_RANGE_NS } from '../../viz/viewer/scale.js';
import { initialState } from '../../viz/viewer/store.js';
import { ellipsized, visible } from '../../viz/viewer/text.js';

test('a time goes to its pixel and back to the ns, a day into a trace', () => {
	const scale = new Scale({ from_ns: 86_400_000_000_001, to_ns: 86_400_000_001_001 }, 190, 1000);

	for (let ns = 0; ns <= 1000; ns += 37)
		assert.equal(scale.timeAt(scale.xOf(86_400_000_000_001 + ns)), 86_400_000_000_001 + ns);
});

test('zoom keeps the time under the pointer, whole ns, and stays in the trace', () => {
	const zoomed = rangeZoomed({ from_ns: 0, to_ns: 1_000_000 }, 0.5, 250_000, 1_000_000);

	assert.deepEqual(zoomed, { from_ns: 125_000, to_ns: 625_000 });
	assert.deepEqual(rangeZoomed(zoomed, 100, 300_000, 1_000_000), { from_ns: 0, to_ns: 1_000_000 });
	assert.equal(rangeZoomed(zoomed, 1e-9, 300_000, 1_000_000).to_ns - rangeZoomed(zoomed, 1e-9, 300_000, 1_000_000).from_ns, SHORTEST_RANGE_NS);
	assert.deepEqual(rangeWithin(-50, 950, 10_000), { from_ns: 0, to_ns: 1000 });
	assert.deepEqual(rangeWithin(0, 0, 0), { from_ns: 0, to_ns: 1 });
});

test('no thread has the colour of a state', () => {
	const first = [0, 1, 2, 3, 4].map((lane) => laneColour(lane, false));

	assert.equal(new Set(first).size, 5);
	for (let lane = 0; lane < 500; lane++) {
		const hue = Number(laneColour(lane, lane % 2 === 0).match(/^hsl\((\d+) /)[1]);

		// Of waiting, holding, entering, failed.
		for (const state of [26, 164, 202, 327])
			assert.ok(Math.min(Math.abs(hue - state), 360 - Math.abs(hue - state)) >= 18, `lane ${lane}: ${hue}`);
	}
});

test('the ruler has nice steps, and as many digits as they need', () => {
	assert.deepEqual([0, 1, 1.5, 3, 6, 11, 50, 51, 1e9].map(niceStep), [1, 1, 2, 5, 10, 20, 50, 100, 1e9]);
	assert.equal(rulerTime(1_234_567_891, 1), '1.234\u2009567\u2009891 s');
	assert.equal(rulerTime(1_230_000_000, 10_000_000), '1.23 s');
	assert.equal(rulerTime(20e9, 10e9), '20 s');
});

function laneSource(names, waits) {
	return {
		meta: { duration_ns: 100, gils: [{}, {}], lanes: names.map((name, i) => ({ name, gil: i % 2, tid: i + 1, pid: 9, row: i })) },
		report: { threads: waits.map((wait) => ({ wait_ns: { total: wait, max: wait }, hold_ns: { total: 0 }, failed_attempts: 0 })) },
	};
}

test('lanes are grouped by GIL, ordered, pinned, hidden and filtered', () => {
	const source = laneSource(['d', 'c', 'b', 'a'], [1, 2, 3, 4]);
	const state = initialState(source.meta);

	assert.deepEqual(lanesInOrder(source, state), [0, 2, 1, 3]);
	assert.deepEqual(lanesInOrder(source, { ...state, order: 'wait' }), [2, 0, 3, 1]);
	assert.deepEqual(lanesInOrder(source, { ...state, order: 'name', pinned: [1] }), [2, 0, 1, 3]);
	assert.deepEqual(lanesInOrder(source, { ...state, hidden: [0], gil: 0 }), [2]);
	assert.deepEqual(lanesInOrder(source, { ...state, filters: ['tid:4'] }), [3]);
});

test('columns: shares are means, and each count is in exactly one column', () => {
	const bins = { from_ns: 0, width_ns: 10, n: 10 };
	const counts = Uint32Array.from({ length: 10 }, (_, i) => i + 1);
	const shares = Uint8Array.from([0, 100, 0, 100, 0, 100, 0, 100, 0, 100]);

	for (const width of [1, 3, 5, 10, 37]) {
		const columns = new Columns(bins, { from_ns: 0, to_ns: 100 }, width);

		assert.equal(Array.from({ length: width }, (_, x) => columns.count(counts, 0, x)).reduce((a, b) => a + b), 55);
	}
	assert.equal(new Columns(bins, { from_ns: 0, to_ns: 100 }, 5).share(shares, 0, 2), 50);
	assert.equal(new Columns(bins, { from_ns: 100, to_ns: 200 }, 5).hasData(0), false);
});

test('names show what would hide or turn text', () => {
	assert.equal(visible('a\u202eb\u0000c\u200b'), 'a\\u{202e}b\\u{0}c\\u{200b}');
	assert.equal(visible('</script> \u00e9\u4e2d'), '</script> \u00e9\u4e2d');
	assert.ok(visible('x'.repeat(10_000)).length < 300);
	assert.equal(ellipsized('abcdef', 4, (t) => t.length), 'abc\u2026');
});

test('no key does two things, and each has its help', () => {
	const keys = KEYS.flatMap((entry) => entry.keys);

	assert.equal(new Set(keys).size, keys.length);
	assert.equal(Object.values(keyHelp()).flat().length >= KEYS.length, true);
	assert.equal(actionOf({ code: 'KeyW', key: 'z', shiftKey: false }), 'zoom_in');
	assert.equal(actionOf({ code: 'KeyN', key: 'N', shiftKey: true }), 'previous_failed');
	// AZERTY, Dvorak, Cyrillic: letters are what is on the key, where there are any.
	assert.equal(actionOf({ code: 'Semicolon', key: 'm' }), 'marker');
	assert.equal(actionOf({ code: 'KeyY', key: 'f' }), 'fit_or_whole');
	assert.equal(actionOf({ code: 'KeyF', key: '\u0430' }), 'fit_or_whole');
	assert.equal(actionOf({ code: 'KeyW', key: 'z', ctrlKey: true }), 'undo');
	assert.equal(actionOf({ code: 'KeyZ', key: 'w', ctrlKey: true }), undefined);
	assert.equal(actionOf({ code: 'Slash', key: '?', shiftKey: true }), 'help');
	assert.equal(actionOf({ code: 'KeyW', key: 'w', ctrlKey: true }), undefined);
	for (const [code, key, action] of [['NumpadEnter', 'Enter', 'pick'], ['Numpad4', 'ArrowLeft', 'pan_left'], ['Numpad0', '0', 'whole'], ['NumpadSubtract', '-', 'zoom_out'], ['Numpad4', '4', undefined]])
		assert.equal(actionOf({ code, key }), action, `${code} as ${key}`);
});

test('a hand-over goes from a release to the next acquisition by another thread of the same GIL', () => {
	const stays = [[0, 0, 10], [1, 20, 30], [1, 40, 50], [2, 45, 46]].map(([lane, from_ns, to_ns]) => ({ lane, state: 4, from_ns, to_ns }));

	assert.deepEqual(handOvers(stays, (lane) => (lane === 2 ? 1 : 0), { from_ns: 0, to_ns: 100 }), [{ from: 0, from_ns: 10, to: 1, to_ns: 20 }]);
});
