// SPDX-License-Identifier: MIT
// Hands to the timeline: keys, wheel, pointer, two fingers. They change the state; the picture follows it.
import { timelineActions } from './actions.js';
import { actionOf } from './keys.js';
import { rangePanned, rangeWithin, rangeZoomed } from './scale.js';

const DRAG_LEAST_PX = 4;
const WHEEL_ZOOM = 0.0018;
const GESTURE_MS = 400;
const LINE_PX = 16;

// The page's own actions win: it may say more, or ask.
function installKeys(element, timeline, store, page) {
	const actions = { ...timelineActions(timeline, store, page), ...page };

	document.addEventListener('keydown', (event) => {
		const at = event.target;
		const free = at === document.body || at === element;
		const action = actionOf(event);

		if (!action || event.isComposing || document.querySelector('dialog[open]') || !actions[action])
			return;
		if (!free && (at.closest?.('input, textarea, select, [contenteditable]') || /^(Arrow|Page|Home|End|Enter|Space)/.test(event.code)))
			return;
		event.preventDefault();
		actions[action]();
	});
}

function installWheel(element, timeline, store) {
	let last = 0;

	element.addEventListener('wheel', (event) => {
		const unit = event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? timeline.layout.body.h : 1;
		const { range } = store.state;
		const across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
		const step = event.timeStamp - last > GESTURE_MS;

		event.preventDefault();
		last = event.timeStamp;
		if (!event.ctrlKey && !event.metaKey && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)))
			store.set({ range: rangePanned(range, across * unit * timeline.scale.ns_per_px, timeline.whole_ns) }, { step });
		else if (event.ctrlKey || event.metaKey || !timeline.scroll_most)
			store.set({ range: rangeZoomed(range, Math.exp(event.deltaY * unit * WHEEL_ZOOM), timeline.hitTest(event.offsetX, event.offsetY).at_ns, timeline.whole_ns) }, { step });
		else
			timeline.scrollTo(timeline.scroll_y + event.deltaY * unit);
	}, { passive: false });
}

function sorted(a, b) {
	return { from_ns: Math.min(a, b), to_ns: Math.max(a, b) };
}

// What a pressed pointer does as it moves: minimap moves the window, pan moves the picture, select selects.
function dragKind(event, hit) {
	if (hit.part === 'minimap')
		return 'minimap';
	if (hit.part === 'label')
		return 'label';
	return event.shiftKey || event.button === 1 ? 'pan' : 'select';
}

function centreOn(timeline, store, at_ns, step) {
	const half = (store.state.range.to_ns - store.state.range.from_ns) / 2;

	store.set({ range: rangeWithin(at_ns - half, at_ns + half, timeline.whole_ns) }, { step });
}

function moveDrag(timeline, store, drag, event) {
	const step = !drag.moved;
	const snap = (x) => (event.altKey ? timeline.hitTest(x, event.offsetY).at_ns : timeline.snapped(x, drag.hit.lane));

	drag.moved = true;
	if (drag.kind === 'minimap')
		centreOn(timeline, store, timeline.hitTest(event.offsetX, 0).at_ns, step);
	else if (drag.kind === 'pan') {
		store.set({ range: rangePanned(drag.range, (drag.x - event.offsetX) * drag.ns_per_px, timeline.whole_ns) }, { step });
		timeline.scrollTo(drag.scroll_y + drag.y - event.offsetY);
	} else if (drag.kind === 'select') {
		const selection = sorted(drag.from_ns, snap(event.offsetX));

		if (selection.to_ns > selection.from_ns)
			store.set({ selection, panel: 'selection' }, { step });
	}
}

