// SPDX-License-Identifier: MIT
// What is shown: one object that all parts read, and change through set(). Navigation can be undone.

export const ORDERS = ['first', 'name', 'wait', 'wait_max', 'starved', 'hold', 'failed'];

export function initialState(meta) {
	return {
		range: { from_ns: 0, to_ns: Math.max(meta.duration_ns, 1) }, // what the timeline shows
		selection: null,   // {from_ns, to_ns}: what the statistics are of; null: all
		cursor: null,      // {at_ns, lane, gil}: under the pointer; lane null beside the lanes, gil beside its rows
		focus: meta.lanes.length ? 0 : null, // lane of the keyboard
		picked: null,      // {lane, at_ns}: what the details show; begin_ns, where it was found by its begin
		order: 'first',    // of ORDERS
		pinned: [],        // lanes that stay on top
		hidden: [],        // lanes
		filters: [],       // texts of the search box that lanes must match
		gil: null,         // only this one; null: all
		highlight: null,   // a Query of source.js: what stands out, the rest is dimmed
		markers: [],       // {at_ns, text}
		long_wait_ns: 1e6, // what "next long wait" looks for; main.js sets ten times the median wait, at most half of the longest
		theme: 'auto',     // auto, light, dark
		paper: false,      // it is being printed: light meanwhile, whatever the address says
		panel: 'findings', // findings, threads, pairs, selection, details, markers
		help: false,       // the keyboard overlay
		sort: 'wait_total-', // of the table of threads: column, and - (from the greatest on) or +
	};
}

// Notes with one more: sorted by time, without the ones before at the same time.
export function withMarker(markers, at_ns, text) {
	return [...markers.filter((it) => it.at_ns !== at_ns), { at_ns, text }].sort((a, b) => a.at_ns - b.at_ns);
}

// From where the next match is looked for: from the begin of what is picked, while that is seen.
export function searchBegin({ range, picked }, direction) {
	if (picked && picked.at_ns >= range.from_ns && picked.at_ns <= range.to_ns)
		return picked.begin_ns ?? picked.at_ns;
	return direction > 0 ? range.from_ns : range.to_ns;
}

const NAVIGATION = ['range', 'selection'];
const MOST_STEPS = 200;

export class Store {
	#state;
	#listeners = [];
	#past = [];
	#future = [];

	constructor(state) {
		this.#state = state;
	}

	get state() {
		return this.#state;
	}

	// fn(state, changed names) after each change of one of the names; no names: of any.
	subscribe(names, fn) {
		this.#listeners.push({ names, fn });
	}

	// A step of a gesture that goes on (a drag, a wheel) says step: false but for its first one.
	set(patch, { step = true } = {}) {
		const changed = Object.keys(patch).filter((name) => patch[name] !== this.#state[name]);

		if (!changed.length)
			return;
		if (step && changed.some((name) => NAVIGATION.includes(name))) {
			this.#past.push(this.#place());
			this.#past.splice(0, this.#past.length - MOST_STEPS);
			this.#future = [];
		}
		this.#apply(patch, changed);
	}

	undo() {
		this.#travel(this.#past, this.#future);
	}

	redo() {
		this.#travel(this.#future, this.#past);
	}

	#place() {
		return Object.fromEntries(NAVIGATION.map((name) => [name, this.#state[name]]));
	}

	#travel(from, to) {
		const place = from.pop();

		if (!place)
			return;
		to.push(this.#place());
		this.#apply(place, NAVIGATION);
	}

	#apply(patch, changed) {
		this.#state = { ...this.#state, ...patch };
		for (const { names, fn } of this.#listeners)
			if (!names.length || names.some((name) => changed.includes(name)))
				fn(this.#state, changed);
	}
}
