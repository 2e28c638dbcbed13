// SPDX-License-Identifier: MIT
// The pressed pointer: selects, moves the picture, the ends of the selection, or the window on the strip of the whole trace.
import { rangePanned, rangeWithin, rangeZoomed } from './scale.js';

const DRAG_LEAST_PX = 4;
const EDGE_PX = 5;

const CURSORS = { pan: 'grabbing', from_ns: 'ew-resize', to_ns: 'ew-resize', map_from: 'ew-resize', map_to: 'ew-resize', map_window: 'grab' };

function sortedRange(a, b) {
	return { from_ns: Math.min(a, b), to_ns: Math.max(a, b) };
}

// The end of the selection that is at a place, or null.
function selectionEnd(timeline, selection, x) {
	if (!selection)
		return null;
	const [from, to] = ['from_ns', 'to_ns'].map((end) => x - timeline.scale.xOf(selection[end]));

	// Its flag is beside the end: A before, B after it.
	if (Math.min(Math.abs(from), Math.abs(to)) > EDGE_PX)
		return null;
	return Math.abs(from) < Math.abs(to) ? 'from_ns' : 'to_ns';
}

// On the strip of the whole trace: an end of the window, the window, or what is beside it.
function mapKind(timeline, range, x) {
	const { body } = timeline.layout;
	const [from, to] = [range.from_ns, range.to_ns].map((at_ns) => body.x + at_ns * body.w / timeline.whole_ns);

	if (range.from_ns === 0 && range.to_ns >= timeline.whole_ns && x > from + EDGE_PX && x < to - EDGE_PX)
		return 'map_new';
	if (to - from > 4 * EDGE_PX && Math.abs(x - from) <= EDGE_PX)
		return 'map_from';
	if (to - from > 4 * EDGE_PX && Math.abs(x - to) <= EDGE_PX)
		return 'map_to';
	return x >= from - EDGE_PX && x <= to + EDGE_PX ? 'map_window' : 'map_beside';
}

// What a pressed pointer does as it moves.
function dragKind(timeline, store, event, hit) {
	const { range, selection } = store.state;

	if (hit.part === 'minimap')
		return mapKind(timeline, range, event.offsetX);
	if (hit.part === 'label')
		return 'label';
	if (event.shiftKey || event.button === 1)
		return 'pan';
	return selectionEnd(timeline, selection, event.offsetX) ?? 'select';
}

function centreOn(timeline, store, at_ns, step) {
	const half = (store.state.range.to_ns - store.state.range.from_ns) / 2;

	store.set({ range: rangeWithin(at_ns - half, at_ns + half, timeline.whole_ns) }, { step });
}

function moveOnMap(timeline, store, drag, event, step) {
	const at_ns = timeline.hitTest(event.offsetX, 0).at_ns;
	const { from_ns, to_ns } = drag.range;

	switch (drag.kind) {
	case 'map_from':
	case 'map_to': {
		const { from_ns: from, to_ns: to } = sortedRange(at_ns, drag.kind === 'map_from' ? to_ns : from_ns);

		store.set({ range: rangeWithin(from, to, timeline.whole_ns) }, { step });
		break;
	}
	case 'map_new': {
		const { from_ns: from, to_ns: to } = sortedRange(drag.hit.at_ns, at_ns);

		store.set({ range: rangeWithin(from, to, timeline.whole_ns) }, { step });
		break;
	}
	case 'map_window':
		store.set({ range: rangePanned(drag.range, at_ns - drag.hit.at_ns, timeline.whole_ns) }, { step });
		break;
	default:
		centreOn(timeline, store, at_ns, step);
	}
}

function moveDrag(timeline, store, drag, event) {
	const step = !drag.moved;
	const hit = timeline.hitTest(event.offsetX, event.offsetY);

	drag.moved = true;
	if (drag.kind.startsWith('map_'))
		moveOnMap(timeline, store, drag, event, step);
	else if (drag.kind === 'pan') {
		store.set({ range: rangePanned(drag.range, (drag.x - event.offsetX) * drag.ns_per_px, timeline.whole_ns) }, { step });
		timeline.scrollTo(drag.scroll_y + drag.y - event.offsetY);
	} else if (drag.kind !== 'label') {
		const selection = sortedRange(drag.from_ns, event.altKey ? hit.at_ns : timeline.snapped(event.offsetX, hit));

		if (selection.to_ns > selection.from_ns)
			store.set({ selection, panel: 'selection' }, { step });
	}
}

// A click: details of a lane, the focus by its label, the place on the strip of the whole trace.
export function endClick(timeline, store, drag) {
	const { part, lane, at_ns } = drag.hit;

	if (part === 'minimap')
		centreOn(timeline, store, at_ns, true);
	else if (part === 'label' && lane !== null)
		store.set({ focus: lane });
	else if (lane !== null)
		store.set({ focus: lane, picked: { lane, at_ns }, panel: 'details' });
	else
		store.set({ selection: null, picked: null });
}

function beginDrag(timeline, store, event) {
	const hit = timeline.hitTest(event.offsetX, event.offsetY);
	const kind = dragKind(timeline, store, event, hit);
	const { selection, range } = store.state;
	const fixed = { from_ns: 'to_ns', to_ns: 'from_ns' }[kind];

	// from_ns: the end of the selection that stays where it is.
	return { hit, kind, x: event.offsetX, y: event.offsetY, range, ns_per_px: timeline.scale.ns_per_px, scroll_y: timeline.scroll_y, moved: false,
		from_ns: fixed ? selection[fixed] : event.altKey ? hit.at_ns : timeline.snapped(event.offsetX, hit) };
}

export function installDrag(element, timeline, store) {
	let drag = null;
	const end = () => {
		drag = null;
		element.style.cursor = '';
	};

	element.addEventListener('pointerdown', (event) => {
		if (event.pointerType === 'touch' || event.button > 1)
			return;
		element.focus({ preventScroll: true });
		element.setPointerCapture(event.pointerId);
		drag = beginDrag(timeline, store, event);
		if (event.button === 1)
			event.preventDefault();
	});
	element.addEventListener('pointermove', (event) => {
		const hit = timeline.hitTest(event.offsetX, event.offsetY);
		const { part, lane, gil, at_ns } = hit;

		if (drag && (drag.moved || Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) >= DRAG_LEAST_PX))
			moveDrag(timeline, store, drag, event);
		element.style.cursor = CURSORS[drag?.kind ?? dragKind(timeline, store, event, hit)] ?? '';
		store.set({ cursor: part === 'minimap' || part === 'label' ? null : { at_ns, lane, gil } });
	});
	element.addEventListener('pointerup', () => {
		if (drag && !drag.moved)
			endClick(timeline, store, drag);
		end();
	});
	element.addEventListener('pointercancel', end);
	element.addEventListener('pointerleave', () => store.set({ cursor: null }));
	element.addEventListener('dblclick', (event) => {
		const { part, at_ns } = timeline.hitTest(event.offsetX, event.offsetY);

		if (part === 'minimap')
			store.set({ range: { from_ns: 0, to_ns: timeline.whole_ns } });
		else if (part !== 'label')
			store.set({ range: rangeZoomed(store.state.range, event.shiftKey ? 4 : 0.25, at_ns, timeline.whole_ns) });
	});
}
