// SPDX-License-Identifier: MIT
// What all panels need: the data, the state, names, and ways to go somewhere.
import { searchBegin } from './store.js';
import { runtimeOf, visible } from './text.js';

const MARGIN = 0.1;
const AROUND_EVENT_NS = 100000;

export class App {
	constructor(source, store, timeline) {
		this.source = source;
		this.store = store;
		this.timeline = timeline;
		this.whole = { from_ns: 0, to_ns: Math.max(source.meta.duration_ns, 1) };
		this.rows = new Map(source.meta.lanes.map((lane, i) => [lane.row, i]));
		this.rows.delete(null);
		// Filled by the page's parts.
		this.announce = () => {};
		this.say = () => {};
		this.onstats = () => {};
		this.tables = {};
	}

	get report() {
		return this.source.report;
	}

	get lanes() {
		return this.source.meta.lanes;
	}

	// A lane's name for people.
	name(lane) {
		const it = this.lanes[lane];

		return it ? visible(it.name) : '(free or unknown)';
	}

	// The lane of a row of the report's `threads`; undefined for `others` and those not asked for.
	laneOfRow(row) {
		return this.rows.get(row);
	}

	gilNumber(gil) {
		return this.source.meta.gils[gil]?.number ?? null;
	}

	gilName(gil) {
		const it = this.source.meta.gils[gil];

		return `GIL ${it.number} (${it.version ? `${runtimeOf(it.version)}, ` : ''}pid ${it.pid})`;
	}

	shows(gil) {
		return this.store.state.gil === null || this.store.state.gil === gil;
	}

	// Zooms to a range, with some air around it.
	goTo(range, patch = {}) {
		const span = Math.max(range.to_ns - range.from_ns, 100);
		const from_ns = Math.max(0, Math.floor(range.from_ns - span * MARGIN));
		const to_ns = Math.min(this.whole.to_ns, Math.ceil(range.to_ns + span * MARGIN));

		this.store.set({ range: { from_ns, to_ns: Math.max(to_ns, from_ns + 1) }, ...patch });
	}

	// Zooms to a stay of a lane, or to an event with what is around it, and shows its details.
	goToStay(lane, from_ns, to_ns) {
		const { range } = this.store.state;
		const around = to_ns > from_ns ? 0 : Math.min(AROUND_EVENT_NS, (range.to_ns - range.from_ns) / 2);

		const picked = { lane, at_ns: from_ns + Math.floor((to_ns - from_ns) / 2), begin_ns: from_ns };

		this.goTo({ from_ns: from_ns - around, to_ns: to_ns + around }, { focus: lane, picked, panel: 'details' });
	}

	// The next match of a query from here on; goes there.
	async goToNext(query, direction = 1) {
		const match = await this.source.next(query, searchBegin(this.store.state, direction), direction);

		if (match)
			this.goToStay(match.lane, match.from_ns, match.to_ns);
		return match;
	}
}
