// SPDX-License-Identifier: MIT
// Hands to the timeline: keys and wheel here, the pressed pointer in drag.js, fingers in touch.js. They change the state; the picture follows it.
import { timelineActions } from './actions.js';
import { installDrag } from './drag.js';
import { actionOf, codeOf } from './keys.js';
import { rangePanned, rangeZoomed } from './scale.js';
import { installTouch } from './touch.js';

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
		if (!free && (at.closest?.('input, textarea, select, [contenteditable]') || /^(Arrow|Page|Home|End|Enter|Space)/.test(codeOf(event))))
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

// page: functions of the page by the names of the key table, and announce(text).
export function installNavigation(element, timeline, store, page = {}) {
	installKeys(element, timeline, store, page);
	installWheel(element, timeline, store);
	installDrag(element, timeline, store);
	installTouch(element, timeline, store);
}
