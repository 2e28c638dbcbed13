// SPDX-License-Identifier: MIT
// What lies over the lanes: holes of the trace, what is not highlighted, markers, the pointer, hand-overs.

const MOST_ARROWS = 200;
const ARROWS_WITHOUT_SELECTION = 40;

export function drawBand(view, range, y, h, colour, alpha) {
	const { ctx, scale, layout } = view;
	const from = Math.max(scale.xOf(range.from_ns), layout.body.x);
	const to = Math.min(scale.xOf(range.to_ns), layout.body.x + layout.body.w);

	if (to < from)
		return null;
	ctx.globalAlpha = alpha;
	ctx.fillStyle = colour;
	ctx.fillRect(from, y, Math.max(to - from, 2), h);
	ctx.globalAlpha = 1;
	return { from, to: Math.max(to, from + 2) };
}

// Hatched at a slant that no state has.
export function lossPattern(ctx, palette) {
	const tile = new OffscreenCanvas(8, 8);
	const paint = tile.getContext('2d');

	paint.fillStyle = palette.ground;
	paint.globalAlpha = 0.7;
	paint.fillRect(0, 0, 8, 8);
	paint.globalAlpha = 1;
	paint.strokeStyle = palette.lost;
	paint.lineWidth = 1.6;
	paint.beginPath();
	for (const i of [-8, 0, 8]) {
		paint.moveTo(i, 0);
		paint.lineTo(i + 8, 8);
	}
	paint.stroke();
	return ctx.createPattern(tile, 'repeat');
}

export function drawLosses(view, row, y) {
	const { pid } = view.source.meta.gils[row.gil];

	for (const loss of view.source.meta.losses)
		if (loss.pid === null || loss.pid === undefined || loss.pid === pid)
			drawBand(view, loss, y, row.h, view.lost, 1);
	// The overview knows this part, single events do not.
	if (view.source.meta.left_out.from_ns !== null && (view.exact || view.bins.width_ns < view.overview.width_ns))
		for (const fill of [view.palette.ground, view.lost])
			drawBand(view, { from_ns: view.source.meta.left_out.from_ns, to_ns: view.whole_ns }, y, row.h, fill, 1);
}

// The lanes that belong to each other in what is highlighted: who waits and who is waited for, so that both are seen.
function lanesTogether({ kind, lanes, waiter, holder }, lane) {
	const together = kind === 'pair' ? [waiter, holder] : kind === 'wait' && lanes ? [...lanes, holder] : [lane];

	return together.includes(lane) ? together : [lane];
}

// Columns of a lane in which nothing matches what is highlighted become pale.
export function drawDimmed(view, row, y) {
	const { ctx, scale, layout, palette, highlighted, state } = view;
	const planes = lanesTogether(state.highlight, row.lane).map((lane) => highlighted.lanes.get(lane)).filter(Boolean);
	let from = null;

	ctx.fillStyle = palette.ground;
	ctx.globalAlpha = 0.78;
	for (let x = 0; x <= layout.body.w; x++) {
		const dim = x < layout.body.w && !planes.some((shares) => shareIn(shares, highlighted.width_ns, scale.timeAt(layout.body.x + x), scale.timeAt(layout.body.x + x + 1)));

		if (dim && from === null)
			from = x;
		if (dim || from === null)
			continue;
		ctx.fillRect(layout.body.x + from, y, x - from, row.h);
		from = null;
	}
	ctx.globalAlpha = 1;
}

function shareIn(shares, width_ns, from_ns, to_ns) {
	const last = Math.min(Math.max(Math.floor(from_ns / width_ns), Math.ceil(to_ns / width_ns) - 1), shares.length - 1);

	for (let b = Math.max(Math.floor(from_ns / width_ns), 0); b <= last; b++)
		if (shares[b] > 0)
			return true;
	return false;
}

