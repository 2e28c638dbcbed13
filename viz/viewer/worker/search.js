// SPDX-License-Identifier: MIT
// Looks for what matches a query: the next one from a time on, or all of them.

import { compileQuery } from './query.js';
import { ENDED, ENTERING, HOLDING, OUTSIDE, WAITING } from './replay.js';
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

// Where what goes on in a lane began: the attempt, or the stay.
function openSince(machine, lane) {
	const isAttempt = machine.state[lane] === ENTERING || machine.state[lane] === WAITING;

	return isAttempt ? Math.min(machine.from[lane], machine.since[lane]) : machine.since[lane];
}

// The begin of the earliest attempt or stay that goes on, later than from_ns: what matches may still come.
function earliestOpen(trace, machine, from_ns) {
	let earliest = Infinity;

	machine.state.forEach((_, lane) => {
		const begin_ns = openSince(machine, lane);

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

// What ends late may have begun before: all is replayed, and the last that began before the time is kept.
async function nextBefore(trace, query, from_ns, pause) {
	let best = null;
	const machine = searcher(trace, query, 0, (lane, begin_ns, end_ns, what) => {
		if (begin_ns < from_ns && begin_ns >= (best?.from_ns ?? -Infinity))
			best = { lane, from_ns: begin_ns, to_ns: end_ns, what };
	});
	const isPast = () => machine.state.every((state, lane) => state <= OUTSIDE || state === ENDED || openSince(machine, lane) >= from_ns);
	const after = trace.blockAt(from_ns);
	let number = 0;

	await replayUntil(trace, machine, 0, Infinity, pause, (k) => { number = k; }, () => number > after && isPast());
	machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
	return best;
}

export async function nextMatch(trace, asked, from_ns, direction, pause) {
	const query = compileQuery(trace.meta, asked);
	let best = null;

	if (query.wants !== 'lane')
		return direction > 0 ? nextAfter(trace, query, from_ns, pause) : nextBefore(trace, query, from_ns, pause);
	wholeLanes(trace, query, (lane, begin_ns, end_ns, what) => {
		if (direction * (begin_ns - from_ns) > 0 && (!best || direction * (best.from_ns - begin_ns) > 0))
			best = { lane, from_ns: begin_ns, to_ns: end_ns, what };
	});
	return best;
}

// The longest matches, and what share of each bucket of the overview matches.
class Matches {
	total = 0;
	lanes = new Map();
	#longest = [];

	constructor({ width_ns, buckets }, limit) {
		Object.assign(this, { width_ns, buckets, limit });
	}

	add(lane, from_ns, to_ns, what) {
		this.total++;
		this.#share(lane, from_ns, to_ns);
		this.#longest.push({ lane, from_ns, to_ns, what });
		if (this.#longest.length >= 2 * this.limit + 1000)
			this.#longest = this.longest();
	}

	// An event, which has no length, fills its bucket.
	#share(lane, from_ns, to_ns) {
		const { width_ns, buckets } = this;
		const first = Math.floor(from_ns / width_ns), last = Math.min(Math.floor(to_ns / width_ns), buckets - 1);

		if (!this.lanes.has(lane))
			this.lanes.set(lane, new Float32Array(buckets));
		const shares = this.lanes.get(lane);

		for (let b = first; b <= last; b++) {
			const within = Math.min(to_ns, (b + 1) * width_ns) - Math.max(from_ns, b * width_ns);

			shares[b] = Math.min(1, to_ns > from_ns ? shares[b] + within / width_ns : 1);
		}
	}

	longest() {
		return this.#longest.sort((a, b) => (b.to_ns - b.from_ns) - (a.to_ns - a.from_ns) || a.from_ns - b.from_ns).slice(0, this.limit);
	}
}

export async function matchesOf(trace, asked, limit, pause) {
	const query = compileQuery(trace.meta, asked);
	const found = new Matches(trace.meta.overview, limit);
	const add = (...match) => found.add(...match);

	if (query.wants === 'lane') {
		wholeLanes(trace, query, add);
	} else {
		const machine = searcher(trace, query, 0, add);

		await replayUntil(trace, machine, 0, Infinity, pause);
		machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
	}
	return { matches: found.longest(), total: found.total, width_ns: found.width_ns, lanes: found.lanes };
}
