// SPDX-License-Identifier: MIT
// What is under the pointer, beside it.
import { afterPause, byId, make } from './dom.js';
import { formatNs, formatTime } from './format.js';
import { sayDetail } from './panels/details.js';

const AWAY = 14;

function placeTooltip(box, x, y) {
	const { offsetWidth: w, offsetHeight: h } = box;

	box.style.left = `${Math.max(4, Math.min(x + AWAY, innerWidth - w - 4))}px`;
	box.style.top = `${y + AWAY + h > innerHeight ? Math.max(4, y - AWAY - h) : y + AWAY}px`;
}

export function installTooltip(app, canvas) {
	const box = byId('tooltip');
	let x = 0, y = 0, asked = 0;
	const hide = () => {
		asked++;
		box.hidden = true;
	};
	const show = afterPause(async () => {
		const { cursor } = app.store.state;
		const mine = ++asked;

		if (!cursor || cursor.lane === null || cursor.lane === undefined)
			return;
		const detail = await app.source.detail(cursor.lane, cursor.at_ns);

		if (mine !== asked || !detail)
			return;
		const { attempt, stay } = detail;

		box.replaceChildren(make('strong', {}, sayDetail(app, detail)), make('br'), `at ${formatTime(stay.from_ns)}${stay.cpu === null ? '' : `, CPU ${stay.cpu}`}`);
		if (attempt && attempt.busy + attempt.retries)
			box.append(make('br'), `${attempt.busy + attempt.retries} failed attempts in ${formatNs(attempt.to_ns - attempt.from_ns)}`);
		box.hidden = false;
		placeTooltip(box, x, y);
	}, 60);

	canvas.addEventListener('pointermove', (event) => {
		x = event.clientX;
		y = event.clientY;
		hide();
	});
	canvas.addEventListener('pointerleave', hide);
	canvas.addEventListener('wheel', hide, { passive: true });
	app.store.subscribe(['cursor'], show);
}
