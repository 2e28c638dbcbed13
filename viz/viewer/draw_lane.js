// SPDX-License-Identifier: MIT
// A lane from buckets: in each pixel column the shares of the time, stacked from below: holding (solid), waiting (hatched,
// 60 % as high), entering (30 %). Outside is a line, unknown a dashed one. Above them a mark wherever an attempt failed.
import { STATE_HEIGHTS, packedColour } from './palette.js';

// What a lane's height is divided into.
export function laneParts(h) {
	const marks = Math.max(3, Math.round(h * 0.2));

	return { marks, bars: h - marks - 2 };
}

// A column of pixels in `pixels` ({data, width, height}), cut where it leaves them.
export function paintColumn(pixels, x, from, to, colour) {
	const end = Math.min(to, pixels.height);

	for (let y = Math.max(from, 0); y < end; y++)
		pixels.data[y * pixels.width + x] = colour;
}

// Stripes tell waiting from the others where colours do not.
function paintHatched(pixels, x, from, to, colour, hatch) {
	const end = Math.min(to, pixels.height);

	for (let y = Math.max(from, 0); y < end; y++)
		pixels.data[y * pixels.width + x] = ((x + y) & 3) === 0 ? hatch : colour;
}

function barHeight(share, state, h) {
	return share > 0 ? Math.max(Math.round(share * STATE_HEIGHTS[state] * h / 255), 1) : 0;
}

export function laneInk(palette) {
	return Object.fromEntries(['holding', 'waiting', 'waiting_hatch', 'entering', 'outside', 'unknown', 'failed', 'failed_edge']
		.map((name) => [name, packedColour(palette[name])]));
}

// life: {from, to}, the columns in which the lane is alive
export function paintLane(pixels, y, h, columns, lane, life, ink) {
	const { bins } = columns;
	const parts = laneParts(h);
	const bottom = y + h - 1;

	for (let x = Math.max(life.from, 0); x < Math.min(life.to, columns.width); x++) {
		if (!columns.hasData(x))
			continue;
		const held = barHeight(columns.share(bins.holding, lane, x), 4, parts.bars);
		const waited = barHeight(columns.share(bins.waiting, lane, x), 3, parts.bars);
		const entered = barHeight(columns.share(bins.entering, lane, x), 2, parts.bars);
		const top = bottom - held;

		paintColumn(pixels, x, bottom - 1, bottom, ink.outside);
		paintColumn(pixels, x, top, bottom, ink.holding);
		paintHatched(pixels, x, top - waited, top, ink.waiting, ink.waiting_hatch);
		paintColumn(pixels, x, top - waited - entered, top - waited, ink.entering);
		if (columns.share(bins.unknown, lane, x) > 127)
			paintWhisker(pixels, x, bottom, parts.bars, ink.unknown);
		const failed = columns.count(bins.failed, lane, x);

		if (failed)
			paintColumn(pixels, x, y + 1, y + 1 + (failed > 3 ? parts.marks : parts.marks - 1), failed > 3 ? ink.failed_edge : ink.failed);
	}
}

// Nobody knows: a dashed line halfway up, and none below.
function paintWhisker(pixels, x, bottom, bars, colour) {
	paintColumn(pixels, x, bottom - 1, bottom, 0);
	if (x % 6 < 4)
		paintColumn(pixels, x, bottom - (bars >> 1) - 1, bottom - (bars >> 1), colour);
}
