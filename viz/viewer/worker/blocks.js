// SPDX-License-Identifier: MIT
// The parts of the file: base64 -> gzip -> bytes -> columns, as docs/viewer-format.md says.

export const KIND_TOLD = 11;

export function bytesOfBase64(text) {
	if (Uint8Array.fromBase64)
		return Uint8Array.fromBase64(text);
	return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

// Without a Blob and without a Response: a page from file:// may not read a large one back in a worker.
export async function inflate(bytes) {
	const { readable, writable } = new DecompressionStream('gzip');
	const writer = writable.getWriter(), chunks = [];
	let size = 0;

	writer.write(bytes).catch(() => {});
	writer.close().catch(() => {});
	for await (const chunk of readable) {
		chunks.push(chunk);
		size += chunk.length;
	}
	const all = new Uint8Array(size);
	let at = 0;

	for (const chunk of chunks) {
		all.set(chunk, at);
		at += chunk.length;
	}
	return all;
}

export function inflateText(text) {
	return inflate(bytesOfBase64(text.trim()));
}

function complainOfEnd() {
	throw new Error('A block of events ends too early: the file is damaged.');
}

// Reads varints one by one, up to an end.
export class Varints {
	constructor(bytes, at = 0, end = bytes.length) {
		this.bytes = bytes;
		this.at = at;
		this.end = end;
	}

	next() {
		const { bytes, end } = this;

		if (this.at >= end)
			complainOfEnd();
		let byte = bytes[this.at++];
		let value = byte & 127;

		if (byte < 128)
			return value;
		for (let scale = 128; byte >= 128; scale *= 128) {
			if (this.at >= end)
				complainOfEnd();
			byte = bytes[this.at++];
			value += (byte & 127) * scale;
		}
		return value;
	}

	nextSigned() {
		const value = this.next();

		return value % 2 ? -(value + 1) / 2 : value / 2;
	}
}

// The head of a block, and its columns, each as Varints.
export function blockHead(bytes) {
	const input = new Varints(bytes);
	const events = input.next(), first_ns = input.next();
	const lengths = Array.from({ length: 6 }, () => input.next());
	const columns = [];
	let at = input.at;

	for (const length of lengths) {
		columns.push(new Varints(bytes, at, at + length));
		at += length;
	}
	if (at > bytes.length || events > 65536)
		throw new Error('A block of events is damaged.');
	return { events, first_ns, columns };
}

// What replaying needs. extras: the varints of that column one after the other.
export function decodeBlock(bytes, ticked) {
	const { events, first_ns, columns } = blockHead(bytes);
	const times = new Float64Array(events), lanes = new Uint16Array(events), kinds = new Uint8Array(events);
	const [deltas, codes] = columns;
	let now = first_ns, n_extras = 0;

	for (let i = 0; i < events; i++) {
		const code = codes.next();
		const lane = code >>> 5, kind = code & 15;

		now += deltas.next();
		times[i] = now;
		lanes[i] = lane;
		kinds[i] = kind | (code & 16);
		if (lane >= ticked.length || kind > KIND_TOLD)
			throw new Error('A block of events is damaged.');
		n_extras += kind === KIND_TOLD || (kind >= 5 && kind <= 6 && ticked[lane]) ? 2 : kind === 5 || kind === 6 ? 1 : 0;
	}
	return { events, times, lanes, kinds, extras: decodeExtras(columns[5], n_extras) };
}

function decodeExtras(input, n) {
	const extras = new Float64Array(n);

	for (let i = 0; i < n; i++)
		extras[i] = input.next();
	return extras;
}

// The rest of the columns, for what is looked at closely. NaN: there is none.
export function decodeDetails(bytes, block, { ticked, gilOf }) {
	const [, , cpus, ticks, counters] = blockHead(bytes).columns;
	const cpuOf = new Int32Array(ticked.length).fill(-1), tickOf = new Map(), counterOf = new Map();
	const out = { cpu: new Int32Array(block.events), tick: new Float64Array(block.events).fill(NaN),
		counter: new Float64Array(block.events).fill(NaN) };

	for (let i = 0; i < block.events; i++) {
		const lane = block.lanes[i], gil = gilOf[lane], kind = block.kinds[i] & 15;

		if (block.kinds[i] & 16)
			cpuOf[lane] = cpus.next() - 1;
		out.cpu[i] = cpuOf[lane];
		if (kind > 6)
			continue;
		if (ticked[lane]) {
			out.tick[i] = (tickOf.get(lane) ?? 0) + ticks.nextSigned();
			tickOf.set(lane, out.tick[i]);
		}
		out.counter[i] = (counterOf.get(gil) ?? 0) + counters.nextSigned();
		counterOf.set(gil, out.counter[i]);
	}
	return out;
}
