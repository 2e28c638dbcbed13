// SPDX-License-Identifier: MIT
// A lane from its single stays, when few enough are in view: exact edges, lengths as text, each failed attempt a mark of its kind.
import { STATE_HEIGHTS, STATE_NAMES } from './palette.js';
import { laneParts } from './draw_lane.js';
import { shortSpan } from './scale.js';

const TEXT_PX = 44;

// Stays and marks of Slices by lane.
export function byLane(slices) {
	const lanes = new Map();
	const of = (lane) => lanes.get(lane) ?? lanes.set(lane, { stays: [], marks: [] }).get(lane);

	slices.stays.forEach((stay) => of(stay.lane).stays.push(stay));
	slices.marks.forEach((mark) => of(mark.lane).marks.push(mark));
	return lanes;
}

export function hatchPattern(ctx, colour, hatch) {
	const tile = new OffscreenCanvas(4, 4);
	const paint = tile.getContext('2d');

	paint.fillStyle = colour;
	paint.fillRect(0, 0, 4, 4);
	paint.fillStyle = hatch;
	for (let i = 0; i < 4; i++)
		paint.fillRect(i, 3 - i, 1, 1);
	return ctx.createPattern(tile, 'repeat');
}

function drawStay(view, stay, y, h) {
	const { ctx, scale, palette, layout } = view;
	const bars = laneParts(h).bars;
	const left = layout.body.x;
	const from = Math.max(scale.xOf(stay.from_ns), left - 2);
	const to = Math.min(scale.xOf(stay.to_ns), left + layout.body.w + 2);
	const height = Math.round(STATE_HEIGHTS[stay.state] * bars);
	const bottom = y + h - 1;

	if (to < left || from > left + layout.body.w || stay.state === 5)
		return;
	if (stay.state === 0 || !height) {
		drawLine(ctx, from, to, stay.state === 0 ? bottom - (bars >> 1) - 1 : bottom - 1, stay.state === 0 ? palette.unknown : palette.outside, stay.state === 0);
		return;
	}
	ctx.fillStyle = stay.state === 3 ? view.hatch : palette[STATE_NAMES[stay.state]];
	ctx.fillRect(from, bottom - height, Math.max(to - from, 0.5), height);
	if (to - from > TEXT_PX && h >= 16 && stay.state >= 3)
		drawLength(view, stay, from, to, bottom - height / 2);
}

function drawLine(ctx, from, to, y, colour, dashed) {
	ctx.fillStyle = colour;
	if (!dashed)
		ctx.fillRect(from, y, to - from, 1);
	else
		for (let x = from; x < to; x += 6)
			ctx.fillRect(x, y, Math.min(4, to - x), 1);
}

function drawLength(view, stay, from, to, y) {
	const { ctx, palette } = view;
	const text = shortSpan(stay.to_ns - stay.from_ns);
	const width = ctx.measureText(text).width;

	if (width + 8 > to - from)
		return;
	ctx.fillStyle = palette.ground;
	ctx.fillRect((from + to - width) / 2 - 3, y - 6, width + 6, 12);
	ctx.fillStyle = palette.text;
	ctx.textAlign = 'center';
	ctx.fillText(text, (from + to) / 2, y);
	ctx.textAlign = 'left';
}

// BUSY: a hollow mark; RETRY that lost the race: a full triangle; one that timed out: a full bar.
function drawMark(view, mark, y, h) {
	const { ctx, scale, palette } = view;
	const x = scale.xOf(mark.at_ns);
	const size = laneParts(h).marks;

	if (mark.kind < 1 || mark.kind > 3 || x < view.layout.body.x - size)
		return;
	ctx.fillStyle = palette.failed;
	ctx.strokeStyle = palette.failed_edge;
	ctx.lineWidth = 1;
	ctx.beginPath();
	if (mark.kind === 3)
		ctx.rect(x - 1, y + 1, 2, size);
	else {
		ctx.moveTo(x - size / 2 - 0.5, y + 1);
		ctx.lineTo(x + size / 2 + 0.5, y + 1);
		ctx.lineTo(x, y + 1 + size);
		ctx.closePath();
	}
	if (mark.kind !== 1)
		ctx.fill();
	ctx.stroke();
	ctx.fillStyle = palette.failed_edge;
	ctx.fillRect(x - 0.5, y + 1 + size, 1, h - size - 2);
}

export function drawExactLane(view, of, y, h) {
	view.ctx.font = view.font;
	view.ctx.textBaseline = 'middle';
	for (const stay of of.stays)
		drawStay(view, stay, y, h);
	for (const mark of of.marks)
		drawMark(view, mark, y, h);
}
