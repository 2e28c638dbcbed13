// SPDX-License-Identifier: MIT
// Fingers: one moves the picture, two also zoom it; a tap is a click.
import { endClick } from './drag.js';
import { rangePanned, rangeZoomed } from './scale.js';

const TOUCH_LEAST_PX = 4;

export function installTouch(element, timeline, store) {
	const fingers = new Map();
	let begin = null, isTap = false;
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
			isTap = fingers.size === 1;
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

		if (!begin.moved && Math.hypot(middleOf(points) - begin.x, points[0].y - begin.y) < TOUCH_LEAST_PX && points.length === 1)
			return;
		store.set({ range: rangePanned(zoomed, (begin.x - middleOf(points)) * px_ns, timeline.whole_ns) }, { step: !begin.moved });
		timeline.scrollTo(begin.scroll_y + begin.y - points[0].y);
		begin.moved = true;
		isTap = false;
	});
	for (const name of ['pointerup', 'pointercancel'])
		element.addEventListener(name, (event) => {
			if (!fingers.has(event.pointerId))
				return;
			if (name === 'pointerup' && isTap)
				endClick(timeline, store, { hit: timeline.hitTest(event.offsetX, event.offsetY) });
			fingers.delete(event.pointerId);
			restart();
		});
}
