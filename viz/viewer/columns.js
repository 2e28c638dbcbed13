// SPDX-License-Identifier: MIT
// Buckets to pixel columns, whatever the buckets' width: shares are means, counts are of the buckets that begin in the column.

const EDGE_SLACK = 1e-6;

export class Columns {
	// `to_ns`: where the trace ends; behind it and before its begin there is nothing.
	constructor(bins, range, width) {
		const span = Math.max(range.to_ns - range.from_ns, 1);
		const first = (range.from_ns - bins.from_ns) / bins.width_ns;
		const step = span / width / bins.width_ns;

		this.bins = bins;
		this.width = width;
		this.shareFrom = new Int32Array(width);
		this.shareTo = new Int32Array(width);
		this.countFrom = new Int32Array(width + 1);
		for (let x = 0; x < width; x++) {
			const from = first + x * step;
			const b = Math.floor(from + EDGE_SLACK);

			this.shareFrom[x] = Math.min(Math.max(b, 0), bins.n);
			this.shareTo[x] = Math.min(Math.max(Math.ceil(from + step - EDGE_SLACK), b + 1, 0), bins.n);
		}
		for (let x = 0; x <= width; x++)
			this.countFrom[x] = Math.min(Math.max(Math.ceil(first + x * step - EDGE_SLACK), 0), bins.n);
	}

	// Share of column x, 0 to 255; `row` is the lane's or GIL's index.
	share(plane, row, x) {
		const base = row * this.bins.n;
		const from = this.shareFrom[x];
		const to = this.shareTo[x];

		if (to - from === 1)
			return plane[base + from];
		let sum = 0;

		for (let b = from; b < to; b++)
			sum += plane[base + b];
		return to > from ? sum / (to - from) : 0;
	}

	count(plane, row, x) {
		const base = row * this.bins.n;
		const to = this.countFrom[x + 1];
		let sum = 0;

		for (let b = this.countFrom[x]; b < to; b++)
			sum += plane[base + b];
		return sum;
	}

	most(plane, row, x) {
		const base = row * this.bins.n;
		let most = 0;

		for (let b = this.shareFrom[x]; b < this.shareTo[x]; b++)
			most = Math.max(most, plane[base + b]);
		return most;
	}

	hasData(x) {
		return this.shareTo[x] > this.shareFrom[x];
	}
}
