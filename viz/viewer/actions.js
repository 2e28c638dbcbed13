// SPDX-License-Identifier: MIT
// What the keys do with the timeline, by the names of the key table; those that are also commands are in commands.js.
import { lanesInOrder } from './lanes.js';
import { rangePanned, rangeWithin, rangeZoomed } from './scale.js';
import { ORDERS, searchBegin } from './store.js';

const KEY_ZOOM = 1.5;
const KEY_PAN = 0.12;
const EDGE_NS_LEAST = 200;

function spanOf(range) {
	return range.to_ns - range.from_ns;
}

function isSameRange(a, b) {
	return a.from_ns === b.from_ns && a.to_ns === b.to_ns;
}

// The time that a key is about: at the pointer while that is over the timeline, else in the middle.
export function timeInFocus(state) {
	const { cursor, range } = state;

	return cursor && cursor.at_ns >= range.from_ns && cursor.at_ns <= range.to_ns ? cursor.at_ns : Math.round((range.from_ns + range.to_ns) / 2);
}

// Puts a match in the middle unless it is in view with room around it.
function showMatch(timeline, store, match) {
	const { range } = store.state;
	const span = Math.max(spanOf(range), (match.to_ns - match.from_ns) * 1.5, EDGE_NS_LEAST);
	const inside = match.from_ns >= range.from_ns && match.to_ns <= range.to_ns;
	const middle = (match.from_ns + match.to_ns) / 2;

	store.set({ ...inside ? {} : { range: rangeWithin(middle - span / 2, middle + span / 2, timeline.whole_ns) },
		focus: match.lane, picked: { lane: match.lane, at_ns: match.from_ns }, panel: 'details' });
	timeline.reveal(match.lane);
}

async function goToMatch(timeline, store, page, query, direction) {
	const match = await timeline.source.next(query, searchBegin(store.state, direction), direction);

	if (match)
		showMatch(timeline, store, match);
	else
		page.announce?.('There is no further one');
}

function moveFocus(timeline, store, by) {
	const lanes = lanesInOrder(timeline.source, store.state);
	const at = lanes.indexOf(store.state.focus);
	const lane = lanes[Math.min(Math.max(at + by, 0), lanes.length - 1)];

	if (lane === undefined)
		return;
	store.set({ focus: lane });
	timeline.reveal(lane);
}

function clearStep(store) {
	const { selection, highlight, picked } = store.state;

	store.set(selection ? { selection: null } : highlight ? { highlight: null } : picked ? { picked: null } : {});
}

// One end of the selection goes to the time in focus; without a selection the other one is the view's.
function setEdge(timeline, store, end) {
	const { selection, range, cursor } = store.state;
	const at_ns = timeline.snappedTime(timeInFocus(store.state), cursor?.lane ?? null, cursor?.gil ?? null);
	const other_ns = (selection ?? range)[end === 'from_ns' ? 'to_ns' : 'from_ns'];

	if (at_ns !== other_ns)
		store.set({ selection: { from_ns: Math.min(at_ns, other_ns), to_ns: Math.max(at_ns, other_ns) }, panel: 'selection' });
}

// What the first F shows: the selection, else what is picked in the middle; null: the whole trace is next.
function fitRange(timeline, state) {
	const { selection, picked, range } = state;
	const half = spanOf(range) / 2;
	const wanted = selection ?? (picked && rangeWithin(picked.at_ns - half, picked.at_ns + half, timeline.whole_ns));

	return wanted && !isSameRange(wanted, range) ? wanted : null;
}

// {name: fn()}; `page` has the page's own functions, such as announce.
export function timelineActions(timeline, store, page) {
	const whole = timeline.whole_ns;
	const state = () => store.state;
	const show = (range) => store.set({ range: rangeWithin(range.from_ns, range.to_ns, whole) });
	const zoom = (factor) => store.set({ range: rangeZoomed(state().range, factor, timeInFocus(state()), whole) });
	const pan = (share) => store.set({ range: rangePanned(state().range, share * spanOf(state().range), whole) });
	const next = (query, direction) => goToMatch(timeline, store, page, query, direction);
	const edge = () => ({ kind: 'edge', lanes: state().focus === null ? [] : [state().focus] });

	return {
		zoom_in: () => zoom(1 / KEY_ZOOM),
		zoom_out: () => zoom(KEY_ZOOM),
		pan_left: () => pan(-KEY_PAN),
		pan_right: () => pan(KEY_PAN),
		page_left: () => pan(-0.9),
		page_right: () => pan(0.9),
		go_begin: () => show({ from_ns: 0, to_ns: spanOf(state().range) }),
		go_end: () => show({ from_ns: whole - spanOf(state().range), to_ns: whole }),
		whole: () => show({ from_ns: 0, to_ns: whole }),
		fit_or_whole: () => show(fitRange(timeline, state()) ?? { from_ns: 0, to_ns: whole }),
		zoom_to_selection: () => state().selection && show(state().selection),
		next_edge: () => next(edge(), 1),
		previous_edge: () => next(edge(), -1),
		lane_up: () => moveFocus(timeline, store, -1),
		lane_down: () => moveFocus(timeline, store, 1),
		pick: () => state().focus !== null && store.set({ picked: { lane: state().focus, at_ns: timeInFocus(state()) }, panel: 'details' }),
		show_all: () => store.set({ hidden: [], filters: [] }),
		next_order: () => {
			const order = ORDERS[(ORDERS.indexOf(state().order) + 1) % ORDERS.length];

			store.set({ order });
			page.announce?.(`Order of lanes: ${order}`);
		},
		set_a: () => setEdge(timeline, store, 'from_ns'),
		set_b: () => setEdge(timeline, store, 'to_ns'),
		clear_step: () => clearStep(store),
	};
}
