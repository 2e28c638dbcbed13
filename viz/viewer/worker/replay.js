// SPDX-License-Identifier: MIT
// What the events mean: the analyzer's state machine again, over columns. Each lane is in one state; attempts and holds follow.
//
// A sink may have any of:
//   stay(lane, state, from_ns, to_ns, whole)   over; of a hold that a RELEASE ended, machine.checks, .ticks and .requested say more
//   attempt(lane, from_ns, to_ns, how)         over; how: ACQUIRED, LEFT, CUT, OPEN; machine.busy[lane], .retries, .timedOut, .attemptWhole
//   handover(gil, from, to, at_ns)
//   event(lane, kind, at_ns, before, holder)   before: its state; holder: lane blamed for BUSY and RETRY, else -1
//   waiters(gil, at_ns, n)                     so many are asleep from now on

import { KIND_TOLD } from './blocks.js';
import { ReignLog } from './blame.js';

export const UNKNOWN = 0, OUTSIDE = 1, ENTERING = 2, WAITING = 3, HOLDING = 4, ENDED = 5;
export const ACQUIRED = 0, LEFT = 1, CUT = 2, OPEN = 3;

const NONE = -1;
const NO_SINK = {};
// What a snapshot keeps, for each lane and for each GIL.
const KEPT = ['state', 'since', 'whole', 'from', 'attemptWhole', 'busy', 'retries', 'timedOut', 'holdSeen', 'last',
	'holder', 'lastHolder', 'waiting', 'at'];

function isUnlawful(kind, state, taken) {
	const wants = state === ENTERING || state === WAITING;

	switch (kind) {
	case 0: return wants || state === HOLDING;
	case 1: return state !== UNKNOWN && state !== ENTERING;
	case 2:
	case 3: return state !== UNKNOWN && state !== WAITING;
	case 4: return taken || !(state === UNKNOWN || wants);
	case 5:
	case 6: return state !== UNKNOWN && state !== HOLDING;
	case 7: return state === HOLDING || state === WAITING || state === OUTSIDE;
	case 10: return state === HOLDING;
	default: return state === HOLDING || state === OUTSIDE;
	}
}

export class Machine {
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

	// The events of the block from number i on that are before a time; returns the number of the first one that is not.
	run(block, i, before_ns) {
		const { times, lanes, kinds, extras, events } = block;

		for (; i < events && times[i] < before_ns; i++) {
			const kind = kinds[i] & 15, lane = lanes[i];

			this.index = i;
			if (kind === KIND_TOLD) {
				this.#told(lane, times[i], extras[this.extra], extras[this.extra + 1]);
				if (extras[this.extra] & 16)
					this.lastHolder[this.shape.gilOf[lane]] = lane;
				this.extra += 2;
				continue;
			}
			this.checks = this.ticks = 0;
			if (kind === 5 || kind === 6) {
				this.checks = extras[this.extra++];
				if (this.shape.ticked[lane])
					this.ticks = extras[this.extra++];
			}
			this.#feed(lane, kind, times[i]);
		}
		return i;
	}

