// SPDX-License-Identifier: MIT
// Durations in a log-linear histogram: the same buckets as the report's, so that percentiles are the same numbers.

const STEPS = 64;   // buckets for each power of two

function rowOf(value) {
	const high = Math.floor(value / 4294967296);

	if (value < STEPS)
		return 0;
	return high ? 58 - Math.clz32(high) : 26 - Math.clz32(value);
}

export class Histogram {
	#rows = [];
	count = 0;
	total = 0;
	min = 0;
	max = 0;

	add(value) {
		const row = rowOf(value);
		const counts = this.#rows[row] ??= new Uint32Array(STEPS);

		counts[row ? Math.floor(value / 2 ** (row - 1)) - STEPS : value]++;
		if (!this.count || value < this.min)
			this.min = value;
		if (value > this.max)
			this.max = value;
		this.total += value;
		this.count++;
	}

	// fn(from, to, count) for each bucket that is not empty, in rising order; `to` is included.
	each(fn) {
		this.#rows.forEach((counts, row) => counts.forEach((count, step) => {
			const width = row ? 2 ** (row - 1) : 1;
			const from = row ? (STEPS + step) * width : step;

			if (count)
				fn(from, from + width - 1, count);
		}));
	}

	percentile(q) {
		const rank = Math.ceil(q * this.count);
		let passed = 0, found = 0;

		if (rank <= 1)
			return this.min;
		if (rank >= this.count)
			return this.max;
		this.each((from, to, count) => {
			if (passed < rank && passed + count >= rank)
				found = from + Math.floor((to - from) / 2);
			passed += count;
		});
		return Math.min(Math.max(found, this.min), this.max);
	}

	distribution() {
		const { count, total, min, max } = this;

		return { count, total, mean: count ? Math.floor(total / count) : 0, min,
			p50: this.percentile(0.5), p90: this.percentile(0.9), p99: this.percentile(0.99), max };
	}

	// For a picture: a bar for each power of two.
	powers() {
		const bars = [];

		this.each((from, to, count) => {
			const low = from ? 2 ** Math.floor(Math.log2(from)) : 0;

			if (bars.length && bars.at(-1).from_ns === low)
				bars.at(-1).count += count;
			else
				bars.push({ from_ns: low, to_ns: low ? 2 * low : 1, count });
		});
		return bars;
	}

	merge(other) {
		if (!other.count)
			return;
		other.#rows.forEach((counts, row) => {
			const own = this.#rows[row] ??= new Uint32Array(STEPS);

			counts.forEach((count, step) => { own[step] += count; });
		});
		this.min = this.count ? Math.min(this.min, other.min) : other.min;
		this.max = Math.max(this.max, other.max);
		this.total += other.total;
		this.count += other.count;
	}
}
