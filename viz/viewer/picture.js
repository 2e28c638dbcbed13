// SPDX-License-Identifier: MIT
// The current view as SVG: every stay where there are few, else the share of each state in columns.
import { formatNs, formatTime } from './format.js';
import { lanesInOrder } from './lanes.js';
import { paletteFor } from './palette.js';

const COLUMNS = 600;
const MOST_STAYS = 5000;
const WIDTH = 1200, LEFT = 160, LANE = 28, TOP = 40;
// From the bottom up, with the height of a state that fills its column.
const LAYERS = [['holding', 4, 1], ['waiting', 3, 0.6], ['entering', 2, 0.3]];

// Any text as XML: what XML forbids is left out.
export function xmlText(text) {
	return String(text).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function svgRect(x, y, width, height, colour, title = '') {
	return `<rect x="${x.toFixed(2)}" y="${y.toFixed(2)}" width="${Math.max(width, 0.2).toFixed(2)}" height="${height.toFixed(2)}" fill="${colour}">${title ? `<title>${xmlText(title)}</title>` : ''}</rect>`;
}

function stayRects(app, slices, lane, y, x, colours) {
	return slices.stays.filter((it) => it.lane === lane).flatMap((it) => {
		const layer = LAYERS.find(([, state]) => state === it.state);

		if (!layer)
			return [];
		const height = (LANE - 6) * layer[2], from = x(it.from_ns);

		return [svgRect(from, y + LANE - 3 - height, x(it.to_ns) - from, height, colours[layer[0]], `${layer[0]} ${formatNs(it.to_ns - it.from_ns)}`)];
	}).concat(slices.marks.filter((it) => it.lane === lane && it.kind >= 1 && it.kind <= 3).map((it) => svgRect(x(it.at_ns) - 0.5, y + 2, 1, 6, colours.failed)));
}

function binRects(bins, lane, y, x, colours) {
	const out = [];

	for (let b = 0; b < bins.n; b++) {
		const at = lane * bins.n + b;
		const from = x(bins.from_ns + b * bins.width_ns), width = x(bins.from_ns + (b + 1) * bins.width_ns) - from;
		let top = y + LANE - 3;

		for (const [name] of LAYERS) {
			const height = (LANE - 6) * bins[name][at] / 255;

			if (height)
				out.push(svgRect(from, top -= height, width, height, colours[name]));
		}
		if (bins.failed[at])
			out.push(svgRect(from, y, width, 3, colours.failed));
	}
	return out;
}

export async function pictureOf(app) {
	const { range, theme } = app.store.state;
	const colours = paletteFor(theme);
	const lanes = lanesInOrder(app.source, app.store.state);
	const x = (at_ns) => LEFT + (WIDTH - LEFT - 10) * Math.min(1, Math.max(0, (at_ns - range.from_ns) / (range.to_ns - range.from_ns)));
	const slices = await app.source.slices(range, MOST_STAYS);
	const bins = slices ? null : app.source.bins(range, COLUMNS);
	const height = TOP + lanes.length * LANE + 30;
	const title = document.title;
	const rows = lanes.map((lane, i) => {
		const y = TOP + i * LANE;

		return `<g><text x="${LEFT - 8}" y="${y + 18}" text-anchor="end" fill="${colours.text}">${xmlText(app.name(lane).slice(0, 22))}</text>${(slices ? stayRects(app, slices, lane, y, x, colours) : binRects(bins, lane, y, x, colours)).join('')}</g>`;
	});

	return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="t d">
<title id="t">${xmlText(title)}</title><desc id="d">${xmlText(`Threads of a Python program, from ${formatTime(range.from_ns)} to ${formatTime(range.to_ns)}. Tall: holds the GIL; half: waits for it; marks on top: failed attempts.`)}</desc>
<rect width="${WIDTH}" height="${height}" fill="${colours.ground}"/><text x="${LEFT}" y="22" fill="${colours.text}">${xmlText(title)}</text>
${rows.join('\n')}
<text x="${LEFT}" y="${height - 10}" fill="${colours.faint}">${formatTime(range.from_ns)}</text><text x="${WIDTH - 10}" y="${height - 10}" text-anchor="end" fill="${colours.faint}">${formatTime(range.to_ns)}</text>
</svg>
`;
}