	#advance(gil, at_ns) {
		if (at_ns <= this.at[gil])
			return;
		if (this.waiting[gil])
			this.wanted[gil] += at_ns - this.at[gil];
		this.at[gil] = at_ns;
	}

	#feed(lane, kind, at_ns) {
		const gil = this.shape.gilOf[lane], holder = this.holder[gil], state = this.state[lane];
		const before = this.lost.size ? this.lost.get(lane) ?? state : state;
		const rival = kind === 4 && holder !== NONE && holder !== lane;
		let blamed = NONE;

		if (this.lost.size)
			this.lost.clear();
		this.#advance(gil, at_ns);
		if (isUnlawful(kind, state, rival))
			this.#loseSight(lane, at_ns);
		if (rival)
			this.#loseSight(holder, at_ns);
		this.last[lane] = at_ns;
		switch (kind) {
		case 0: this.#entry(lane, at_ns); break;
		case 1:
		case 2:
		case 3: blamed = this.#failed(lane, gil, kind, at_ns); break;
		case 4: this.#acquire(lane, gil, at_ns); break;
		case 5:
		case 6: this.#release(lane, gil, kind, at_ns); break;
		default: this.#leave(lane, kind, at_ns);
		}
		this.sink.event?.(lane, kind, at_ns, before, blamed);
	}

	#entry(lane, at_ns) {
		this.#endStay(lane, at_ns, true);
		this.#beginAttempt(lane, at_ns, true);
		this.#setState(lane, ENTERING, at_ns);
	}

	#failed(lane, gil, kind, at_ns) {
		const blamed = this.holder[gil] !== NONE ? this.holder[gil] : this.lastHolder[gil];

		if (this.state[lane] === UNKNOWN)
			this.#beginAttempt(lane, at_ns, false);
		if (this.state[lane] !== WAITING) {
			this.#endStay(lane, at_ns, true);
			this.#setState(lane, WAITING, at_ns);
			this.whole[lane] &= kind === 1;
		}
		if (kind === 1)
			this.busy[lane]++;
		else
			this.retries[lane]++;
		this.timedOut[lane] += kind === 3;
		return blamed === lane ? NONE : blamed;
	}

	#acquire(lane, gil, at_ns) {
		const from = this.lastHolder[gil], wanted = this.#wants(lane);

		this.#endStay(lane, at_ns, true);
		if (wanted)
			this.#endAttempt(lane, at_ns, ACQUIRED);
		this.#setState(lane, HOLDING, at_ns);
		this.holdSeen[lane] = 1;
		this.logs?.[gil].acquire(lane, at_ns);
		if (from !== NONE && from !== lane)
			this.sink.handover?.(gil, from, lane, at_ns);
		this.holder[gil] = lane;
	}

	#release(lane, gil, kind, at_ns) {
		if (this.state[lane] !== HOLDING || !this.holdSeen[lane])
			this.checks = this.ticks = 0;
		this.requested = kind === 6;
		this.#endStay(lane, at_ns, true);
		this.requested = false;
		this.checks = this.ticks = 0;
		this.#dropHold(lane, gil, at_ns);
		this.#setState(lane, OUTSIDE, at_ns);
		if (this.holder[gil] === NONE)
			this.lastHolder[gil] = lane;
	}

	#leave(lane, kind, at_ns) {
		const ends = kind === 10, wanted = this.#wants(lane);

		if (this.state[lane] === UNKNOWN && !ends)
			this.#beginAttempt(lane, at_ns, false);
		if (kind === 7) {
			// It never was an attempt: the lane was outside all the time.
			if (this.state[lane] !== ENTERING)
				this.#endStay(lane, at_ns, true);
			this.#dropAttempt(lane);
			this.#setState(lane, OUTSIDE, this.from[lane]);
			return;
		}
		this.#endStay(lane, at_ns, true);
		if (wanted || !ends)
			this.#endAttempt(lane, at_ns, LEFT);
		this.#setState(lane, ends ? ENDED : OUTSIDE, at_ns);
	}

	// The file says that the lane is in another state than its events tell.
	#told(lane, now_ns, code, back_ns) {
		const state = code & 7, gil = this.shape.gilOf[lane];
		const at_ns = Math.max(now_ns - back_ns, this.since[lane]);

		this.#advance(gil, at_ns);
		if (this.state[lane] === state && state !== UNKNOWN) {
			if (!(code & 8))
				this.#doubt(lane);
			return;
		}
		if (state === UNKNOWN && !back_ns)
			this.lost.set(lane, this.state[lane]);
		this.#loseSight(lane, at_ns);
		if (state !== this.state[lane])
			this.#beginInState(lane, gil, state, at_ns);
		if (this.shape.inHole(gil, at_ns) && this.holder[gil] === NONE) {
			this.lastHolder[gil] = NONE;
			this.logs?.[gil].cut(at_ns);
		}
	}

	// It is in that state, but since when is not known.
	#doubt(lane) {
		this.whole[lane] = 0;
		if (this.#wants(lane))
			this.attemptWhole[lane] = 0;
	}

	#beginInState(lane, gil, state, at_ns) {
		this.#setState(lane, state, at_ns);
		this.whole[lane] = this.holdSeen[lane] = 0;
		if (this.#wants(lane))
			this.#beginAttempt(lane, at_ns, false);
		if (state === HOLDING && this.holder[gil] === NONE) {
			this.logs?.[gil].acquire(lane, at_ns);
			this.holder[gil] = lane;
		}
	}

	#wants(lane) {
		return this.state[lane] === ENTERING || this.state[lane] === WAITING;
	}

	#setState(lane, state, at_ns) {
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

	#endStay(lane, at_ns, whole) {
		const state = this.state[lane], from_ns = this.since[lane];

		if (at_ns > this.last[lane])
			this.last[lane] = at_ns;
		if (state !== UNKNOWN || from_ns !== at_ns)
			this.sink.stay?.(lane, state, from_ns, at_ns, Boolean(whole && this.whole[lane] && state !== UNKNOWN));
	}

	#beginAttempt(lane, at_ns, whole) {
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

	#dropAttempt(lane) {
		this.logs?.[this.shape.gilOf[lane]].drop(lane);
	}

	#endAttempt(lane, at_ns, how) {
		this.sink.attempt?.(lane, this.from[lane], at_ns, how);
		this.#dropAttempt(lane);
	}

	#dropHold(lane, gil, at_ns) {
		if (this.holder[gil] !== lane)
			return;
		this.logs?.[gil].release(at_ns);
		this.holder[gil] = NONE;
		this.lastHolder[gil] = lane;
	}

	#loseSight(lane, at_ns) {
		const checks = this.checks, ticks = this.ticks;

		this.checks = this.ticks = 0;
		if (this.state[lane] !== UNKNOWN || this.since[lane] !== at_ns)
			this.#endStay(lane, at_ns, false);
		if (this.#wants(lane))
			this.#endAttempt(lane, at_ns, CUT);
		this.#dropHold(lane, this.shape.gilOf[lane], at_ns);
		if (this.state[lane] !== UNKNOWN)
			this.#setState(lane, UNKNOWN, at_ns);
		else
			this.since[lane] = at_ns;
		this.checks = checks;
		this.ticks = ticks;
	}

	// What goes on when the time asked for begins, begins there.
	clip(from_ns) {
		const { firstNs } = this.shape;

		for (let gil = 0; gil < this.at.length; gil++)
			this.#advance(gil, from_ns);
		this.wanted.fill(0);
		for (let lane = 0; lane < this.state.length; lane++) {
			if (firstNs[lane] >= from_ns || this.state[lane] === ENDED)
				continue;
			this.since[lane] = this.last[lane] = from_ns;
			this.whole[lane] = this.holdSeen[lane] = 0;
			if (this.#wants(lane))
				this.#beginAttempt(lane, from_ns, false);
		}
		for (let gil = 0; gil < this.at.length; gil++)
			this.sink.waiters?.(gil, from_ns, this.waiting[gil]);
	}

	// The time asked for ends: waits and holds go on until then (endOf(gil)), of the others the last event is all we know.
	close(endOf) {
		for (let lane = 0; lane < this.state.length; lane++) {
			const state = this.state[lane], gil = this.shape.gilOf[lane];
			const end_ns = Math.max(endOf(gil), this.at[gil]);   // a GIL may have ended before the time asked for

			if (state === ENDED || this.shape.firstNs[lane] > end_ns)
				continue;
			this.#advance(gil, end_ns);
			if (state >= ENTERING) {
				this.#endStay(lane, end_ns, false);
				if (this.#wants(lane))
					this.#endAttempt(lane, end_ns, OPEN);
			} else if (this.last[lane] > this.since[lane]) {
				this.#endStay(lane, this.last[lane], state === OUTSIDE);
			}
		}
	}
}
