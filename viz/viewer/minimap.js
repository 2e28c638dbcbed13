// SPDX-License-Identifier: MIT
// The whole trace in a strip: how much was held and waited, where attempts failed; and the window that the timeline shows.
import { Columns } from './columns.js';
import { packedColour } from './palette.js';
import { paintColumn } from './draw_lane.js';

// The strip without its window: drawn once for a size, a palette and a set of lanes.
export function minimapPicture(source, lanes, width, height, palette) {
	const columns = new Columns(source.overview, { from_ns: 0, to_ns: Math.max(source.meta.duration_ns, 1) }, width);
	const held = new Float64Array(width);
	const waited = new Float64Array(width);
	const failed = new Uint8Array(width);

	for (const lane of lanes)
		for (let x = 0; x < width; x++) {
			held[x] += columns.share(source.overview.holding, lane, x);
			waited[x] += columns.share(source.overview.waiting, lane, x);
			failed[x] |= columns.count(source.overview.failed, lane, x) > 0 ? 1 : 0;
		}
	return paintMinimap({ held, waited, failed }, width, height, palette);
}

// Holding grows from below, waiting from above: each as high as its mean number of threads, of the most of both.
function paintMinimap({ held, waited, failed }, width, height, palette) {
	const canvas = new OffscreenCanvas(width, height);
	const ctx = canvas.getContext('2d');
	const image = ctx.createImageData(width, height);
	const pixels = { data: new Uint32Array(image.data.buffer), width, height };
	let most = 1;

	for (let x = 0; x < width; x++)
		most = Math.max(most, held[x] + waited[x]);
	for (let x = 0; x < width; x++) {
		const h = Math.ceil(held[x] / most * (height - 4));

		paintColumn(pixels, x, height - h, height, packedColour(palette.holding));
		paintColumn(pixels, x, height - h - Math.round(waited[x] / most * (height - 4)), height - h, packedColour(palette.waiting));
		if (failed[x])
			paintColumn(pixels, x, 0, 3, packedColour(palette.failed_edge));
	}
	ctx.putImageData(image, 0, 0);
	return canvas;
}

export function drawMinimapWindow(view, x, y, w, h) {
	const { ctx, palette, state } = view;
	const px = w / view.whole_ns;
	const from = x + state.range.from_ns * px;
	const to = Math.max(x + state.range.to_ns * px, from + 3);

	ctx.fillStyle = palette.ground;
	ctx.globalAlpha = 0.6;
	ctx.fillRect(x, y, from - x, h);
	ctx.fillRect(to, y, x + w - to, h);
	ctx.globalAlpha = 1;
	ctx.fillStyle = view.lost;
	for (const loss of view.source.meta.losses)
		ctx.fillRect(x + loss.from_ns * px, y, Math.max((loss.to_ns - loss.from_ns) * px, 2), h);
	ctx.strokeStyle = palette.text;
	ctx.lineWidth = 1.5;
	ctx.strokeRect(from + 0.75, y + 0.75, to - from - 1.5, h - 1.5);
	if (state.selection) {
		ctx.fillStyle = palette.accent;
		ctx.fillRect(x + state.selection.from_ns * px, y + h - 3, Math.max((state.selection.to_ns - state.selection.from_ns) * px, 2), 3);
	}
	ctx.fillStyle = palette.text;
	for (const marker of state.markers)
		ctx.fillRect(x + marker.at_ns * px, y, 1, h);
}
