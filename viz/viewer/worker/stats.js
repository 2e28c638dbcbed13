// SPDX-License-Identifier: MIT
// The report's numbers of a range: those that `gilscope report --time` prints. docs/metrics.md says what each one means.

import { ACQUIRED } from './book.js';
import { HOLDING, WAITING } from './states.js';
import { Histogram } from './histogram.js';
import { replayUntil } from './trace.js';

const STATE_NAMES = ['unknown', 'outside', 'entering', 'waiting', 'holding', 'ended'];
const COUNTS = ['acquisitions', 'acquisitions_contended', 'busy', 'retries', 'retries_timed_out', 'releases',
	'releases_requested', 'checks', 'ticks', 'switches_in'];
const EVENT_COUNT = [null, 'busy', 'retries', 'retries', 'acquisitions', 'releases', 'releases'];

// As the exports write them: at most six decimals; null without a denominator.
export function ratioOf(part, whole) {
	return whole > 0 ? Number((part / whole).toFixed(6)) : null;
}

export class StatsSink {
	constructor(shape) {
		const { lanes, gils } = shape;

		this.shape = shape;
		this.counts = Object.fromEntries(COUNTS.map((name) => [name, new Float64Array(lanes)]));
		this.stateNs = new Float64Array(lanes * STATE_NAMES.length);
		this.waits = Array.from({ length: lanes }, () => new Histogram());
		this.contended = Array.from({ length: lanes }, () => new Histogram());
		this.holds = Array.from({ length: lanes }, () => new Histogram());
		this.pairs = new Map();
		this.switches = new Float64Array(gils);
		this.first = new Float64Array(gils).fill(Infinity);
		this.last = new Float64Array(gils).fill(-Infinity);
	}

	see(gil, from_ns, to_ns) {
		if (from_ns < this.first[gil])
			this.first[gil] = from_ns;
		if (to_ns > this.last[gil])
			this.last[gil] = to_ns;
	}

	stay(lane, state, from_ns, to_ns, whole) {
		this.stateNs[lane * STATE_NAMES.length + state] += to_ns - from_ns;
		this.see(this.shape.gilOf[lane], from_ns, to_ns);
		if (state !== HOLDING)
			return;
		this.counts.checks[lane] += this.machine.checks;
		this.counts.ticks[lane] += this.machine.ticks;
		if (whole)
			this.holds[lane].add(to_ns - from_ns);
	}

	#pair(waiter, holder) {
		const key = waiter * 8192 + holder + 1;
		let pair = this.pairs.get(key);

