// SPDX-License-Identifier: MIT
// Writes blocks as docs/viewer-format.md says: for tests that have events, and no writer.

function varint(out, n) {
	for (; n >= 128; n = Math.floor(n / 128))
		out.push((n % 128) | 128);
	out.push(n);
}

function signed(out, n) {
	varint(out, n < 0 ? -2 * n - 1 : 2 * n);
}

// events: {at, lane, kind, cpu, tick, counter, checks, ticks, state, unlawful, back}; gilOf, ticked: for each lane.
export function encodeBlock(events, gilOf, ticked) {
	const columns = Array.from({ length: 6 }, () => []), head = [];
	const [times, codes, cpus, ticks, counters, extras] = columns;
	const cpuOf = {}, tickOf = {}, counterOf = {};
	let now = events[0].at;

	for (const { at, lane, kind, cpu = -1, tick = 0, counter = 0, ...more } of events) {
		const changed = cpu !== (cpuOf[lane] ?? -1);

		varint(times, at - now);
		now = at;
		varint(codes, lane * 32 + (changed ? 16 : 0) + kind);
		if (changed)
			varint(cpus, cpu + 1);
		cpuOf[lane] = cpu;
		if (kind <= 6 && ticked[lane]) {
			signed(ticks, tick - (tickOf[lane] ?? 0));
			tickOf[lane] = tick;
		}
		if (kind <= 6) {
			signed(counters, counter - (counterOf[gilOf[lane]] ?? 0));
			counterOf[gilOf[lane]] = counter;
		}
		if (kind === 5 || kind === 6) {
			varint(extras, more.checks ?? 0);
			if (ticked[lane])
				varint(extras, more.ticks ?? 0);
		}
		if (kind === 11) {
			varint(extras, more.state + (more.unlawful ? 8 : 0));
			varint(extras, more.back ?? 0);
		}
	}
	varint(head, events.length);
	varint(head, events[0].at);
	columns.forEach((column) => varint(head, column.length));
	return Uint8Array.from([head, ...columns].flat());
}
