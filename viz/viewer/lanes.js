// SPDX-License-Identifier: MIT
// Which lanes are shown, and in which order: pinned ones on top of their GIL's, the others as the state says.
import { laneFits } from './worker/lane_words.js';

const LANE_VALUES = {
	wait: (row) => row.wait_ns.total,
	wait_max: (row) => row.wait_ns.max,
	starved: (row) => row.wait_ratio,
	hold: (row) => row.hold_ns.total,
	failed: (row) => row.failed_attempts,
};

const NOT_OF_LANES = /^(?:(?:wait|hold|failed|dur)[<>=]|state:|holder:)/i;

// Does a text of the search box ask for more than lanes?
export function asksForStays(text) {
	return text.split(/\s+/).some((word) => NOT_OF_LANES.test(word));
}

// The report's numbers of a lane; null where its thread was folded into `others`.
function reportRowOf(source, lane) {
	const row = source.meta.lanes[lane].row;

	return row === null || row === undefined ? null : source.report.threads?.[row] ?? null;
}

function laneValue(source, order, lane) {
	const row = reportRowOf(source, lane);

	return row ? LANE_VALUES[order](row) ?? -1 : -1;
}

// Words of the search box that say something about a lane.
export function laneMatches(lane, text) {
	return text.split(/\s+/).filter(Boolean).every((word) => laneFits(lane, word));
}

export function sortedLanes(source, state) {
	const { lanes } = source.meta;
	const shown = lanes.map((_, i) => i).filter((i) => !state.hidden.includes(i)
		&& state.filters.every((text) => laneMatches(lanes[i], text)));

	if (state.order === 'name')
		shown.sort((a, b) => lanes[a].name.localeCompare(lanes[b].name) || a - b);
	else if (state.order in LANE_VALUES) {
		const values = new Map(shown.map((i) => [i, laneValue(source, state.order, i)]));

		shown.sort((a, b) => values.get(b) - values.get(a) || a - b);
	}
	const pinned = new Set(state.pinned);

	return [...shown.filter((i) => pinned.has(i)), ...shown.filter((i) => !pinned.has(i))];
}

// One group for each GIL that has lanes to show: {gil, lanes, all}; `all` has also those that are not shown.
export function laneGroups(source, state) {
	const groups = new Map();

	source.meta.lanes.forEach((lane, i) => {
		if (state.gil !== null && lane.gil !== state.gil)
			return;
		if (!groups.has(lane.gil))
			groups.set(lane.gil, { gil: lane.gil, lanes: [], all: [] });
		groups.get(lane.gil).all.push(i);
	});
	for (const i of sortedLanes(source, state))
		groups.get(source.meta.lanes[i].gil)?.lanes.push(i);
	return [...groups.values()].sort((a, b) => a.gil - b.gil);
}

// Lanes from top to bottom, for the keyboard.
export function lanesInOrder(source, state) {
	return laneGroups(source, state).flatMap((group) => group.lanes);
}
