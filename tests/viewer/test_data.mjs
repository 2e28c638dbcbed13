// SPDX-License-Identifier: MIT
// The worker's modules, on events written by hand and on random ones, against numbers made the plain way.
import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

import { laneMatches } from '../../viz/viewer/lanes.js';
import { firstMatch } from '../../viz/viewer/panels/threads.js';
import { binsOf } from '../../viz/viewer/worker/bins.js';
import { inflateText } from '../../viz/viewer/worker/blocks.js';
import { detailOf } from '../../viz/viewer/worker/detail.js';
import { Histogram } from '../../viz/viewer/worker/histogram.js';
import { compileQuery } from '../../viz/viewer/worker/query.js';
import { matchesOf, nextMatch } from '../../viz/viewer/worker/search.js';
import { slicesOf } from '../../viz/viewer/worker/slices.js';
import { statsOf } from '../../viz/viewer/worker/stats.js';
import { Trace } from '../../viz/viewer/worker/trace.js';
import { encodeBlock } from './encode.mjs';

const LANES = 5, PER_BLOCK = 100;
const pause = async () => {};

function randomFrom(seed) {
	return (n) => {
		seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
		return Math.floor(seed / 4294967296 * n);
	};
}

// Lawful events of threads that work, wait and fail on one GIL.
function battle(n, seed) {
	const random = randomFrom(seed), events = [], state = Array(LANES).fill('outside');
	let at = 0, holder = -1;

	while (events.length < n) {
		const lane = random(LANES), add = (kind, next) => {
			events.push({ at, lane, kind, cpu: random(2), counter: events.length, checks: kind === 6 ? 1 : 0 });
			state[lane] = next;
		};

		at += random(50);
		if (state[lane] === 'outside')
			add(0, 'entering');
		else if (state[lane] === 'entering' && holder >= 0)
			add(1, 'waiting');
		else if (state[lane] === 'waiting' && holder >= 0)
			add(2 + random(2), 'waiting');
		else if (state[lane] === 'holding')
			holder = add(5 + random(2), 'outside') ?? -1;
		else
			holder = add(4, 'holding') ?? lane;
	}
	return events;
}

function traceOf(events) {
	const lanes = Array.from({ length: LANES }, (_, lane) => {
		const own = events.filter((it) => it.lane === lane);

		return { gil: 0, number: lane, row: lane, pid: 1, tid: 100 + lane, name: `worker-${lane}`, first_ns: own[0].at, last_ns: own.at(-1).at };
	});
	const duration_ns = events.at(-1).at;
	const trace = new Trace({ duration_ns, gils: [{ gil: 0, pid: 1, ticked: false }], lanes, losses: [],
		overview: { width_ns: 100, buckets: Math.ceil(duration_ns / 100) || 1 }, blocks: [] }, null);

	for (let i = 0; i < events.length; i += PER_BLOCK)
		trace.append(encodeBlock(events.slice(i, i + PER_BLOCK), Array(LANES).fill(0), Array(LANES).fill(0)));
	trace.end();
	return trace;
}

// All stays {lane, state, from_ns, to_ns} after each lane's first event.
function plainStays(events, end_ns) {
	const next = [2, 3, 3, 3, 4, 1, 1], open = new Map(), stays = [];
	const close = (lane, to_ns) => open.has(lane) && stays.push({ ...open.get(lane), to_ns });

	for (const { at, lane, kind } of events) {
		if (open.get(lane)?.state === next[kind])
			continue;
		close(lane, at);
		open.set(lane, { lane, state: next[kind], from_ns: at });
	}
	open.forEach((_, lane) => close(lane, end_ns));
	return stays;
}

function plainAttempts(events) {
	const open = new Map(), attempts = [];

	for (const { at, lane, kind } of events) {
		if (kind === 0)
			open.set(lane, { lane, from_ns: at, failed: [] });
		else if (kind < 4)
			open.get(lane).failed.push(at);
		else if (kind === 4)
			attempts.push({ ...open.get(lane), to_ns: at });
	}
	return attempts;
}

