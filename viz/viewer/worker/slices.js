// SPDX-License-Identifier: MIT
// Exactly what is between two times: stays and marks, for a range that is narrow enough.

import { ENDED, UNKNOWN } from './states.js';
import { eventAt, replayUntil } from './trace.js';

export function orNull(value) {
	return Number.isNaN(value) || value < 0 ? null : value;
}

// How many events are in the range; counts no further than to `limit`.
function countEvents(trace, { from_ns, to_ns }, limit) {
	let count = 0;

	for (let k = trace.blockAt(from_ns); k < trace.blocks.length && trace.blocks[k].first_ns < to_ns && count <= limit; k++)
		count += eventAt(trace.columns(k), to_ns) - eventAt(trace.columns(k), from_ns);
	return count;
}

class SlicesSink {
	constructor(lanes, range) {
		this.range = range;
		this.stays = Array.from({ length: lanes }, () => []);
		this.marks = Array.from({ length: lanes }, () => []);
		this.cpuOf = new Int32Array(lanes).fill(-1);   // where the present stay began
	}

	stay(lane, state, from_ns, to_ns, whole) {
		if (to_ns > this.range.from_ns && from_ns < this.range.to_ns)
			this.stays[lane].push({ lane, state, from_ns, to_ns, whole, cpu: orNull(this.cpuOf[lane]) });
	}

	event(lane, kind, at_ns, before, holder) {
		const { cpu, tick, counter } = this.details, i = this.machine.index;

		if (at_ns === this.machine.since[lane])
			this.cpuOf[lane] = cpu[i];
		if (at_ns < this.range.from_ns || at_ns >= this.range.to_ns)
			return;
		this.marks[lane].push({ lane, at_ns, kind, cpu: orNull(cpu[i]), tick: Number.isNaN(tick[i]) ? null : tick[i],
			counter: orNull(counter[i]), holder: orNull(holder) });
	}
}

export async function slicesOf(trace, range, limit, pause) {
	const sink = new SlicesSink(trace.shape.lanes, range), first = trace.blockAt(range.from_ns);
	const machine = trace.machine(first, sink);

	if (countEvents(trace, range, limit) > limit)
		return null;
	sink.machine = machine;
	await replayUntil(trace, machine, first, range.to_ns, pause, (k) => { sink.details = trace.details(k); });
	machine.state.forEach((state, lane) => {
		const last_ns = state > UNKNOWN + 1 ? trace.endOf(trace.shape.gilOf[lane], range.to_ns) :
			Math.min(trace.meta.lanes[lane].last_ns, range.to_ns);

		if (state !== ENDED && last_ns > machine.since[lane] && machine.since[lane] < range.to_ns)
			sink.stay(lane, state, machine.since[lane], last_ns, false);
	});
	return { range, stays: sink.stays.flat(), marks: sink.marks.flat() };
}
