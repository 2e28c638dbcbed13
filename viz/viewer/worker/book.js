// SPDX-License-Identifier: MIT
// What is known of each lane and GIL at a time: states, attempts, holds. It tells its sink what ends.
//
// A sink may have any of:
//   stay(lane, state, from_ns, to_ns, whole)   over; of a hold that a RELEASE ended, machine.checks, .ticks and .requested say more
//   attempt(lane, from_ns, to_ns, how)         over; how: ACQUIRED, LEFT, CUT, OPEN; machine.busy[lane], .retries, .timedOut, .attemptWhole
//   handover(gil, from, to, at_ns)
//   event(lane, kind, at_ns, before, holder)   before: its state; holder: lane blamed for BUSY and RETRY, else -1
//   waiters(gil, at_ns, n)                     so many are asleep from now on

import { ReignLog } from './blame.js';
import { UNKNOWN, ENTERING, WAITING } from './states.js';

export const ACQUIRED = 0, LEFT = 1, CUT = 2, OPEN = 3;
export const NONE = -1;

const NO_SINK = {};
// What a snapshot keeps, for each lane and for each GIL.
const KEPT = ['state', 'since', 'whole', 'from', 'attemptWhole', 'busy', 'retries', 'timedOut', 'holdSeen', 'last',
	'holder', 'lastHolder', 'waiting', 'at'];

export class Book {
	// shape: {lanes, gils, gilOf, ticked, firstNs, inHole(gil, at_ns)}; blames: whether waits know their holders
	constructor(shape, sink = NO_SINK, blames = false) {
		const { lanes, gils } = shape;

		this.shape = shape;
		this.sink = sink;
		this.state = new Uint8Array(lanes);
		this.since = Float64Array.from(shape.firstNs);
		this.whole = new Uint8Array(lanes);
		this.from = new Float64Array(lanes);        // of the attempt
		this.attemptWhole = new Uint8Array(lanes);
		this.busy = new Uint8Array(lanes);
		this.retries = new Uint32Array(lanes);
		this.timedOut = new Uint32Array(lanes);
		this.holdSeen = new Uint8Array(lanes);
		this.last = Float64Array.from(shape.firstNs);
		this.holder = new Int32Array(gils).fill(NONE);
		this.lastHolder = new Int32Array(gils).fill(NONE);
		this.waiting = new Int32Array(gils);
		this.at = new Float64Array(gils);
		this.wanted = new Float64Array(gils);       // ns with a waiter
		this.logs = blames ? Array.from({ length: gils }, () => new ReignLog()) : null;
		this.checks = this.ticks = 0;
		this.requested = false;
		this.lost = new Map();                      // lane: what it was in until it was told, just now, to be unknown
		this.extra = 0;                             // position in the block's extras
		this.index = 0;                             // event in the block
	}

	save() {
		return Object.fromEntries(KEPT.map((name) => [name, this[name].slice()]));
	}

	// To the begin of a block.
	load(snapshot) {
		for (const name of KEPT)
			this[name].set(snapshot[name]);
		this.extra = 0;
		this.lost.clear();
		this.logs?.forEach((log, gil) => log.restart(this.holder[gil], this.holder[gil] < 0 ? 0 : this.since[this.holder[gil]]));
	}

	advance(gil, at_ns) {
		if (at_ns <= this.at[gil])
			return;
		if (this.waiting[gil])
			this.wanted[gil] += at_ns - this.at[gil];
		this.at[gil] = at_ns;
	}

	wants(lane) {
		return this.state[lane] === ENTERING || this.state[lane] === WAITING;
	}

	setState(lane, state, at_ns) {
		const gil = this.shape.gilOf[lane];
		const change = (state === WAITING) - (this.state[lane] === WAITING);

		this.state[lane] = state;
		this.since[lane] = at_ns;
		this.whole[lane] = !this.shape.inHole(gil, at_ns);
		if (change) {
			this.waiting[gil] += change;
			this.sink.waiters?.(gil, this.at[gil], this.waiting[gil]);
		}
	}

	endStay(lane, at_ns, whole) {
		const state = this.state[lane], from_ns = this.since[lane];

		if (at_ns > this.last[lane])
			this.last[lane] = at_ns;
		if (state !== UNKNOWN || from_ns !== at_ns)
			this.sink.stay?.(lane, state, from_ns, at_ns, Boolean(whole && this.whole[lane] && state !== UNKNOWN));
	}

	beginAttempt(lane, at_ns, whole) {
		const gil = this.shape.gilOf[lane];

		this.from[lane] = at_ns;
		this.attemptWhole[lane] = whole && !this.shape.inHole(gil, at_ns);
		this.busy[lane] = this.retries[lane] = this.timedOut[lane] = 0;
		this.logs?.[gil].begin(lane, at_ns);
	}

	// Map of holders to ns, for a sink that is told of an attempt.
	blames(lane, at_ns) {
		return this.logs[this.shape.gilOf[lane]].end(lane, at_ns);
	}

	dropAttempt(lane) {
		this.logs?.[this.shape.gilOf[lane]].drop(lane);
	}

	endAttempt(lane, at_ns, how) {
		this.sink.attempt?.(lane, this.from[lane], at_ns, how);
		this.dropAttempt(lane);
	}

	dropHold(lane, gil, at_ns) {
		if (this.holder[gil] !== lane)
			return;
		this.logs?.[gil].release(at_ns);
		this.holder[gil] = NONE;
		this.lastHolder[gil] = lane;
	}

	loseSight(lane, at_ns) {
		const checks = this.checks, ticks = this.ticks;

		this.checks = this.ticks = 0;
		if (this.state[lane] !== UNKNOWN || this.since[lane] !== at_ns)
			this.endStay(lane, at_ns, false);
		if (this.wants(lane))
			this.endAttempt(lane, at_ns, CUT);
		this.dropHold(lane, this.shape.gilOf[lane], at_ns);
		if (this.state[lane] !== UNKNOWN)
			this.setState(lane, UNKNOWN, at_ns);
		else
			this.since[lane] = at_ns;
		this.checks = checks;
		this.ticks = ticks;
	}
}
