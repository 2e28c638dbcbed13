// SPDX-License-Identifier: MIT
// The blocks, kept inflated, each with the machine's state at its begin: any of them can be replayed without those before it.

import { decodeBlock, decodeDetails } from './blocks.js';
import { Machine } from './replay.js';

const MOST_DECODED_BYTES = 256 << 20;

// Is a time of a GIL within a hole of the trace?
function holeFinder(meta) {
	const { losses, gils } = meta;

	if (!losses.length)
		return () => false;
	return (gil, at_ns) => losses.some(({ from_ns, to_ns, pid }) => from_ns <= at_ns && at_ns <= to_ns &&
		(!pid || !gils[gil].pid || pid === gils[gil].pid));
}

export class Trace {
	blocks = [];         // {bytes, events, first_ns, last_ns, snapshot}
	events = 0;          // decoded up to now
	#recent = new Map(); // number of a block: its columns, least recently used first
	#recentBytes = 0;
	#machine;
	#waiting = [];       // {to_ns, resolve}
	isWhole = false;

	constructor(meta, report) {
		this.meta = meta;
		this.report = report;
		this.gilPlace = new Map(meta.gils.map(({ gil }, place) => [gil, place]));
		this.shape = {
			lanes: meta.lanes.length,
			gils: meta.gils.length,
			gilOf: Uint32Array.from(meta.lanes, ({ gil }) => this.gilPlace.get(gil)),
			ticked: Uint8Array.from(meta.lanes, (lane) => meta.gils[this.gilPlace.get(lane.gil)].ticked),
			firstNs: Float64Array.from(meta.lanes, (lane) => lane.first_ns),
			inHole: holeFinder(meta),
		};
		this.#machine = new Machine(this.shape);
	}

	// The next block of the file.
	append(bytes) {
		const snapshot = this.#machine.save();
		const columns = decodeBlock(bytes, this.shape.ticked);
		const number = this.blocks.length, { events, times } = columns;

		this.blocks.push({ bytes, events, first_ns: times[0], last_ns: times[events - 1], snapshot });
		this.#keep(number, columns);
		this.#machine.extra = 0;
		this.#machine.run(columns, 0, Infinity);
		this.events += events;
		this.#wake((wait) => times[events - 1] > wait.to_ns);
	}

	end() {
		this.isWhole = true;
		this.#wake(() => true);
	}

	// Resolves when all that is before a time is decoded.
	until(to_ns) {
		if (this.isWhole || (this.blocks.length && this.blocks.at(-1).last_ns > to_ns))
			return Promise.resolve();
		return new Promise((resolve) => this.#waiting.push({ to_ns, resolve }));
	}

	#wake(isMet) {
		const met = this.#waiting.filter(isMet);

		this.#waiting = this.#waiting.filter((wait) => !met.includes(wait));
		met.forEach((wait) => wait.resolve());
	}

	#keep(number, columns) {
		const sizeOf = ({ events, extras }) => 11 * events + 8 * extras.length;

		this.#recent.set(number, columns);
		this.#recentBytes += sizeOf(columns);
		for (const [oldest, old] of this.#recent) {
			if (this.#recentBytes <= MOST_DECODED_BYTES || oldest === number)
				break;
			this.#recent.delete(oldest);
			this.#recentBytes -= sizeOf(old);
		}
	}

	columns(number) {
		let columns = this.#recent.get(number);

		if (columns) {
			this.#recent.delete(number);
			this.#recent.set(number, columns);
			return columns;
		}
		columns = decodeBlock(this.blocks[number].bytes, this.shape.ticked);
		this.#keep(number, columns);
		return columns;
	}

	details(number) {
		return decodeDetails(this.blocks[number].bytes, this.columns(number), this.shape);
	}

	// Number of the first block with an event at or after a time; as many as there are: none has.
	blockAt(at_ns) {
		let low = 0, high = this.blocks.length;

		while (low < high) {
			const middle = (low + high) >> 1;

			if (this.blocks[middle].last_ns < at_ns)
				low = middle + 1;
			else
				high = middle;
		}
		return low;
	}

	machine(number, sink, blames) {
		const machine = new Machine(this.shape, sink, blames);

		if (this.blocks[number])
			machine.load(this.blocks[number].snapshot);
		return machine;
	}

	// Where a GIL ends, when a range ends at to_ns: with the range, but for one that saw its last event before the trace's end.
	endOf(gil, to_ns) {
		const row = this.report?.gils?.[this.meta.gils[gil].gil];

		return to_ns < this.meta.duration_ns || row?.last_ns == null ? to_ns : row.last_ns;
	}
}

// Number of the first event of the block at or after a time.
export function eventAt({ times, events }, at_ns) {
	let low = 0, high = events;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (times[middle] < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

// Replays the blocks from number on that have something before a time, until it is enough; `pause` is awaited between two of them.
export async function replayUntil(trace, machine, number, before_ns, pause, onblock = () => {}, isEnough = () => false) {
	for (; number < trace.blocks.length && trace.blocks[number].first_ns < before_ns && !isEnough(); number++) {
		machine.extra = 0;
		onblock(number);
		machine.run(trace.columns(number), 0, before_ns);
		await pause();
	}
}
