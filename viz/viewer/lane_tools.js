// SPDX-License-Identifier: MIT
// Pin and hide a lane: by keys for the one in focus, and by two buttons beside the name that the pointer is on.
import { byId, make } from './dom.js';
import { lanesInOrder } from './lanes.js';

export function togglePinned(app, lane) {
	const { pinned } = app.store.state;
	const off = pinned.includes(lane);

	if (lane === null)
		return;
	app.store.set({ pinned: off ? pinned.filter((it) => it !== lane) : [...pinned, lane] });
	app.say(`${app.name(lane)} is ${off ? 'no longer pinned' : 'pinned on top'}.`);
}

// The focus goes to the lane below, else above: it stays on one that is seen.
export function hideLane(app, lane) {
	const { hidden, focus } = app.store.state;
	const shown = lanesInOrder(app.source, app.store.state);
	const at = shown.indexOf(lane);

	if (at < 0)
		return;
	app.store.set({ hidden: [...hidden, lane], focus: focus === lane ? shown[at + 1] ?? shown[at - 1] ?? focus : focus });
	app.say(`${app.name(lane)} is hidden.`);
}

// Not for Tab: keys have P and H.
function toolButton(text, title, onclick) {
	return make('button', { type: 'button', tabindex: -1, title, onclick }, text);
}

export function installLaneTools(app, canvas) {
	const box = byId('lane_tools');
	let lane = null;
	const leave = () => {
		lane = null;
		box.hidden = true;
	};
	const act = (fn) => () => {
		fn(app, lane);
		leave();
	};
	const pin = toolButton('', 'Pin on top, or unpin (P)', act(togglePinned));

	box.append(pin, toolButton('Hide', 'Hide this lane (H)', act(hideLane)));
	canvas.addEventListener('pointermove', (event) => {
		const hit = app.timeline.hitTest(event.offsetX, event.offsetY);

		if (event.pointerType === 'touch' || event.buttons || hit.part !== 'label' || hit.lane === null) {
			leave();
			return;
		}
		if (lane === hit.lane)
			return;
		const { layout, scroll_y } = app.timeline;
		const row = layout.rowOfLane.get(hit.lane);

		lane = hit.lane;
		pin.textContent = app.store.state.pinned.includes(lane) ? 'Unpin' : 'Pin';
		box.hidden = false;
		box.style.top = `${layout.body.y + row.y - scroll_y + (row.h - box.offsetHeight) / 2}px`;
		box.style.left = `${Math.max(layout.gutter - box.offsetWidth - 4, 0)}px`;
	});
	canvas.addEventListener('pointerleave', (event) => {
		if (!box.contains(event.relatedTarget))
			leave();
	});
	box.addEventListener('pointerleave', leave);
	canvas.addEventListener('wheel', leave, { passive: true });
	app.store.subscribe(['order', 'pinned', 'hidden', 'filters', 'gil', 'highlight', 'selection'], leave);
}

// Says so when filters leave no lane.
export function installNothing(app) {
	const box = byId('nothing');
	const show = () => {
		box.hidden = lanesInOrder(app.source, app.store.state).length > 0 || !app.lanes.length;
	};

	box.append('No thread fits the filters. ', make('button', { type: 'button', onclick: () => app.store.set({ hidden: [], filters: [] }) }, 'Show all'));
	app.store.subscribe(['hidden', 'filters', 'gil'], show);
	show();
}