function overlap(a, from_ns, to_ns) {
	return Math.max(Math.min(a.to_ns, to_ns) - Math.max(a.from_ns, from_ns), 0);
}

const events = battle(2000, 7), trace = traceOf(events), end_ns = events.at(-1).at;
const stays = plainStays(events, end_ns), attempts = plainAttempts(events);
const ranges = [[0, end_ns], [Math.floor(end_ns / 3), Math.floor(end_ns / 2)], [end_ns - 500, end_ns], [100, 101]];

test('a part is base64 of gzip', async () => {
	const text = gzipSync(Buffer.from('the data')).toString('base64');

	assert.equal(Buffer.from(await inflateText(text)).toString(), 'the data');
});

test('percentiles are the middles of the report\'s buckets', () => {
	const histogram = new Histogram();

	for (let i = 1; i <= 1000; i++)
		histogram.add(i * 1000);
	assert.deepEqual(histogram.distribution(), { count: 1000, total: 500500000, mean: 500500, min: 1000, p50: 501759, p90: 897023,
		p99: 987135, max: 1000000 });
	assert.equal(histogram.powers().reduce((sum, { count }) => sum + count, 0), 1000);
});

for (const [from_ns, to_ns] of ranges)
	test(`statistics of ${from_ns} to ${to_ns}`, async () => {
		const { threads, gils, pairs } = await statsOf(trace, { from_ns, to_ns }, pause);
		const within = (it) => it.at >= from_ns && it.at <= to_ns;
		const holds = stays.filter(({ state }) => state === 4);

		for (const { lane, ...got } of threads) {
			const own = events.filter((it) => it.lane === lane && within(it));
			const ns = (state) => stays.reduce((sum, it) => sum + (it.lane === lane && it.state === state ? overlap(it, from_ns, to_ns) : 0), 0);
			const waits = attempts.filter((it) => it.lane === lane && it.to_ns <= to_ns && (from_ns === 0 || it.from_ns >= from_ns) && it.to_ns >= from_ns);

			assert.equal(got.acquisitions, own.filter(({ kind }) => kind === 4).length);
			assert.equal(got.failed_attempts, own.filter(({ kind }) => kind >= 1 && kind <= 3).length);
			assert.equal(got.releases_requested, own.filter(({ kind }) => kind === 6).length);
			assert.deepEqual([got.state_ns.entering, got.state_ns.waiting, got.state_ns.holding], [2, 3, 4].map(ns));
			assert.equal(got.wait_ns.count, waits.length);
			assert.equal(got.wait_ns.total, waits.reduce((sum, it) => sum + it.to_ns - it.from_ns, 0));
		}
		assert.equal(gils[0].held_ns, holds.reduce((sum, it) => sum + overlap(it, from_ns, to_ns), 0));
		for (const pair of pairs.filter(({ holder }) => holder !== null)) {
			const shares = attempts.filter((it) => it.lane === pair.waiter && it.to_ns <= to_ns && it.failed.some((at) => at >= from_ns && at <= to_ns))
				.map((it) => holds.filter(({ lane }) => lane === pair.holder)
					.reduce((sum, hold) => sum + overlap(hold, Math.max(it.from_ns, from_ns), it.to_ns), 0));
			const total = shares.reduce((sum, ns) => sum + ns, 0);

			assert.ok(pair.wait_ns >= total, 'what still waits at the end may add to it');
			if (to_ns === end_ns && from_ns === 0)
				assert.ok(pair.wait_ns - total <= stays.filter(({ to_ns: to }) => to === end_ns).reduce((sum, it) => sum + it.to_ns - it.from_ns, 0));
		}
	});

