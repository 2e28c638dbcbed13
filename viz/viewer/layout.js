// SPDX-License-Identifier: MIT
// Where everything is, in CSS pixels. Rows are placed from the top of the body, before it is scrolled.
import { laneGroups } from './lanes.js';

export const MINIMAP_HEIGHT = 36;
export const RULER_HEIGHT = 22;
const GIL_ROWS = [['gil', 20], ['holder', 16], ['waiters', 20], ['badness', 16]];
const TICKS_ROW = ['ticks', 16];
const LANE_LEAST = 16;
const LANE_MOST = 34;
const GROUP_GAP = 8;

function gilRows(source, gil) {
	return source.meta.gils[gil].ticked ? [...GIL_ROWS, TICKS_ROW] : GIL_ROWS;
}

function laneHeight(groups, source, room) {
	const lanes = groups.reduce((n, group) => n + group.lanes.length, 0);
	const others = groups.reduce((sum, group) => sum + GROUP_GAP + gilRows(source, group.gil).reduce((h, row) => h + row[1], 0), 0);

	return Math.max(LANE_LEAST, Math.min(LANE_MOST, Math.floor((room - others) / Math.max(lanes, 1))));
}

export function layOut(source, state, width, height) {
	const gutter = Math.round(Math.min(190, width * 0.28));
	const body = { x: gutter, y: MINIMAP_HEIGHT + RULER_HEIGHT, w: Math.max(width - gutter, 1), h: Math.max(height - MINIMAP_HEIGHT - RULER_HEIGHT, 1) };
	const groups = laneGroups(source, state);
	const lane_h = laneHeight(groups, source, body.h);
	const rows = [];
	const rowOfLane = new Map();
	let y = 0;

	for (const group of groups) {
		for (const [kind, h] of gilRows(source, group.gil)) {
			rows.push({ kind, gil: group.gil, lanes: group.all, lane: null, y, h });
			y += h;
		}
		for (const lane of group.lanes) {
			const row = { kind: 'lane', gil: group.gil, lane, y, h: lane_h };

			rows.push(row);
			rowOfLane.set(lane, row);
			y += lane_h;
		}
		y += GROUP_GAP;
	}
	return { width, height, gutter, body, rows, rowOfLane, content_h: y };
}

// Rows that are seen, scrolled by `scroll_y`.
export function rowsSeen(layout, scroll_y) {
	return layout.rows.filter((row) => row.y + row.h > scroll_y && row.y < scroll_y + layout.body.h);
}
