// SPDX-License-Identifier: MIT
// What stands left of the lanes: names, which are data, and what the rows of a GIL are.
import { ellipsized, runtimeOf, visible } from './text.js';
import { laneColour } from './palette.js';

const ROW_TEXTS = { holder: 'held by', waiters: 'waiting threads', badness: 'badness: failed / checks', ticks: 'ticks executed' };

export function gilTitle(source, index) {
	const gil = source.meta.gils[index];

	return `GIL ${gil.number}, pid ${gil.pid}${gil.version ? `, ${runtimeOf(gil.version)}` : gil.design ? `, ${visible(gil.design)}` : ''}${gil.ticked ? ', ticked' : ''}`;
}

function drawText(view, text, x, y, width, colour) {
	const { ctx } = view;

	ctx.fillStyle = colour;
	ctx.fillText(ellipsized(text, width, (t) => ctx.measureText(t).width), x, y);
}

function drawLaneLabel(view, row, y) {
	const { ctx, palette, layout, state } = view;
	const lane = view.source.meta.lanes[row.lane];
	const middle = y + row.h / 2;
	const tid = String(lane.tid);
	const tid_w = layout.gutter > 120 ? ctx.measureText(tid).width + 8 : 0;

	if (state.focus === row.lane) {
		ctx.fillStyle = palette.accent;
		ctx.fillRect(0, y + 1, 3, row.h - 2);
	}
	ctx.fillStyle = laneColour(row.lane, palette.dark);
	ctx.fillRect(8, middle - 5, 10, 10);
	ctx.font = view.font;
	drawText(view, `${state.pinned.includes(row.lane) ? '\u25b2 ' : ''}${visible(lane.name) || '(no name)'}${lane.is_main ? ' (main)' : ''}`, 24, middle, layout.gutter - 32 - tid_w, palette.text);
	if (tid_w)
		drawText(view, tid, layout.gutter - tid_w, middle, tid_w, palette.faint);
}

export function drawRowLabel(view, row, y) {
	const { ctx, palette, layout } = view;

	ctx.textBaseline = 'middle';
	ctx.font = view.font;
	if (row.kind === 'lane')
		drawLaneLabel(view, row, y);
	else if (row.kind === 'gil') {
		ctx.font = view.bold;
		drawText(view, gilTitle(view.source, row.gil), 8, y + row.h / 2 + 1, layout.width - 16, palette.text);
	} else
		drawText(view, row.note ? `${ROW_TEXTS[row.kind]} (${row.note})` : ROW_TEXTS[row.kind], 24, y + row.h / 2, layout.gutter - 30, palette.faint);
}
