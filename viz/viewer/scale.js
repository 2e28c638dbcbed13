// SPDX-License-Identifier: MIT
// Time to pixels and back. Times are whole ns below 2^53: exact in a number, and never written as a fraction of a second.

export const SHORTEST_RANGE_NS = 50;

export class Scale {
	constructor(range, x, width) {
		this.from_ns = range.from_ns;
		this.span_ns = Math.max(range.to_ns - range.from_ns, 1);
		this.x = x;
		this.width = Math.max(width, 1);
	}

	get ns_per_px() {
		return this.span_ns / this.width;
	}

	xOf(at_ns) {
		return this.x + (at_ns - this.from_ns) * this.width / this.span_ns;
	}

	timeAt(x) {
		return this.from_ns + Math.round((x - this.x) * this.span_ns / this.width);
	}
}

// A range of whole ns within [0, whole_ns], as long as the given one where that is possible.
export function rangeWithin(from_ns, to_ns, whole_ns) {
	const whole = Math.max(whole_ns, 1);
	const span = Math.min(Math.max(Math.round(to_ns - from_ns), Math.min(SHORTEST_RANGE_NS, whole)), whole);
	const from = Math.min(Math.max(Math.round(from_ns), 0), whole - span);

	return { from_ns: from, to_ns: from + span };
}

// The range seen at `factor` of the length, with `at_ns` staying where it is.
export function rangeZoomed(range, factor, at_ns, whole_ns) {
	const span = Math.min(Math.max((range.to_ns - range.from_ns) * factor, SHORTEST_RANGE_NS), Math.max(whole_ns, 1));
	const share = (at_ns - range.from_ns) / Math.max(range.to_ns - range.from_ns, 1);
	const from = at_ns - share * span;

	return rangeWithin(from, from + span, whole_ns);
}

export function rangePanned(range, by_ns, whole_ns) {
	return rangeWithin(range.from_ns + by_ns, range.to_ns + by_ns, whole_ns);
}

// 1, 2 or 5 times a power of ten, at least `least`, at least 1.
export function niceStep(least) {
	if (least <= 1)
		return 1;
	const power = 10 ** Math.floor(Math.log10(least));
	const step = [1, 2, 5, 10].find((m) => m * power >= least * (1 - 1e-9));

	return Math.round(step * power);
}

// Multiples of the step in a range, both ends included.
export function stepsIn(from, to, step) {
	const steps = [];

	for (let i = Math.ceil(from / step); i * step <= to; i++)
		steps.push(i * step);
	return steps;
}

// A time in seconds with as many digits as the step needs: "1.234 567" at steps of 1 us.
export function rulerTime(at_ns, step_ns) {
	const ns = Math.round(at_ns);
	const digits = Math.min(Math.max(9 - Math.floor(Math.log10(Math.max(step_ns, 1)) + 1e-9), 0), 9);
	const parts = String(ns % 1e9).padStart(9, '0').slice(0, digits).match(/.{1,3}/g) ?? [];

	return `${Math.floor(ns / 1e9)}${parts.length ? '.' : ''}${parts.join('\u2009')} s`;
}

// A length with three digits at most, for labels inside bars.
export function shortSpan(ns) {
	const [unit, size] = ns < 1e3 ? ['ns', 1] : ns < 999.5e3 ? ['us', 1e3] : ns < 999.5e6 ? ['ms', 1e6] : ['s', 1e9];
	const n = ns / size;

	return `${size === 1 ? Math.round(n) : n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : n.toFixed(0)} ${unit}`;
}
