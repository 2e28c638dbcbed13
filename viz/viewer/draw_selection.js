// SPDX-License-Identifier: MIT
// The selection: its ends A and B as flags on the ruler, and how long it is.
import { drawBand } from './draw_overlay.js';
import { RULER_HEIGHT } from './layout.js';
import { shortSpan } from './scale.js';

const FLAG_PX = 13;

export function drawSelection(view) {
	const { ctx, layout, palette, state } = view;
	const top = layout.body.y - RULER_HEIGHT;
	const band = state.selection && drawBand(view, state.selection, top, layout.body.h + RULER_HEIGHT, palette.accent, 0.14);

	if (!band)
		return;
	ctx.fillStyle = palette.accent;
	// Where it goes on beyond what is shown there is no edge.
	if (state.selection.from_ns >= state.range.from_ns)
		ctx.fillRect(band.from, top, 1, layout.body.h + RULER_HEIGHT);
	if (state.selection.to_ns <= state.range.to_ns)
		ctx.fillRect(band.to - 1, top, 1, layout.body.h + RULER_HEIGHT);
	drawEdges(view, band, top);
}

// Where the length of the selection stands: between the flags, beside them where there is no room.
function placeLength(view, band, width) {
	const { body } = view.layout;
	const right = body.x + body.w;
	const from = Math.max(band.from, body.x), to = Math.min(band.to, right);

	if (to - from > width + 8)
		return (from + to - width) / 2;
	return band.to + FLAG_PX + width + 8 < right ? band.to + FLAG_PX + 5 : band.from - FLAG_PX - width - 5;
}

// What selection and notes cover of the ruler: {from, to}, where no time can be read.
export function rulerCovers(view) {
	const { ctx, scale, state } = view;
	const covers = state.markers.map((marker) => scale.xOf(marker.at_ns)).map((x) => ({ from: x, to: x + 16 }));

	if (!state.selection)
		return covers;
	const band = { from: scale.xOf(state.selection.from_ns), to: scale.xOf(state.selection.to_ns) };

	ctx.font = view.bold;
	const width = ctx.measureText(shortSpan(state.selection.to_ns - state.selection.from_ns)).width;
	const x = placeLength(view, band, width);

	return [...covers, { from: band.from - FLAG_PX, to: band.from }, { from: band.to, to: band.to + FLAG_PX }, { from: x - 4, to: x + width + 4 }];
}

// A and B, and what is between them: on the ruler, where nothing else is that one looks at.
function drawEdges(view, band, top) {
	const { ctx, palette, state } = view;
	const text = shortSpan(state.selection.to_ns - state.selection.from_ns);

	ctx.font = view.bold;
	ctx.textBaseline = 'middle';
	const width = ctx.measureText(text).width;
	const x = placeLength(view, band, width);

	drawFlag(view, 'A', band.from - FLAG_PX, top);
	drawFlag(view, 'B', band.to, top);
	ctx.fillStyle = palette.ground;
	ctx.fillRect(x - 4, top + 1, width + 8, FLAG_PX);
	ctx.fillStyle = palette.accent;
	ctx.fillText(text, x, top + 1 + FLAG_PX / 2);
}

function drawFlag(view, name, x, y) {
	const { ctx, layout, palette } = view;

	if (x + FLAG_PX <= layout.body.x || x >= layout.body.x + layout.body.w)
		return;
	ctx.fillStyle = palette.accent;
	ctx.fillRect(x, y + 1, FLAG_PX, FLAG_PX);
	ctx.fillStyle = palette.ground;
	ctx.textAlign = 'center';
	ctx.fillText(name, x + FLAG_PX / 2, y + 1 + FLAG_PX / 2);
	ctx.textAlign = 'left';
}
