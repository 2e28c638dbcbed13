// SPDX-License-Identifier: MIT
// What the events mean: the analyzer's state machine again, over columns. Each lane is in one state; attempts and holds follow.

import { KIND_TOLD } from './blocks.js';
import { ACQUIRED, LEFT, NONE, OPEN, Book } from './book.js';
import { isUnlawful, UNKNOWN, OUTSIDE, ENTERING, WAITING, HOLDING, ENDED } from './states.js';

export class Machine extends Book {
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

	#feed(lane, kind, at_ns) {
		const gil = this.shape.gilOf[lane], holder = this.holder[gil], state = this.state[lane];
		const before = this.lost.size ? this.lost.get(lane) ?? state : state;
		const rival = kind === 4 && holder !== NONE && holder !== lane;
		let blamed = NONE;

		if (this.lost.size)
			this.lost.clear();
		this.advance(gil, at_ns);
		if (isUnlawful(kind, state, rival))
			this.loseSight(lane, at_ns);
		if (rival)
			this.loseSight(holder, at_ns);
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
		this.endStay(lane, at_ns, true);
		this.beginAttempt(lane, at_ns, true);
		this.setState(lane, ENTERING, at_ns);
	}

	#failed(lane, gil, kind, at_ns) {
		const blamed = this.holder[gil] !== NONE ? this.holder[gil] : this.lastHolder[gil];

		if (this.state[lane] === UNKNOWN)
			this.beginAttempt(lane, at_ns, false);
		if (this.state[lane] !== WAITING) {
			this.endStay(lane, at_ns, true);
			this.setState(lane, WAITING, at_ns);
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
		const from = this.lastHolder[gil], wanted = this.wants(lane);

		this.endStay(lane, at_ns, true);
		if (wanted)
			this.endAttempt(lane, at_ns, ACQUIRED);
		this.setState(lane, HOLDING, at_ns);
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
		this.endStay(lane, at_ns, true);
		this.requested = false;
		this.checks = this.ticks = 0;
		this.dropHold(lane, gil, at_ns);
		this.setState(lane, OUTSIDE, at_ns);
		if (this.holder[gil] === NONE)
			this.lastHolder[gil] = lane;
	}

	#leave(lane, kind, at_ns) {
		const ends = kind === 10, wanted = this.wants(lane);

		if (this.state[lane] === UNKNOWN && !ends)
			this.beginAttempt(lane, at_ns, false);
		if (kind === 7) {
			// It never was an attempt: the lane was outside all the time.
			if (this.state[lane] !== ENTERING)
				this.endStay(lane, at_ns, true);
			this.dropAttempt(lane);
			this.setState(lane, OUTSIDE, this.from[lane]);
			return;
		}
		this.endStay(lane, at_ns, true);
		if (wanted || !ends)
			this.endAttempt(lane, at_ns, LEFT);
		this.setState(lane, ends ? ENDED : OUTSIDE, at_ns);
	}

	// The file says that the lane is in another state than its events tell.
	#told(lane, now_ns, code, back_ns) {
		const state = code & 7, gil = this.shape.gilOf[lane];
		const at_ns = Math.max(now_ns - back_ns, this.since[lane]);

		this.advance(gil, at_ns);
		if (this.state[lane] === state && state !== UNKNOWN) {
			if (!(code & 8))
				this.#doubt(lane);
			return;
		}
		if (state === UNKNOWN && !back_ns)
			this.lost.set(lane, this.state[lane]);
		this.loseSight(lane, at_ns);
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
		if (this.wants(lane))
			this.attemptWhole[lane] = 0;
	}

	#beginInState(lane, gil, state, at_ns) {
		this.setState(lane, state, at_ns);
		this.whole[lane] = this.holdSeen[lane] = 0;
		if (this.wants(lane))
			this.beginAttempt(lane, at_ns, false);
		if (state === HOLDING && this.holder[gil] === NONE) {
			this.logs?.[gil].acquire(lane, at_ns);
			this.holder[gil] = lane;
		}
	}

	// What goes on when the time asked for begins, begins there.
	clip(from_ns) {
		const { firstNs } = this.shape;

		for (let gil = 0; gil < this.at.length; gil++)
			this.advance(gil, from_ns);
		this.wanted.fill(0);
		for (let lane = 0; lane < this.state.length; lane++) {
			if (firstNs[lane] >= from_ns || this.state[lane] === ENDED)
				continue;
			this.since[lane] = this.last[lane] = from_ns;
			this.whole[lane] = this.holdSeen[lane] = 0;
			if (this.wants(lane))
				this.beginAttempt(lane, from_ns, false);
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
			this.advance(gil, end_ns);
			if (state >= ENTERING) {
				this.endStay(lane, end_ns, false);
				if (this.wants(lane))
					this.endAttempt(lane, end_ns, OPEN);
			} else if (this.last[lane] > this.since[lane]) {
				this.endStay(lane, this.last[lane], state === OUTSIDE);
			}
		}
	}
}
