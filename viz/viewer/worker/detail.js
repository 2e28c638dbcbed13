// SPDX-License-Identifier: MIT
// All about the stay of one lane at one time: the attempt that it is part of, or the hold.

import { ENTERING, WAITING, HOLDING } from './states.js';
import { orNull } from './slices.js';
import { replayUntil } from './trace.js';

const OUTCOMES = ['acquired', 'left', 'cut', 'still_waiting'];

class DetailSink {
	stayFound = null;
	attemptFound = null;
	hold = null;
	closing = false;
	cpu = null;
	tick = null;
	holderAtBegin = null;

	constructor(lane, at_ns) {
		this.lane = lane;
		this.at_ns = at_ns;
	}

	#covers(from_ns, to_ns) {
		return from_ns <= this.at_ns && (this.at_ns < to_ns || this.closing);
	}

	#tickNow() {
		return this.closing || Number.isNaN(this.details.tick[this.machine.index]) ? null : this.details.tick[this.machine.index];
	}

	stay(lane, state, from_ns, to_ns, whole) {
		const { machine } = this;

		if (lane !== this.lane || this.stayFound || !this.#covers(from_ns, to_ns))
			return;
		this.stayFound = { lane, state, from_ns, to_ns, whole, cpu: this.cpu };
		if (state === HOLDING)
			this.hold = { checks: machine.checks, ticks: machine.shape.ticked[lane] ? machine.ticks : null,
				requested: machine.requested, contended: machine.waiting[machine.shape.gilOf[lane]] > 0,
				tick_from: this.tick, tick_to: this.#tickNow() };
	}

	attempt(lane, from_ns, to_ns, how) {
		const { machine } = this;

		if (lane !== this.lane || this.attemptFound || !this.#covers(from_ns, to_ns))
			return;
		this.attemptFound = { from_ns, to_ns, outcome: OUTCOMES[how], busy: machine.busy[lane], retries: machine.retries[lane],
			retries_timed_out: machine.timedOut[lane], holder_at_begin: this.holderAtBegin,
			holders: [...machine.blames(lane, to_ns)].map(([holder, ns]) => ({ lane: orNull(holder), ns })) };
	}

	event(lane, kind, at_ns) {
		const i = this.machine.index;

		if (lane !== this.lane)
			return;
		if (at_ns === this.machine.since[lane]) {
			this.cpu = orNull(this.details.cpu[i]);
			this.tick = kind === 4 ? this.#tickNow() : null;
		}
		if (kind === 0 || (kind === 1 && this.machine.from[lane] === at_ns))
			this.holderAtBegin = orNull(this.machine.holder[this.machine.shape.gilOf[lane]]);
	}

	get isDone() {
		return this.stayFound && (this.attemptFound || this.stayFound.state < ENTERING || this.stayFound.state > WAITING);
	}
}

// Where the stay or the attempt at a time began.
function beginOf(trace, lane, at_ns) {
	const number = Math.min(trace.blockAt(at_ns), trace.blocks.length - 1), machine = trace.machine(number);
	const { since, from, state } = machine;

	machine.run(trace.columns(number), 0, at_ns + 1);
	return state[lane] === ENTERING || state[lane] === WAITING ? Math.min(since[lane], from[lane]) : since[lane];
}

export async function detailOf(trace, lane, at_ns, pause) {
	const sink = new DetailSink(lane, at_ns), { first_ns, last_ns } = trace.meta.lanes[lane] ?? {};
	let number, machine;

	if (!trace.blocks.length || first_ns === undefined || at_ns < first_ns || at_ns > Math.max(last_ns, trace.meta.duration_ns))
		return null;
	number = trace.blockAt(beginOf(trace, lane, at_ns));
	machine = sink.machine = trace.machine(number, sink, true);
	await replayUntil(trace, machine, number, Infinity, pause, (k) => { sink.details = trace.details(k); }, () => sink.isDone);
	if (!sink.isDone) {
		sink.closing = true;
		machine.close((gil) => trace.endOf(gil, trace.meta.duration_ns));
	}
	return sink.stayFound && { stay: sink.stayFound, attempt: sink.attemptFound, hold: sink.hold };
}
