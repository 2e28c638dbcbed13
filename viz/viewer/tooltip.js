// SPDX-License-Identifier: MIT
// What is under the pointer, beside it.
import { afterPause, byId, make } from './dom.js';
import { formatNs, formatTime } from './format.js';
import { sayDetail, sayFailed, sayHolders, sayRelease } from './panels/details.js';

const AWAY = 14;
const MOST_HOLDERS_SAID = 3;

function placeTooltip(box, x, y) {
	const { offsetWidth: w, offsetHeight: h } = box;

	box.style.left = `${Math.max(4, Math.min(x + AWAY, innerWidth - w - 4))}px`;
	box.style.top = `${y + AWAY + h > innerHeight ? Math.max(4, y - AWAY - h) : y + AWAY}px`;
}

// What stands below the first line.
function linesOf(app, { stay, attempt, hold }) {
	const out = [`from ${formatTime(stay.from_ns)}${stay.cpu === null ? '' : `, CPU ${stay.cpu}`}`];

	if (attempt?.holder_at_begin !== null && attempt?.holder_at_begin !== undefined)
		out.push(`held at its begin by ${app.name(attempt.holder_at_begin)}`);
	if (attempt?.holders.length > 1)
		out.push(`held meanwhile by ${sayHolders(app, attempt, MOST_HOLDERS_SAID)}`);
	if (attempt && attempt.busy + attempt.retries)
		out.push(`${sayFailed(attempt)} in ${formatNs(attempt.to_ns - attempt.from_ns)}`);
	if (hold)
		out.push(`let go ${sayRelease(hold)}`);
	return out;
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
		box.replaceChildren(make('strong', {}, sayDetail(app, detail)), ...linesOf(app, detail).map((text) => make('div', {}, text)));
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
