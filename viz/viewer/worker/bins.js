// SPDX-License-Identifier: MIT
// How the time in a range is shared: for each lane and bucket the part in each state, and counts. As the overview's planes.

import { UNKNOWN, ENTERING, WAITING, HOLDING } from './states.js';
import { replayUntil } from './trace.js';

const SHARES = [[HOLDING, 'holding'], [WAITING, 'waiting'], [ENTERING, 'entering'], [UNKNOWN, 'unknown']];

export class BinsSink {
	constructor(shape, from_ns, width_ns, n) {
		const lanes = shape.lanes * n, gils = shape.gils * n;

		Object.assign(this, { shape, from_ns, width_ns, n, to_ns: from_ns + width_ns * n });
		this.ns = new Map(SHARES.map(([state]) => [state, new Float64Array(lanes)]));
		this.acquisitions = new Uint32Array(lanes);
		this.failed = new Uint32Array(lanes);
		this.checks = new Uint32Array(gils);
		this.ticks = new Uint32Array(gils);
		this.switches = new Uint32Array(gils);
		this.waiters_max = new Uint32Array(gils);
		this.asleep = new Uint32Array(shape.gils);
		this.asleepSince = new Float64Array(shape.gils).fill(from_ns);
	}

	bucket(at_ns) {
		return Math.floor((at_ns - this.from_ns) / this.width_ns);
	}

	// A time at the very end of the range counts in its last bucket where `end` is the trace's.
	#counted(at_ns) {
		return at_ns >= this.from_ns && at_ns < this.to_ns ? this.bucket(at_ns) : -1;
	}

	stay(lane, state, from_ns, to_ns) {
		if (to_ns <= this.from_ns && from_ns < to_ns)
			return;
		if (state === HOLDING)
			this.#countHold(this.shape.gilOf[lane], to_ns);
		this.share(lane, state, from_ns, to_ns);
	}

	#countHold(gil, to_ns) {
		const bucket = this.machine ? this.#counted(to_ns) : -1;

		if (bucket < 0)
			return;
		this.checks[gil * this.n + bucket] += this.machine.checks;
		this.ticks[gil * this.n + bucket] += this.machine.ticks;
	}

	share(lane, state, from_ns, to_ns) {
		const plane = this.ns.get(state), begin = Math.max(from_ns, this.from_ns), end = Math.min(to_ns, this.to_ns);
		const at = lane * this.n;
		let first, last;

		if (!plane || begin >= end)
			return;
		first = this.bucket(begin);
		last = Math.min(this.bucket(end), this.n - 1);
		if (first === last) {
			plane[at + first] += end - begin;
			return;
		}
		plane[at + first] += this.from_ns + (first + 1) * this.width_ns - begin;
		for (let bucket = first + 1; bucket < last; bucket++)
			plane[at + bucket] = this.width_ns;
		plane[at + last] += end - (this.from_ns + last * this.width_ns);
	}

	event(lane, kind, at_ns) {
		const bucket = kind >= 1 && kind <= 4 ? this.#counted(at_ns) : -1;

		if (bucket >= 0)
			(kind === 4 ? this.acquisitions : this.failed)[lane * this.n + bucket]++;
	}

	handover(gil, from, to, at_ns) {
		const bucket = this.#counted(at_ns);

		if (bucket >= 0)
			this.switches[gil * this.n + bucket]++;
	}

	// Until now as many as before were asleep.
	waiters(gil, at_ns, n) {
		const from_ns = this.asleepSince[gil], before = this.asleep[gil];

		if (at_ns > this.from_ns) {
			this.#mostUntil(gil, from_ns, at_ns, before);
			if (at_ns < this.to_ns)
				this.#most(gil, this.bucket(at_ns), n);
		}
		this.asleepSince[gil] = Math.max(at_ns, this.from_ns);
		this.asleep[gil] = n;
	}

	#most(gil, bucket, n) {
		const at = gil * this.n + bucket;

		if (n > this.waiters_max[at])
			this.waiters_max[at] = n;
	}

	#mostUntil(gil, from_ns, to_ns, n) {
		const last = Math.min(Math.ceil((Math.min(to_ns, this.to_ns) - this.from_ns) / this.width_ns), this.n);

		for (let bucket = this.bucket(from_ns); n && bucket < last; bucket++)
			this.#most(gil, bucket, n);
	}

	// What goes on at the end of what was replayed.
	finish(machine, endOf) {
		for (let lane = 0; lane < this.shape.lanes; lane++) {
			const state = machine.state[lane], gil = this.shape.gilOf[lane];
			const end_ns = state === UNKNOWN ? machine.last[lane] : endOf(gil);

			this.share(lane, state, machine.since[lane], end_ns);
		}
		for (let gil = 0; gil < this.shape.gils; gil++)
			this.waiters(gil, Math.min(endOf(gil), this.to_ns), this.asleep[gil]);
	}

	#bytes(state) {
		return Uint8Array.from(this.ns.get(state), (ns) => ns > 0 ?
			Math.min(Math.max(Math.round(ns * 255 / this.width_ns), 1), 255) : 0);
	}

	planes() {
		const { from_ns, width_ns, n, acquisitions, failed, checks, ticks, switches, waiters_max } = this;

		return { from_ns, width_ns, n, exact: true,
			...Object.fromEntries(SHARES.map(([state, name]) => [name, this.#bytes(state)])),
			acquisitions, failed, checks, ticks, switches, waiters_max };
	}
}

export async function binsOf(trace, from_ns, width_ns, n, pause) {
	const sink = new BinsSink(trace.shape, from_ns, width_ns, n), first = trace.blockAt(from_ns);
	const machine = trace.machine(first, sink);

	if (first < trace.blocks.length) {
		sink.machine = machine;
		machine.waiting.forEach((n_asleep, gil) => sink.waiters(gil, trace.blocks[first].first_ns, n_asleep));
		await replayUntil(trace, machine, first, sink.to_ns, pause);
		sink.finish(machine, (gil) => trace.endOf(gil, sink.to_ns));
	}
	return sink.planes();
}