test('bins of a part are sums of the stays and events in it', async () => {
	const from_ns = 1003, width_ns = 37, n = 200, bins = await binsOf(trace, from_ns, width_ns, n, pause);

	for (let lane = 0; lane < LANES; lane++)
		for (let b = 0; b < n; b++) {
			const begin = from_ns + b * width_ns, end = begin + width_ns, at = lane * n + b;
			const own = events.filter((it) => it.lane === lane && it.at >= begin && it.at < end);

			for (const [name, state] of [['entering', 2], ['waiting', 3], ['holding', 4]]) {
				const ns = stays.reduce((sum, it) => sum + (it.lane === lane && it.state === state ? overlap(it, begin, end) : 0), 0);

				assert.equal(bins[name][at], ns ? Math.max(Math.round(ns * 255 / width_ns), 1) : 0, `${name} of ${lane} in ${b}`);
			}
			assert.equal(bins.acquisitions[at], own.filter(({ kind }) => kind === 4).length);
			assert.equal(bins.failed[at], own.filter(({ kind }) => kind >= 1 && kind <= 3).length);
		}
});

test('slices are the events and stays; null where they are too many', async () => {
	const range = { from_ns: 2000, to_ns: 4000 }, slices = await slicesOf(trace, range, 1000, pause);
	const marks = events.filter(({ at }) => at >= 2000 && at < 4000);
	const text = (it) => `${it.lane} ${it.at_ns ?? it.at} ${it.kind} ${it.cpu} ${it.counter}`;

	assert.deepEqual(slices.marks.map(text).sort(), marks.map(text).sort());
	for (const stay of stays.filter((it) => overlap(it, 2000, 4000)))
		assert.ok(slices.stays.some((it) => it.lane === stay.lane && it.state === stay.state && it.from_ns === stay.from_ns));
	assert.equal(await slicesOf(trace, range, 3, pause), null);
});

test('details of a wait say who held during it', async () => {
	for (const attempt of attempts.filter(({ failed, from_ns, to_ns }) => failed.length > 1 && to_ns > from_ns).slice(0, 50)) {
		const detail = await detailOf(trace, attempt.lane, attempt.to_ns - 1, pause);

		assert.equal(detail.attempt.from_ns, attempt.from_ns);
		assert.equal(detail.attempt.busy + detail.attempt.retries, attempt.failed.length);
		assert.equal(detail.attempt.outcome, 'acquired');
		assert.equal(detail.attempt.holders.reduce((sum, { ns }) => sum + ns, 0), attempt.to_ns - attempt.from_ns);
	}
});

test('next goes to the nearest begin, in both directions', async () => {
	const long = attempts.filter((it) => it.to_ns - it.from_ns >= 300);

	for (const query of [{ kind: 'wait', min_ns: 300 }, { kind: 'query', text: 'wait>=300ns worker' }])
		for (let from_ns = 50; from_ns < long.at(-1).from_ns; from_ns += 997) {
			const after = await nextMatch(trace, query, from_ns, 1, pause), before = await nextMatch(trace, query, from_ns, -1, pause);
			const begins = long.map((it) => it.from_ns);
			const past = begins.filter((at) => at < from_ns);

			assert.equal(after.from_ns, Math.min(...begins.filter((at) => at > from_ns)));
			assert.equal(before?.from_ns, past.length ? Math.max(...past) : undefined);
		}
});

test('the first match of a range: also at its begin, none after its end', async () => {
	const source = { next: (query, from_ns, direction) => nextMatch(trace, query, from_ns, direction, pause) };
	const query = { kind: 'wait', min_ns: 300 };
	const [first, second] = attempts.filter((it) => it.to_ns - it.from_ns >= 300).sort((a, b) => a.from_ns - b.from_ns);

	assert.equal((await firstMatch(source, query, { from_ns: first.from_ns, to_ns: end_ns })).from_ns, first.from_ns);
	assert.equal((await firstMatch(source, query, { from_ns: first.from_ns + 1, to_ns: second.from_ns - 1 })).from_ns, first.from_ns);
});

