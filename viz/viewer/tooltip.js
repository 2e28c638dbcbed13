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

// What the rows of a GIL show, for those who see them the first time.
const ROW_HELP = {
	holder: ['Held by', 'The colour is the thread\u2019s, as beside its name; as high as the share of the time that it held the GIL.'],
	waiters: ['Waiting threads', 'The most threads that slept at a time, waiting for the GIL.'],
	badness: ['Badness', 'Failed attempts for each check at which the holder may let go: 0 is no fight. The darker, the worse.'],
	ticks: ['Ticks executed', 'How many ticks of the check interval were executed up to here.'],
};

// What stands below the first line.
function linesOf(app, { stay, attempt, hold }) {
	const out = [`from ${formatTime(stay.from_ns)}${stay.cpu === null ? '' : `, CPU ${stay.cpu}`}`];

	if (attempt?.holder_at_begin !== null && attempt?.holder_at_begin !== undefined)
		out.push(`held at its begin by ${app.name(attempt.holder_at_begin)}`);
	if (attempt?.holders.length > 1)
		out.push(`held meanwhile by ${sayHolders(app, stay.lane, attempt, MOST_HOLDERS_SAID)}`);
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
	const showRowHelp = () => {
		const { left, top } = canvas.getBoundingClientRect();
		const help = ROW_HELP[app.timeline.hitTest(x - left, y - top).part];

		if (!help)
			return;
		box.replaceChildren(make('strong', {}, help[0]), make('div', {}, help[1]));
		box.hidden = false;
		placeTooltip(box, x, y);
	};
	const show = afterPause(async () => {
		const { cursor } = app.store.state;
		const mine = ++asked;

		if (!cursor)
			return;
		if (cursor.lane === null || cursor.lane === undefined) {
			showRowHelp();
			return;
		}
		const detail = await app.source.detail(cursor.lane, cursor.at_ns, 'tooltip');

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