		if (!pair) {
			pair = { waiter, holder: holder < 0 ? null : holder, wait_ns: 0, waits: 0, failed_attempts: 0, handovers: 0 };
			this.pairs.set(key, pair);
		}
		return pair;
	}

	attempt(lane, from_ns, to_ns, how) {
		const { machine } = this;

		if (machine.busy[lane] || machine.retries[lane])
			for (const [holder, ns] of machine.blames(lane, to_ns)) {
				const pair = this.#pair(lane, holder);

				pair.wait_ns += ns;
				pair.waits++;
			}
		if (how !== ACQUIRED || !machine.attemptWhole[lane])
			return;
		this.waits[lane].add(to_ns - from_ns);
		if (machine.busy[lane])
			this.contended[lane].add(to_ns - from_ns);
	}

	handover(gil, from, to) {
		this.switches[gil]++;
		this.counts.switches_in[to]++;
		this.#pair(to, from).handovers++;
	}

	event(lane, kind, at_ns, before, holder) {
		const { counts } = this;

		this.see(this.shape.gilOf[lane], at_ns, at_ns);
		if (EVENT_COUNT[kind])
			counts[EVENT_COUNT[kind]][lane]++;
		if (kind >= 1 && kind <= 3)
			this.#pair(lane, holder).failed_attempts++;
		counts.retries_timed_out[lane] += kind === 3;
		counts.acquisitions_contended[lane] += kind === 4 && before === WAITING;
		counts.releases_requested[lane] += kind === 6;
	}

	#thread(lane) {
		const counts = Object.fromEntries(COUNTS.map((name) => [name, this.counts[name][lane]]));
		const at = lane * STATE_NAMES.length;

		return { lane, ...counts, failed_attempts: counts.busy + counts.retries,
			state_ns: Object.fromEntries(STATE_NAMES.map((name, i) => [name, this.stateNs[at + i]])),
			wait_ns: this.waits[lane].distribution(), wait_contended_ns: this.contended[lane].distribution(),
			hold_ns: this.holds[lane].distribution() };
	}

	// A GIL's creation and its threads' introductions are not in the blocks: the report and the lanes know the ends that they make.
	widen(gil, row, range) {
		if (row.first_ns >= range.from_ns && row.first_ns <= range.to_ns)
			this.first[gil] = Math.min(this.first[gil], row.first_ns);
		if (row.last_ns >= range.from_ns && row.last_ns <= range.to_ns)
			this.last[gil] = Math.max(this.last[gil], row.last_ns);
	}

	#gil(gil, threads, wanted_ns) {
		const own = threads.filter(({ lane }) => this.shape.gilOf[lane] === gil);
		const sum = (fn) => own.reduce((total, thread) => total + fn(thread), 0);
		const wall_ns = Math.max(this.last[gil] - this.first[gil], 0);
		const held_ns = sum((t) => t.state_ns.holding), failed_attempts = sum((t) => t.failed_attempts);
		const checks = sum((t) => t.checks);

		return { gil, acquisitions: sum((t) => t.acquisitions), failed_attempts, checks, ticks: sum((t) => t.ticks),
			releases: sum((t) => t.releases), switches: this.switches[gil], wall_ns, held_ns,
			wait_ns: sum((t) => t.state_ns.entering + t.state_ns.waiting), waiting_ns: sum((t) => t.state_ns.waiting), wanted_ns,
			utilisation: ratioOf(held_ns, wall_ns), contention: ratioOf(wanted_ns, wall_ns), badness: ratioOf(failed_attempts, checks) };
	}

	result(range, wanted) {
		const threads = Array.from(this.waits, (_, lane) => this.#thread(lane));
		const all = { wait: new Histogram(), hold: new Histogram() };

		this.waits.forEach((histogram) => all.wait.merge(histogram));
		this.holds.forEach((histogram) => all.hold.merge(histogram));
		return { range, threads, pairs: [...this.pairs.values()].sort(byWait),
			gils: Array.from(this.switches, (_, gil) => this.#gil(gil, threads, wanted[gil])),
			histograms: { wait: all.wait.powers(), hold: all.hold.powers() } };
	}
}

// The order of the report's pairs.
function byWait(a, b) {
	return b.wait_ns - a.wait_ns || b.failed_attempts - a.failed_attempts || b.handovers - a.handovers ||
		a.waiter - b.waiter || (a.holder ?? Infinity) - (b.holder ?? Infinity);
}

// Both ends belong to the range, as with --time.
export async function statsOf(trace, range, pause) {
	const from_ns = Math.max(Math.round(range.from_ns), 0), to_ns = Math.round(range.to_ns);
	const sink = new StatsSink(trace.shape), first = trace.blockAt(from_ns);
	const machine = trace.machine(first, {}, true);
	let event = 0;

	sink.machine = machine;
	if (first < trace.blocks.length) {
		event = machine.run(trace.columns(first), 0, from_ns);
		machine.sink = sink;
		if (from_ns > 0)
			machine.clip(from_ns);
		machine.run(trace.columns(first), event, to_ns + 1);
		await replayUntil(trace, machine, first + 1, to_ns + 1, pause);
		machine.close((gil) => trace.endOf(gil, to_ns));
	}
	trace.meta.gils.forEach(({ gil }, place) => {
		const row = trace.report?.gils?.[gil];

		if (row)
			sink.widen(place, row, { from_ns, to_ns });
	});
	trace.shape.firstNs.forEach((at_ns, lane) => {
		if (at_ns > 0 && at_ns >= from_ns && at_ns <= to_ns)
			sink.see(trace.shape.gilOf[lane], at_ns, at_ns);
	});
	return sink.result({ from_ns, to_ns }, machine.wanted);
}
