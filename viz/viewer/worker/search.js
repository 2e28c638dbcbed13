// SPDX-License-Identifier: MIT
// Looks for what matches a query: the next one from a time on, or all of them.

import { compileQuery } from './query.js';
import { ENTERING, WAITING, HOLDING } from './replay.js';
import { replayUntil } from './trace.js';

const NAMES = ['unknown', 'outside', 'entering', 'waiting', 'holding', 'ended'];
const EVENTS = ['ENTRY', 'BUSY', 'RETRY', 'RETRY', 'ACQUIRE', 'RELEASE', 'RELEASE', 'LEAVE', 'LEAVE', 'LEAVE', 'LEAVE'];

// Hands each match to found(lane, from_ns, to_ns, what). Has only the handlers that the query needs.
export function searchSink(query, shape, found) {
	const lanes = Uint8Array.from({ length: shape.lanes }, (_, lane) => query.lane(lane));
	const sink = { machine: null };

	if (query.wants === 'failed' || query.wants === 'edge')
		sink.event = (lane, kind, at_ns) => {
			if (lanes[lane] && (query.wants === 'edge' || (kind >= 1 && kind <= 3)))
				found(lane, at_ns, at_ns, EVENTS[kind]);
		};
	if (query.wants === 'attempt')
		sink.attempt = (lane, from_ns, to_ns) => {
			const { machine } = sink;
			const failed = machine.busy[lane] + machine.retries[lane];

			if (lanes[lane] && query.test({ from_ns, to_ns, failed, holders: () => machine.blames(lane, to_ns) }))
				found(lane, from_ns, to_ns, failed ? `wait, ${failed} failed` : 'wait');
		};
	if (query.wants === 'hold' || query.wants === 'stay')
		sink.stay = (lane, state, from_ns, to_ns) => {
			if (lanes[lane] && (query.wants === 'stay' || state === HOLDING) && query.test({ from_ns, to_ns, state, failed: 0 }))
				found(lane, from_ns, to_ns, NAMES[state]);
		};
	return sink;
}

function wholeLanes(trace, query, found) {
	trace.meta.lanes.forEach(({ first_ns, last_ns, name }, lane) => {
		if (query.lane(lane))
			found(lane, first_ns, last_ns, name);
	});
}

function searcher(trace, query, number, found) {
	const sink = searchSink(query, trace.shape, found);

	sink.machine = trace.machine(number, sink, query.blames);
	return sink.machine;
}

// The begin of the earliest attempt or stay that goes on, later than from_ns: what matches may still come.
function earliestOpen(trace, machine, from_ns) {
	let earliest = Infinity;

	machine.state.forEach((state, lane) => {
		const begin_ns = state === ENTERING || state === WAITING ? Math.min(machine.from[lane], machine.since[lane]) : machine.since[lane];

		if (begin_ns > from_ns && trace.shape.firstNs[lane] < Infinity)
			earliest = Math.min(earliest, begin_ns);
	});
	return earliest;
}

async function nextAfter(trace, query, from_ns, pause) {
	const number = trace.blockAt(from_ns);
	let best = null;
	const machine = searcher(trace, query, number, (lane, begin_ns, end_ns, what) => {
		if (begin_ns > from_ns && begin_ns < (best?.from_ns ?? Infinity))
			best = { lane, from_ns: begin_ns, to_ns: end_ns, what };
	});
	const isEnough = () => best && earliestOpen(trace, machine, from_ns) >= best.from_ns;

	await replayUntil(trace, machine, number, Infinity, pause, undefined, isEnough);
	if (!isEnough())
		machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
	return best;
}

// The latest begin of what goes on at a block's end: to replay from there is to see it whole.
async function nextBefore(trace, query, from_ns, pause) {
	let best = null;
	let number = Math.min(trace.blockAt(from_ns), trace.blocks.length - 1);
	const found = (lane, begin_ns, end_ns, what) => {
		if (begin_ns < from_ns && begin_ns >= (best?.from_ns ?? -Infinity))
			best = { lane, from_ns: begin_ns, to_ns: end_ns, what };
	};

	// What is open at that time ends later: on to where each lane that was open has changed.
	for (let end = Infinity; number >= 0; number--) {
		const machine = searcher(trace, query, number, found);
		const isPast = () => earliestBegun(machine, trace.blocks[number].first_ns) >= from_ns;

		if (end === Infinity) {
			await replayUntil(trace, machine, number, Infinity, pause, undefined, isPast);
			machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
		} else {
			await replayUntil(trace, machine, number, end, pause);
		}
		end = trace.blocks[number].first_ns;
		if (best && best.from_ns >= (trace.blocks[number - 1]?.last_ns ?? -Infinity))
			break;
	}
	return best;
}

// The whole trace, for found(lane, from_ns, to_ns, what).
async function searchAll(trace, query, pause, found) {
	if (query.wants === 'lane')
		return wholeLanes(trace, query, found);
	const machine = searcher(trace, query, 0, found);

	await replayUntil(trace, machine, 0, Infinity, pause);
	machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
}

export async function nextMatch(trace, asked, from_ns, direction, pause) {
	const query = compileQuery(trace.meta, asked);
	let best = null;

	if (direction > 0 && query.wants !== 'lane')
		return nextAfter(trace, query, from_ns, pause);
	await searchAll(trace, query, pause, (lane, begin_ns, end_ns, what) => {
		if (direction * (begin_ns - from_ns) > 0 && (!best || direction * (best.from_ns - begin_ns) > 0))
			best = { lane, from_ns: begin_ns, to_ns: end_ns, what };
	});
	return best;
}

// The share of each bucket of the overview that a match fills; one without a duration marks its bucket.
function addShare(shares, { width_ns, buckets }, from_ns, to_ns) {
	const first = Math.min(Math.floor(from_ns / width_ns), buckets - 1), last = Math.min(Math.floor(to_ns / width_ns), buckets - 1);

	for (let b = first; b <= last; b++) {
		const part = (Math.min(to_ns, (b + 1) * width_ns) - Math.max(from_ns, b * width_ns)) / width_ns;

		shares[b] = Math.min(1, shares[b] + Math.max(part, 1 / 255));
	}
}

export async function matchesOf(trace, asked, limit, pause) {
	const query = compileQuery(trace.meta, asked), { overview } = trace.meta;
	const lanes = new Map();
	let longest = [], total = 0;
	const keep = () => {
		longest = longest.sort((a, b) => b.to_ns - b.from_ns - (a.to_ns - a.from_ns) || a.from_ns - b.from_ns).slice(0, limit);
	};

	await searchAll(trace, query, pause, (lane, from_ns, to_ns, what) => {
		total++;
		if (!lanes.has(lane))
			lanes.set(lane, new Float32Array(overview.buckets));
		addShare(lanes.get(lane), overview, from_ns, to_ns);
		longest.push({ lane, from_ns, to_ns, what });
		if (longest.length > 4 * limit + 1000)
			keep();
	});
	keep();
	return { matches: longest, total, width_ns: overview.width_ns, lanes };
}