// A click: details of a lane, the focus by its label, the minimap's place.
function endClick(timeline, store, drag) {
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

function installDrag(element, timeline, store) {
	let drag = null;

	element.addEventListener('pointerdown', (event) => {
		if (event.pointerType === 'touch' || event.button > 1)
			return;
		const hit = timeline.hitTest(event.offsetX, event.offsetY);

		element.focus({ preventScroll: true });
		element.setPointerCapture(event.pointerId);
		drag = { hit, kind: dragKind(event, hit), x: event.offsetX, y: event.offsetY, range: store.state.range, ns_per_px: timeline.scale.ns_per_px, scroll_y: timeline.scroll_y, moved: false,
			from_ns: event.altKey ? hit.at_ns : timeline.snapped(event.offsetX, hit.lane) };
		if (event.button === 1)
			event.preventDefault();
	});
	element.addEventListener('pointermove', (event) => {
		const { part, lane, at_ns } = timeline.hitTest(event.offsetX, event.offsetY);

		if (drag && (drag.moved || Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) >= DRAG_LEAST_PX))
			moveDrag(timeline, store, drag, event);
		store.set({ cursor: part === 'minimap' || part === 'label' ? null : { at_ns, lane } });
	});
	element.addEventListener('pointerup', () => {
		if (drag && !drag.moved)
			endClick(timeline, store, drag);
		drag = null;
	});
	element.addEventListener('pointercancel', () => {
		drag = null;
	});
	element.addEventListener('pointerleave', () => store.set({ cursor: null }));
	element.addEventListener('dblclick', (event) => store.set({ range: rangeZoomed(store.state.range, event.shiftKey ? 4 : 0.25, timeline.hitTest(event.offsetX, event.offsetY).at_ns, timeline.whole_ns) }));
}

// One finger moves the picture; two also zoom it.
function installTouch(element, timeline, store) {
	const fingers = new Map();
	let begin = null;
	const place = (event) => ({ x: event.offsetX, y: event.offsetY });
	const middleOf = (points) => points.reduce((sum, p) => sum + p.x, 0) / points.length;
	const spreadOf = (points) => (points.length > 1 ? Math.max(Math.abs(points[0].x - points[1].x), 20) : 1);
	const restart = () => {
		const points = [...fingers.values()];

		begin = points.length ? { x: middleOf(points), y: points[0].y, spread: spreadOf(points), range: store.state.range, scroll_y: timeline.scroll_y, at_ns: timeline.scale.timeAt(middleOf(points)), moved: false } : null;
	};

	element.style.touchAction = 'none';
	element.addEventListener('pointerdown', (event) => {
		if (event.pointerType === 'touch') {
			fingers.set(event.pointerId, place(event));
			restart();
		}
	});
	element.addEventListener('pointermove', (event) => {
		if (!fingers.has(event.pointerId))
			return;
		fingers.set(event.pointerId, place(event));
		const points = [...fingers.values()];
		const zoomed = rangeZoomed(begin.range, begin.spread / spreadOf(points), begin.at_ns, timeline.whole_ns);
		const px_ns = (zoomed.to_ns - zoomed.from_ns) / timeline.layout.body.w;

		if (!begin.moved && Math.hypot(middleOf(points) - begin.x, points[0].y - begin.y) < DRAG_LEAST_PX && points.length === 1)
			return;
		store.set({ range: rangePanned(zoomed, (begin.x - middleOf(points)) * px_ns, timeline.whole_ns) }, { step: !begin.moved });
		timeline.scrollTo(begin.scroll_y + begin.y - points[0].y);
		begin.moved = true;
	});
	for (const name of ['pointerup', 'pointercancel'])
		element.addEventListener(name, (event) => {
			if (!fingers.has(event.pointerId))
				return;
			if (name === 'pointerup' && fingers.size === 1 && !begin.moved)
				endClick(timeline, store, { hit: timeline.hitTest(event.offsetX, event.offsetY) });
			fingers.delete(event.pointerId);
			restart();
		});
}

// page: functions of the page by the names of the key table, and announce(text).
export function installNavigation(element, timeline, store, page = {}) {
	installKeys(element, timeline, store, page);
	installWheel(element, timeline, store);
	installDrag(element, timeline, store);
	installTouch(element, timeline, store);
}
