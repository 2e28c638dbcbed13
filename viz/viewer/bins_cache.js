// SPDX-License-Identifier: MIT
// Windows of bins that the worker made, widest first asked; the best of them for a range is there at once.

const MOST_BYTES = 96 << 20;
const MOST_VALUES = 4 << 20;   // buckets times lanes of one window

function bytesOf(bins) {
	return Object.values(bins).reduce((sum, plane) => sum + (plane?.byteLength ?? 0), 0);
}

// A window about twice as wide as the range, in buckets of a power of two ns: where one scrolls is there already.
export function windowFor(range, n, lanes, duration_ns) {
	const span_ns = Math.max(range.to_ns - range.from_ns, 1);
	let width_ns = 2 ** Math.max(Math.floor(Math.log2(span_ns / n)), 0);

	for (;; width_ns *= 2) {
		const grid_ns = width_ns * 64;
		const from_ns = Math.max(Math.floor((range.from_ns - span_ns / 2) / grid_ns) * grid_ns, 0);
		const to_ns = Math.min(range.to_ns + span_ns / 2, duration_ns + grid_ns);
		const count = Math.max(Math.ceil((to_ns - from_ns) / grid_ns), 1) * 64;

		if (count * Math.max(lanes, 1) <= MOST_VALUES || count <= 128)
			return { from_ns, width_ns, n: count };
	}
}

function covers(bins, range, duration_ns) {
	return bins.from_ns <= Math.max(range.from_ns, 0) && bins.from_ns + bins.width_ns * bins.n >= Math.min(range.to_ns, duration_ns);
}

export class BinsCache {
	#windows = [];   // the latest one last
	#bytes = 0;

	constructor(duration_ns) {
		this.duration_ns = duration_ns;
	}

	add(bins) {
		this.#windows.push(bins);
		this.#bytes += bytesOf(bins);
		while (this.#bytes > MOST_BYTES && this.#windows.length > 1)
			this.#bytes -= bytesOf(this.#windows.shift());
	}

	// The finest one that is not finer than asked for; undefined: none covers the range.
	best(range, width_ns) {
		const fit = this.#windows.filter((bins) => bins.width_ns >= width_ns && covers(bins, range, this.duration_ns));
		const best = fit.reduce((a, b) => (b.width_ns < (a?.width_ns ?? Infinity) ? b : a), undefined);

		if (best) {
			this.#windows.splice(this.#windows.indexOf(best), 1);
			this.#windows.push(best);
		}
		return best;
	}
}