// From each release to the acquisition by another thread that came next.
export function handOvers(stays, gilOf, range) {
	const last = new Map();
	const arrows = [];

	for (const stay of stays.filter((s) => s.state === 4).sort((a, b) => a.from_ns - b.from_ns)) {
		const gil = gilOf(stay.lane);
		const before = last.get(gil);

		if (before && before.lane !== stay.lane && stay.from_ns >= range.from_ns && before.to_ns <= range.to_ns)
			arrows.push({ from: before.lane, from_ns: before.to_ns, to: stay.lane, to_ns: stay.from_ns });
		last.set(gil, stay);
	}
	return arrows;
}

export function drawHandOvers(view, stays) {
	const { ctx, scale, state, palette } = view;
	const arrows = handOvers(stays, (lane) => view.source.meta.lanes[lane].gil, state.selection ?? state.range);

	if (arrows.length > (state.selection ? MOST_ARROWS : ARROWS_WITHOUT_SELECTION))
		return;
	ctx.strokeStyle = palette.text;
	ctx.fillStyle = palette.text;
	ctx.lineWidth = 1;
	for (const arrow of arrows) {
		const a = view.rowPlace(arrow.from);
		const b = view.rowPlace(arrow.to);

		if (a && b)
			drawArrow(ctx, scale.xOf(arrow.from_ns), a.y + a.h / 2, scale.xOf(arrow.to_ns), b.y + b.h / 2);
	}
}

function drawArrow(ctx, x0, y0, x1, y1) {
	const way = Math.sign(y1 - y0);

	ctx.beginPath();
	ctx.moveTo(x0, y0);
	ctx.bezierCurveTo(x0, y0 + (y1 - y0) * 0.5, x1, y1 - (y1 - y0) * 0.5, x1, y1 - way * 4);
	ctx.stroke();
	ctx.beginPath();
	ctx.moveTo(x1, y1);
	ctx.lineTo(x1 - 3.5, y1 - way * 7);
	ctx.lineTo(x1 + 3.5, y1 - way * 7);
	ctx.fill();
}

export function drawMarkers(view) {
	const { ctx, scale, layout, palette, state } = view;

	ctx.font = view.bold;
	ctx.textBaseline = 'middle';
	state.markers.forEach((marker, i) => {
		const x = Math.round(scale.xOf(marker.at_ns));

		if (x < layout.body.x || x > layout.body.x + layout.body.w)
			return;
		ctx.fillStyle = palette.text;
		ctx.fillRect(x, layout.body.y - 16, 1, layout.body.h + 16);
		ctx.fillRect(x, layout.body.y - 16, 15, 14);
		ctx.fillStyle = palette.ground;
		ctx.fillText(String(i + 1), x + 4, layout.body.y - 9);
	});
}

export function drawCursor(view) {
	const { ctx, scale, layout, palette, state } = view;

	if (!state.cursor)
		return;
	const x = Math.round(scale.xOf(state.cursor.at_ns));

	if (x < layout.body.x)
		return;
	ctx.fillStyle = palette.faint;
	ctx.fillRect(x, layout.body.y - 8, 1, layout.body.h + 8);
}

// The stay that the details show, framed.
export function drawPicked(view) {
	const { ctx, scale, layout, palette, state } = view;
	const place = state.picked && view.rowPlace(state.picked.lane);

	if (!place)
		return;
	const covers = (s) => s?.lane === state.picked.lane && s.from_ns <= state.picked.at_ns && state.picked.at_ns < s.to_ns;
	const stay = covers(view.framed) ? view.framed : view.exact?.get(state.picked.lane)?.stays.find(covers);
	const x0 = Math.max(scale.xOf(stay ? stay.from_ns : state.picked.at_ns), layout.body.x);
	const x1 = Math.min(scale.xOf(stay ? stay.to_ns : state.picked.at_ns), layout.body.x + layout.body.w);

	if (x1 < layout.body.x || x0 > layout.body.x + layout.body.w)
		return;
	ctx.strokeStyle = palette.text;
	ctx.lineWidth = 2;
	ctx.strokeRect(x0 - 1, place.y + 1, Math.max(x1 - x0, 1) + 2, place.h - 2);
}
