// SPDX-License-Identifier: MIT
// The rows below the ruler: what comes from buckets as one image, over it single stays, losses, and what is picked.
import { drawExactLane } from './draw_exact.js';
import { paintBadness, paintHolders, paintWaiters } from './draw_gil.js';
import { drawRowLabel } from './draw_labels.js';
import { laneInk, paintLane } from './draw_lane.js';
import { drawDimmed, drawHandOvers, drawLosses, drawPicked } from './draw_overlay.js';
import { drawGrid, drawTickRuler } from './draw_rulers.js';

// Of the body, one for each CSS pixel; kept from frame to frame.
let bodyPixels = null;

function drawBands(view, rows) {
	view.ctx.fillStyle = view.palette.band;
	for (const row of rows)
		if (row.kind === 'gil' || row.lane === view.state.focus)
			view.ctx.fillRect(0, view.layout.body.y + row.y - view.scroll_y, view.layout.width, row.h);
}

function pixelsOf(width, height) {
	if (bodyPixels?.width !== width || bodyPixels?.height !== height) {
		const image = new ImageData(width, height);

		bodyPixels = { data: new Uint32Array(image.data.buffer), width, height, image, canvas: new OffscreenCanvas(width, height) };
	}
	bodyPixels.data.fill(0);
	return bodyPixels;
}

// All that comes from buckets, in one image.
function paintBuckets(view, rows) {
	const { body } = view.layout;
	const pixels = pixelsOf(body.w, body.h);
	const ink = laneInk(view.palette);

	for (const row of rows)
		paintBucketRow(view, row, row.y - view.scroll_y, pixels, ink);
	pixels.canvas.getContext('2d').putImageData(pixels.image, 0, 0);
	view.ctx.imageSmoothingEnabled = false;
	view.ctx.drawImage(pixels.canvas, body.x, body.y);
}

function paintBucketRow(view, row, y, pixels, ink) {
	const { columns, palette, scale } = view;

	if (row.kind === 'lane' && !view.exact)
		paintLane(pixels, y, row.h, columns, row.lane, lifeOf(view, row.lane), ink);
	else if (row.kind === 'holder')
		paintHolders(pixels, row, y, columns, palette.dark);
	else if (row.kind === 'waiters') {
		const most = paintWaiters(pixels, row, y, columns, palette);

		row.note = view.bins.exact ? `at most ${most}` : '';
	} else if (row.kind === 'badness')
		row.tiles = paintBadness(pixels, row, y, columns, palette, scale);
}

// The columns in which a lane is alive.
function lifeOf(view, lane) {
	const { first_ns, last_ns } = view.source.meta.lanes[lane];
	const { scale, layout } = view;

	return { from: Math.floor(scale.xOf(first_ns) - layout.body.x), to: Math.ceil(scale.xOf(last_ns) - layout.body.x) + 1 };
}

function drawRows(view, rows) {
	const { ctx } = view;
	const { body } = view.layout;

	for (const row of rows) {
		const y = body.y + row.y - view.scroll_y;

		ctx.save();
		ctx.beginPath();
		ctx.rect(body.x, y, body.w, row.h);
		ctx.clip();
		drawRow(view, row, y);
		ctx.restore();
		drawRowLabel(view, row, y);
	}
}

function drawRow(view, row, y) {
	const of = row.kind === 'lane' && view.exact?.get(row.lane);

	if (of)
		drawExactLane(view, of, y, row.h);
	if (row.kind === 'badness' && view.bins.exact)
		drawTiles(view, row, y);
	if (row.kind === 'ticks')
		drawTickRuler(view, row, y);
	if (row.kind === 'lane' && view.highlighted)
		drawDimmed(view, row, y);
	if (row.kind !== 'gil')
		drawLosses(view, row, y);
}

function drawTiles(view, row, y) {
	const { ctx, palette, layout } = view;

	ctx.font = view.font;
	ctx.textBaseline = 'middle';
	for (const tile of row.tiles) {
		const width = ctx.measureText(tile.text).width;

		if (!tile.text || width + 6 > tile.to - tile.from)
			continue;
		const x = layout.body.x + (tile.from + tile.to - width) / 2;

		ctx.fillStyle = palette.ground;
		ctx.globalAlpha = 0.8;
		ctx.fillRect(x - 2, y + 2, width + 4, row.h - 4);
		ctx.globalAlpha = 1;
		ctx.fillStyle = palette.text;
		ctx.fillText(tile.text, x, y + row.h / 2 + 0.5);
	}
}

export function drawBody(view, rows) {
	const { ctx } = view;
	const { body } = view.layout;

	ctx.save();
	ctx.beginPath();
	ctx.rect(0, body.y, view.layout.width, body.h);
	ctx.clip();
	drawBands(view, rows);
	drawGrid(view);
	paintBuckets(view, rows);
	drawRows(view, rows);
	if (view.stays)
		drawHandOvers(view, view.stays);
	drawPicked(view);
	ctx.restore();
}
