// SPDX-License-Identifier: MIT
// The page's pure parts, with node alone: numbers as text, the hash there and back, tables as CSV.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { csvOf } from '../../viz/viewer/copy.js';
import { formatNs, formatShare, formatTime } from '../../viz/viewer/format.js';
import { hashOfState, isHashOfView, stateOfHash } from '../../viz/viewer/hash.js';
import { whatHappens } from '../../viz/viewer/panels/finding_kinds.js';
import { splitVerdict } from '../../viz/viewer/panels/findings.js';
import { sortedRows } from '../../viz/viewer/panels/threads.js';
import { SvgPath, xmlText } from '../../viz/viewer/picture.js';
import { Source } from '../../viz/viewer/source.js';
import { initialState, withMarker } from '../../viz/viewer/store.js';
import { warningsOf } from '../../viz/viewer/banner.js';

const meta = { duration_ns: 5e9, gils: [{ number: 3 }, { number: 7 }], lanes: [{}, {}, {}], left_out: { events: 0, from_ns: null, threads: 0 } };

test('durations read as in the report', () => {
	const texts = { 0: '0 ns', 999: '999 ns', 1000: '1.00 us', 9995: '10.0 us', 65123: '65.1 us', 999499: '999 us', 999500: '1.00 ms', 1833623582: '1.83 s', 2e12: '2,000 s' };

	for (const [ns, text] of Object.entries(texts))
		assert.equal(formatNs(Number(ns)), text);
	assert.equal(formatNs(null), '\u2013');
	assert.equal(formatShare(0.496272), '49.6 %');
	assert.equal(formatTime(1234567890), '1.234 567 890 s');
});

test('the hash leads back to the same view', () => {
	const initial = initialState(meta);
	const state = { ...initial, range: { from_ns: 10, to_ns: 4000000001 }, selection: { from_ns: 20, to_ns: 30 }, picked: { lane: 2, at_ns: 77 }, order: 'failed',
		panel: 'pairs', theme: 'dark', sort: 'checks+', gil: 1, focus: 2, pinned: [1], hidden: [0, 2], filters: ['a&b=c#', '</script>'],
		highlight: { kind: 'pair', waiter: 1, holder: null }, markers: [{ at_ns: 5, text: 'x: y & z' }] };

	assert.deepEqual({ ...initial, ...stateOfHash(`#${hashOfState(state, initial, meta)}`, meta) }, state);
	assert.match(hashOfState(state, initial, meta), /&gil=7&/, 'a GIL by the number that people see');
	assert.equal(hashOfState(initial, initial, meta), '');
});

test('a hash that makes no sense changes nothing', () => {
	const bad = 'range=9-1&select=a-b&pick=7:1&order=constructor&panel=x&theme=y&sort=<b>&gil=2&focus=-1&light={"kind":"pair","waiter":9}&light=%7B';

	assert.deepEqual(stateOfHash(bad, meta), {});
	assert.deepEqual(stateOfHash('range=0-6000000000&focus=1e3', meta), {});
	assert.deepEqual(stateOfHash('light={"kind":"query"}&note=123&note=:x', meta), { markers: [] });
	const odd = stateOfHash(`note=50:b&note=10:a&note=50:c&note=20:${'x'.repeat(600)}&pinned=1,1,0&light={"kind":"wait","lanes":[2,2]}`, meta);

	assert.deepEqual(odd, { markers: [{ at_ns: 10, text: 'a' }, { at_ns: 20, text: 'x'.repeat(500) }, { at_ns: 50, text: 'c' }], pinned: [1, 0], highlight: { kind: 'wait', lanes: [2] } });
	assert.deepEqual(['', '#', '#range=1-2', '#tabs', '#x=1'].map(isHashOfView), [true, true, true, false, false]);
});

