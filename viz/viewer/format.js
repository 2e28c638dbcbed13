// SPDX-License-Identifier: MIT
// Numbers as the report writes them, so that a number reads the same in both. The exact one goes into the tooltip.

const DURATION_UNITS = [['us', 1e3], ['ms', 1e6], ['s', 1e9]];

const groups = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function threeDigits(x) {
	return x < 9.995 ? x.toFixed(2) : x < 99.95 ? x.toFixed(1) : x.toFixed(0);
}

// 4,900,000 -> "4.90 ms"; 999,500 -> "1.00 ms", not "1000 us".
export function formatNs(ns) {
	if (ns === null || ns === undefined)
		return '\u2013';
	const sign = ns < 0 ? '-' : '';
	const size = Math.abs(ns);

	if (size < 1000)
		return `${sign}${Math.round(size)} ns`;
	const [unit, scale] = DURATION_UNITS.find(([name, s]) => name === 's' || size / s < 999.5);
	return `${sign}${size / scale < 999.5 ? threeDigits(size / scale) : formatCount(size / scale)} ${unit}`;
}

// "4,900,123 ns"
export function formatExactNs(ns) {
	return ns === null || ns === undefined ? 'unknown' : `${groups.format(ns)} ns`;
}

export function formatCount(n) {
	return n === null || n === undefined ? '\u2013' : groups.format(n);
}

// 0.4961 -> "49.6 %"
export function formatShare(x) {
	return x === null || x === undefined ? '\u2013' : `${(x * 100).toFixed(1)} %`;
}

// A ratio that is no share: badness.
export function formatRatio(x) {
	return x === null || x === undefined ? '\u2013' : x.toFixed(3);
}

// A time in the trace, to the ns: "1.234 567 890 s".
export function formatTime(at_ns) {
	const ns = Math.round(at_ns);
	const rest = String(ns % 1e9).padStart(9, '0');

	return `${Math.floor(ns / 1e9)}.${rest.slice(0, 3)} ${rest.slice(3, 6)} ${rest.slice(6)} s`;
}

export function formatRange(range) {
	return `${formatTime(range.from_ns)} to ${formatTime(range.to_ns)} (${formatNs(range.to_ns - range.from_ns)})`;
}

// "1 thread", "2 threads"
export function formatMany(n, one, many = `${one}s`) {
	return `${formatCount(n)} ${n === 1 ? one : many}`;
}
