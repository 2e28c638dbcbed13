// SPDX-License-Identifier: MIT
// What a GIL's threads do together: who held it (as high as the share of the time that it was held), how many slept for it,
// and where attempts failed: failed / checks, as heat and as a number for each tile.
import { laneColour, packedColour } from './palette.js';
import { paintColumn } from './draw_lane.js';
import { niceStep, stepsIn } from './scale.js';

const TILE_PX = 56;

export function paintHolders(pixels, row, y, columns, dark) {
	const floor = new Float32Array(columns.width);
	const h = row.h - 2;

	for (const lane of row.lanes) {
		const colour = packedColour(laneColour(lane, dark));

		for (let x = 0; x < columns.width; x++) {
			const share = columns.share(columns.bins.holding, lane, x);

			if (!share)
				continue;
			const from = floor[x];

			floor[x] = Math.min(from + share / 255 * h, h);
			paintColumn(pixels, x, y + row.h - 1 - Math.max(Math.round(floor[x]), Math.round(from) + (from === 0 ? 1 : 0)), y + row.h - 1 - Math.round(from), colour);
		}
	}
}

// @return the most threads that slept at a time
export function paintWaiters(pixels, row, y, columns, palette) {
	const plane = columns.bins.waiters_max;
	const area = packedColour(palette.waiting);
	let most = 0;

	for (let x = 0; x < columns.width; x++)
		most = Math.max(most, columns.most(plane, row.gil, x));
	for (let x = 0; x < columns.width; x++) {
		const h = Math.round(columns.most(plane, row.gil, x) / Math.max(most, 1) * (row.h - 3));

		paintColumn(pixels, x, y + row.h - 1 - h, y + row.h - 1, area);
	}
	return most;
}

function failedOf(columns, lanes) {
	const failed = new Float64Array(columns.width);

	for (const lane of lanes)
		for (let x = 0; x < columns.width; x++)
			failed[x] += columns.count(columns.bins.failed, lane, x);
	return failed;
}

// Five steps: a bucket without a check but with failed attempts is the worst.
function heatOf(failed, checks) {
	const badness = checks ? failed / checks : Infinity;

	return badness > 1 ? 1 : badness > 0.5 ? 0.8 : badness > 0.1 ? 0.6 : badness > 0.01 ? 0.4 : 0.25;
}

// @return tiles {from, to, text}: columns, and their badness
export function paintBadness(pixels, row, y, columns, palette, scale) {
	const failed = failedOf(columns, row.lanes);
	const rgb = packedColour(palette.failed) & 0xffffff;
	const colours = new Map();
	const tile_ns = niceStep(scale.ns_per_px * TILE_PX);
	const tiles = [];

	for (let x = 0; x < columns.width; x++) {
		if (!failed[x])
			continue;
		const heat = heatOf(failed[x], columns.count(columns.bins.checks, row.gil, x));

		if (!colours.has(heat))
			colours.set(heat, ((Math.round(heat * 255) << 24) | rgb) >>> 0);
		paintColumn(pixels, x, y + 1, y + row.h - 1, colours.get(heat));
	}
	for (const at of stepsIn(Math.floor(scale.from_ns / tile_ns) * tile_ns, scale.from_ns + scale.span_ns, tile_ns))
		tiles.push(badnessTile(columns, row.gil, failed, Math.round(scale.xOf(at) - scale.x), Math.round(scale.xOf(at + tile_ns) - scale.x)));
	return tiles;
}

function badnessTile(columns, gil, failed, from, to) {
	let lost = 0;
	let checks = 0;

	for (let x = Math.max(from, 0); x < Math.min(to, columns.width); x++) {
		lost += failed[x];
		checks += columns.count(columns.bins.checks, gil, x);
	}
	return { from, to, text: checks ? badnessText(lost / checks) : lost ? `${lost} failed` : '' };
}

function badnessText(badness) {
	return badness === 0 ? '0' : badness < 0.001 ? '<0.001' : badness < 10 ? badness.toFixed(3) : badness.toFixed(0);
}