test('each kind of finding says what happens', () => {
	const folder = new URL('../../analyzer/findings/', import.meta.url);
	const kinds = readdirSync(folder).filter((it) => it.endsWith('.c'))
		.flatMap((it) => readFileSync(new URL(it, folder), 'utf8').match(/(?<=const struct detector detect_\w+ = \{ \.name = ")\w+/) ?? []);

	assert.ok(kinds.length >= 9, kinds.join());
	for (const kind of kinds)
		assert.match(whatHappens(kind, true) ?? '', /^[A-Z].*\.$/, kind);
	assert.notEqual(whatHappens('battle', true), whatHappens('battle', false));
	assert.equal(whatHappens('constructor', true), null);
});

test('CSV: quotes, and no formula for a spreadsheet', () => {
	assert.equal(csvOf([{ name: '=1+1', n: -5 }, { name: 'a,"b"\nc', n: null }]), 'name,n\n\'=1+1,-5\n"a,""b""\nc",\n');
});

test('SVG text: nothing that is markup, nothing that XML forbids', () => {
	assert.equal(xmlText('<a href="x">&\u0000\u001b'), '&lt;a href=&quot;x&quot;&gt;&amp;');
});

test('SVG columns: neighbours of equal height are one rectangle', () => {
	const path = new SvgPath();

	for (const [x, y, h] of [[0, 10, 5], [2, 10, 5.001], [4, 10, 6], [8, 10, 6]])
		path.add(x, y, 2, h);
	assert.equal(path.text('red'), '<path d="M0.00 10.00h4.00v5.00H0.00zM4.00 10.00h2.00v6.00H4.00zM8.00 10.00h2.00v6.00H8.00z" fill="red"/>');
	assert.equal(new SvgPath().text('red'), '');
});

test('rows: sorted by a number, unknown ones last in both directions', () => {
	const rows = [{ name: 'a', checks: 1 }, { name: 'b', checks: null }, { name: 'c', checks: 3 }];

	assert.deepEqual(sortedRows(rows, 'checks-').map((it) => it.name), ['c', 'a', 'b']);
	assert.deepEqual(sortedRows(rows, 'checks+').map((it) => it.name), ['a', 'c', 'b']);
	assert.deepEqual(sortedRows(rows, 'name-').map((it) => it.name), ['c', 'b', 'a']);
});

test('verdict, notes, warnings', () => {
	assert.deepEqual(splitVerdict('GIL battle: t1 and t2: fight'), ['GIL battle', 't1 and t2: fight']);
	assert.deepEqual(withMarker([{ at_ns: 9, text: 'b' }, { at_ns: 3, text: 'old' }], 3, 'new'), [{ at_ns: 3, text: 'new' }, { at_ns: 9, text: 'b' }]);
	assert.deepEqual(warningsOf({ quality: {} }, meta), []);
	assert.match(warningsOf({ quality: { lost_events: 1, lost_packets: 0 } }, meta)[0], /1 event, 0 packets/);
	assert.match(warningsOf({ quality: {} }, { ...meta, left_out: { events: 2, from_ns: 1e9, threads: 0 } })[0], /^2 events from 1\.000 000 000 s on are not/);
});

// Else Firefox may hang: see there.
test('the clock is read before the worker starts', (it) => {
	const { Worker } = globalThis, order = [];
	const now = it.mock.method(performance, 'now', () => order.push('clock'));
	const empty = { ...meta, gils: [], lanes: [], blocks: [], overview: { buckets: 0, width_ns: 1 } };

	globalThis.Worker = class {
		constructor() {
			order.push('worker');
		}

		postMessage({ do: what }) {
			order.push(what);
		}
	};
	it.after(() => { globalThis.Worker = Worker; });
	new Source({ readyState: 'complete', querySelectorAll: () => [] }, empty, { gils: [], threads: [], pairs: [], findings: [] }, new Uint8Array());
	now.mock.restore();
	assert.deepEqual(order, ['clock', 'worker', 'begin', 'end']);
});
