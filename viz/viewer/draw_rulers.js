// SPDX-License-Identifier: MIT
// The ruler of time, and for a GIL that is ticked one of ticks: the picture of 2010 had these along its axis.
import { niceStep, rulerTime, stepsIn } from './scale.js';

const STEP_PX = 120;
const TICK_SHORT_PX = 3;

// `covers`: {from, to} where something else will stand; times are not written there.
export function drawTimeRuler(view, y, h, covers) {
	const { ctx, scale, palette, layout } = view;
	const step = niceStep(scale.ns_per_px * STEP_PX);
	const end = scale.from_ns + scale.span_ns;

	ctx.fillStyle = palette.ground;
	ctx.fillRect(layout.body.x, y, layout.body.w, h);
	ctx.font = view.font;
	ctx.textBaseline = 'middle';
	ctx.fillStyle = palette.line;
	for (const at of step >= 10 ? stepsIn(scale.from_ns, end, step / 10) : [])
		ctx.fillRect(Math.round(scale.xOf(at)), y + h - 4, 1, 4);
	for (const at of stepsIn(scale.from_ns, end, step)) {
		const x = Math.round(scale.xOf(at));

		ctx.fillStyle = palette.faint;
		ctx.fillRect(x, y + 4, 1, h - 4);
		const text = rulerTime(at, step), end_x = x + 4 + ctx.measureText(text).width;

		ctx.fillStyle = palette.text;
		if (!covers.some((it) => it.from < end_x && it.to > x))
			ctx.fillText(text, x + 4, y + h / 2 - 1);
	}
	ctx.fillStyle = palette.line;
	ctx.fillRect(layout.body.x, y + h - 1, layout.body.w, 1);
}

export function drawGrid(view) {
	const { ctx, scale, palette, layout } = view;
	const step = niceStep(scale.ns_per_px * STEP_PX);

	ctx.fillStyle = palette.line;
	ctx.globalAlpha = 0.6;
	for (const at of stepsIn(scale.from_ns, scale.from_ns + scale.span_ns, step))
		ctx.fillRect(Math.round(scale.xOf(at)), layout.body.y, 1, layout.body.h);
	ctx.globalAlpha = 1;
}

// Ticks executed until a time, of the overview; a bucket that is cut counts in proportion.
function ticksUntil(overview, gil, at_ns) {
	const place = Math.min(Math.max((at_ns - overview.from_ns) / overview.width_ns, 0), overview.n);
	const whole = Math.floor(place);
	let sum = 0;

	for (let b = 0; b < whole; b++)
		sum += overview.ticks[gil * overview.n + b];
	return whole < overview.n ? sum + (place - whole) * overview.ticks[gil * overview.n + whole] : sum;
}

// Where the sum of the ticks since the trace's begin passes a multiple of the step. A hold's ticks are known at its end.
export function drawTickRuler(view, row, y) {
	const { ctx, columns, palette, layout } = view;
	const sums = new Float64Array(columns.width + 1);

	sums[0] = ticksUntil(view.overview, row.gil, view.scale.from_ns);
	for (let x = 0; x < columns.width; x++)
		sums[x + 1] = sums[x] + columns.count(columns.bins.ticks, row.gil, x);
	const in_view = sums[columns.width] - sums[0];
	const step = niceStep(in_view * STEP_PX / columns.width);
	let free_x = -1;

	if (in_view <= 0)
		return;
	ctx.font = view.font;
	ctx.textBaseline = 'middle';
	for (let x = 0; x < columns.width; x++) {
		const mark = Math.floor(sums[x + 1] / step);

		if (mark === Math.floor(sums[x] / step))
			continue;
		// Below a label that it would cross a bar is short.
		const short = x < free_x ? Math.min(TICK_SHORT_PX, row.h - 4) : row.h - 4;

		ctx.fillStyle = palette.faint;
		ctx.fillRect(layout.body.x + x, y + row.h - 1 - short, 1, short);
		const text = tickText(mark * step);

		if (x < free_x)
			continue;
		const text_px = ctx.measureText(text).width;

		// The grid does not cross it.
		ctx.fillStyle = palette.ground;
		ctx.fillRect(layout.body.x + x + 2, y, text_px + 4, row.h);
		ctx.fillStyle = palette.faint;
		ctx.fillText(text, layout.body.x + x + 4, y + row.h / 2);
		free_x = x + 12 + text_px;
	}
}

function tickText(ticks) {
	return String(Math.round(ticks)).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}
