// SPDX-License-Identifier: MIT
// Looks for what matches a query: the next one from a time on, or all of them.

import { compileQuery } from './query.js';
import { ENTERING, WAITING, HOLDING } from './states.js';
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

			let holders;   // an account is closed once

			if (lanes[lane] && query.test({ from_ns, to_ns, failed, holders: () => (holders ??= machine.blames(lane, to_ns)) }))
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
	trace.meta.lanes.forEach(({ first_ns, last_ns }, lane) => {
		if (query.lane(lane))
			found(lane, first_ns, last_ns, 'thread');
	});
}

function searcher(trace, query, number, found) {
	const sink = searchSink(query, trace.shape, found);

	sink.machine = trace.machine(number, sink, query.blames);
	return sink.machine;
}

// Begins of what goes on and may match when it ends.
function openBegins(machine, query) {
	const begins = [];

	machine.state.forEach((state, lane) => {
		const wants = state === ENTERING || state === WAITING;

		if (!query.lane(lane))
			return;
		if (query.wants === 'attempt' && wants)
			begins.push(machine.from[lane]);
		else if (query.wants === 'stay' || (query.wants === 'hold' && state === HOLDING))
			begins.push(machine.since[lane]);
	});
	return begins;
}

async function nextAfter(trace, query, from_ns, pause) {
	const number = trace.blockAt(from_ns);
	let best = null;
	const machine = searcher(trace, query, number, (lane, begin_ns, end_ns, what) => {
		if (begin_ns > from_ns && begin_ns < (best?.from_ns ?? Infinity))
			best = { lane, from_ns: begin_ns, to_ns: end_ns, what };
	});
	const isEnough = () => best && openBegins(machine, query).every((begin_ns) => begin_ns <= from_ns || begin_ns >= best.from_ns);

	await replayUntil(trace, machine, number, Infinity, pause, undefined, isEnough);
	if (!isEnough())
		machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
	return best;
}

// The block from which on all is seen of the waits that go on when block `number` begins: who held meanwhile is not in its snapshot.
function blockWithWaits(trace, query, number) {
	const { state, from } = trace.blocks[number].snapshot;
	let first = number;

	state.forEach((it, lane) => {
		if (query.lane(lane) && (it === ENTERING || it === WAITING))
			first = Math.min(first, trace.blockAt(from[lane]));
	});
	return first;
}

// Block by block backwards, each with what ended in it; the first one goes on until what was open at that time has ended.
async function nextBefore(trace, query, from_ns, pause) {
	let best = null;
	const found = (lane, begin_ns, end_ns, what) => {
		if (begin_ns < from_ns && begin_ns > (best?.from_ns ?? -Infinity))
			best = { lane, from_ns: begin_ns, to_ns: end_ns, what };
	};
	const last = Math.min(trace.blockAt(from_ns), trace.blocks.length - 1);

	for (let number = last; number >= 0 && (best?.from_ns ?? -Infinity) < trace.blocks[number].last_ns; number--) {
		const begin = query.blames ? blockWithWaits(trace, query, number) : number;
		const machine = searcher(trace, query, begin, found);
		const isPast = () => trace.blocks[number].last_ns < from_ns || openBegins(machine, query).every((at_ns) => at_ns >= from_ns);

		if (number < last) {
			await replayUntil(trace, machine, begin, trace.blocks[number].last_ns + 1, pause);
			continue;
		}
		await replayUntil(trace, machine, begin, trace.blocks[number].last_ns + 1, pause);
		await replayUntil(trace, machine, number + 1, Infinity, pause, undefined, isPast);
		if (!isPast() || number === trace.blocks.length - 1)
			machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
	}
	return best;
}

// The begin of the lane's life is its only match.
function nextLane(trace, query, from_ns, direction) {
	let best = null;

	wholeLanes(trace, query, (lane, begin_ns, to_ns, what) => {
		if ((begin_ns - from_ns) * direction > 0 && (!best || (begin_ns - best.from_ns) * direction < 0))
			best = { lane, from_ns: begin_ns, to_ns, what };
	});
	return best;
}

export async function nextMatch(trace, asked, from_ns, direction, pause) {
	const query = compileQuery(trace.meta, asked);

	if (query.wants === 'lane')
		return nextLane(trace, query, from_ns, direction);
	return direction > 0 ? nextAfter(trace, query, from_ns, pause) : nextBefore(trace, query, from_ns, pause);
}

// The longest ones, and for each lane the share of each bucket that matches. An event matches all of its bucket.
class Collector {
	total = 0;
	#longest = [];
	lanes = new Map();

	constructor({ width_ns, buckets }, limit) {
		Object.assign(this, { width_ns, buckets, limit });
	}

	add(lane, from_ns, to_ns, what) {
		this.total++;
		this.#mark(lane, from_ns, to_ns);
		this.#longest.push({ lane, from_ns, to_ns, what });
		if (this.#longest.length > 2 * this.limit + 1000)
			this.#trim();
	}

	#trim() {
		this.#longest.sort((a, b) => (b.to_ns - b.from_ns) - (a.to_ns - a.from_ns) || a.from_ns - b.from_ns);
		this.#longest.length = Math.min(this.#longest.length, this.limit);
	}

	#mark(lane, from_ns, to_ns) {
		const { width_ns, buckets } = this, last = Math.min(Math.floor(to_ns / width_ns), buckets - 1);
		let shares = this.lanes.get(lane);

		if (!shares)
			this.lanes.set(lane, shares = new Float32Array(buckets));
		for (let bucket = Math.min(Math.floor(from_ns / width_ns), last); bucket <= last; bucket++) {
			const ns = Math.min(to_ns, (bucket + 1) * width_ns) - Math.max(from_ns, bucket * width_ns);

			shares[bucket] = from_ns === to_ns ? 1 : Math.min(shares[bucket] + Math.max(ns, 0) / width_ns, 1);
		}
	}

	result() {
		this.#trim();
		return { matches: this.#longest, total: this.total, width_ns: this.width_ns, lanes: this.lanes };
	}
}

export async function matchesOf(trace, asked, limit, pause) {
	const query = compileQuery(trace.meta, asked), collector = new Collector(trace.meta.overview, limit);
	const found = (...match) => collector.add(...match);
	let machine;

	if (query.wants === 'lane') {
		wholeLanes(trace, query, found);
		return collector.result();
	}
	machine = searcher(trace, query, 0, found);
	await replayUntil(trace, machine, 0, Infinity, pause);
	machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
	return collector.result();
}