test('matches are all of them, the longest ones listed', async () => {
	const failed = events.filter(({ kind }) => kind >= 1 && kind <= 3).length;
	const some = attempts.filter((it) => it.lane === 3 && it.failed.length > 2).sort((a, b) => b.to_ns - b.from_ns - a.to_ns + a.from_ns);
	const found = await matchesOf(trace, { kind: 'query', text: 'worker-3 failed>2' }, 5, pause);
	const finished = found.matches.filter(({ to_ns }) => to_ns < end_ns);

	assert.equal((await matchesOf(trace, { kind: 'failed' }, 5, pause)).total, failed);
	assert.ok(found.total - some.length <= 1, 'one may still wait');
	assert.ok(finished.every(({ from_ns, to_ns }) => some.some((it) => it.from_ns === from_ns && it.to_ns === to_ns)));
	assert.deepEqual([...found.lanes.keys()], [3]);
	const part = { from_ns: Math.floor(end_ns / 3), to_ns: Math.floor(end_ns / 2) };
	const longest = Math.max(...attempts.filter((it) => overlap(it, part.from_ns, part.to_ns)).map((it) => it.to_ns - it.from_ns));
	const { matches: [first] } = await matchesOf(trace, { kind: 'wait', min_ns: 0, ...part }, 1, pause);

	assert.equal(first.to_ns - first.from_ns, longest, 'the longest of a part');
});

test('a hole cuts what it is told to', async () => {
	const told = [{ at: 0, lane: 0, kind: 0 }, { at: 10, lane: 0, kind: 4 }, { at: 100, lane: 0, kind: 11, state: 0, back: 40 },
		{ at: 120, lane: 0, kind: 5, checks: 1 }];
	const filler = Array.from({ length: LANES - 1 }, (_, i) => ({ at: 200, lane: i + 1, kind: 0 }));
	const { threads } = await statsOf(traceOf([...told, ...filler]), { from_ns: 0, to_ns: 200 }, pause);

	assert.equal(threads[0].state_ns.holding, 50);
	assert.equal(threads[0].state_ns.unknown, 60);
	assert.equal(threads[0].hold_ns.count, 0);
	assert.equal(threads[0].checks, 0, 'the hold was found, its checks are not known');
});

test('a damaged block is an error with a sentence', () => {
	assert.throws(() => traceOf(events).append(encodeBlock([{ at: 0, lane: 77, kind: 0 }], [0], [0])), /damaged/);
	assert.throws(() => traceOf(events).append(encodeBlock(events.slice(0, 50), Array(LANES).fill(0), Array(LANES).fill(0)).slice(0, 60)), /damaged/);
	// One more event than the columns have.
	const block = encodeBlock(events.slice(0, 50), Array(LANES).fill(0), Array(LANES).fill(0));

	block[0]++;
	assert.throws(() => traceOf(events).append(block), /ends too early: the file is damaged/);
});

test('what looks like a condition and is none is said, not looked for as a name', () => {
	const meta = { lanes: [{ name: 'a', tid: 5, pid: 7, gil: 0, gil_number: 3 }, { name: 'b', tid: 6, pid: 8, gil: 1, gil_number: 9 }] };
	const lanesOf = (text) => [0, 1].filter((lane) => compileQuery(meta, { kind: 'query', text }).lane(lane));

	for (const text of ['wait>', 'failed>x', 'hold<1h', 'state:', 'state:zz', 'failed>2ms'])
		assert.throws(() => compileQuery(meta, { kind: 'query', text }), new RegExp(`^Error: ${text}: `));
	const texts = ['name:A', 'thread:b', 'pid:8', 'TID:5', 'gil:9', 'gil:9 a', '7', 'name:', 'gil:0', 'A'];

	assert.deepEqual(texts.map(lanesOf), [[0], [1], [1], [0], [1], [], [0], [], [], [0]]);
	for (const text of texts)
		assert.deepEqual([0, 1].filter((i) => laneMatches(meta.lanes[i], text)), lanesOf(text), `the page filters ${text} as the worker`);
	const wants = (text) => compileQuery(meta, { kind: 'query', text }).wants;

	assert.deepEqual(['HOLD>1MS', 'State:wait', 'wait>1\u00b5s', 'wait>1\u03bcs'].map(wants), ['hold', 'stay', 'attempt', 'attempt']);
});
