// SPDX-License-Identifier: MIT
// The current view as SVG: every stay where there are few, else the share of each state in columns.
import { formatNs, formatTime } from './format.js';
import { lanesInOrder } from './lanes.js';
import { paletteFor } from './palette.js';
import { niceStep, rulerTime, stepsIn } from './scale.js';

const COLUMNS = 600;
const MOST_STAYS = 5000;
const WIDTH = 1200, LEFT = 160, RIGHT = 10, LANE = 28, TOP = 62, BOTTOM = 36;
const STEPS = 8;
const LONGEST_HEADLINE = 170;
// From the bottom up, with the height of a state that fills its column.
const LAYERS = [['holding', 4, 1], ['waiting', 3, 0.6], ['entering', 2, 0.3]];

// Any text as XML: what XML forbids is left out.
export function xmlText(text) {
	return String(text).replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function svgRect(x, y, width, height, colour, title = '') {
	return `<rect x="${x.toFixed(2)}" y="${y.toFixed(2)}" width="${Math.max(width, 0.2).toFixed(2)}" height="${height.toFixed(2)}" fill="${colour}">${title ? `<title>${xmlText(title)}</title>` : ''}</rect>`;
}

// Waiting is hatched, as on the page: for those who do not see its colour.
function inkOf(name, colours) {
	return name === 'waiting' ? 'url(#waiting)' : colours[name];
}

function svgDefs(colours) {
	return `<defs><pattern id="waiting" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="4" fill="${colours.waiting}"/><rect width="1" height="4" fill="${colours.waiting_hatch}"/></pattern></defs>`;
}

function svgText(x, y, text, colour, more = '') {
	return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${colour}"${more}>${xmlText(text)}</text>`;
}

function svgLegend(y, colours) {
	const keys = [['holding', 1, 'holds the GIL'], ['waiting', 0.6, 'waits for it'], ['entering', 0.3, 'asks for it'], ['failed', 1, 'failed attempt']];

	return keys.map(([name, share, text], i) => svgRect(LEFT + i * 140, y - 10 * share, name === 'failed' ? 3 : 18, 10 * share, inkOf(name, colours)) + svgText(LEFT + i * 140 + 24, y, text, colours.faint)).join('');
}

// Times and their lines, from the top of the lanes to their end.
function svgRuler(range, x, bottom, colours) {
	const step = niceStep((range.to_ns - range.from_ns) / STEPS);

	return stepsIn(range.from_ns, range.to_ns, step).map((at) =>
		svgRect(x(at), TOP - 10, 1, bottom - TOP + 10, colours.line) + (x(at) < WIDTH - 80 ? svgText(x(at) + 3, TOP - 3, rulerTime(at, step), colours.faint) : '')).join('');
}

function stayRects(app, slices, lane, y, x, colours) {
	return slices.stays.filter((it) => it.lane === lane).flatMap((it) => {
		const layer = LAYERS.find(([, state]) => state === it.state);

		if (!layer)
			return [];
		const height = (LANE - 6) * layer[2], from = x(it.from_ns);

		return [svgRect(from, y + LANE - 3 - height, x(it.to_ns) - from, height, inkOf(layer[0], colours), `${layer[0]} ${it.whole ? '' : 'at least '}${formatNs(it.to_ns - it.from_ns)}`)];
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
				out.push(svgRect(from, top -= height, width, height, inkOf(name, colours)));
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
	const x = (at_ns) => LEFT + (WIDTH - LEFT - RIGHT) * Math.min(1, Math.max(0, (at_ns - range.from_ns) / (range.to_ns - range.from_ns)));
	const slices = await app.source.slices(range, MOST_STAYS);
	const bins = slices ? null : app.source.bins(range, COLUMNS);
	const bottom = TOP + lanes.length * LANE, height = bottom + BOTTOM;
	const title = document.querySelector('h1')?.textContent || document.title;
	const headline = title.length > LONGEST_HEADLINE ? `${title.slice(0, LONGEST_HEADLINE)}\u2026` : title;
	const rows = lanes.map((lane, i) => {
		const y = TOP + i * LANE;

		return `<g><text x="${LEFT - 8}" y="${y + 18}" text-anchor="end" fill="${colours.text}">${xmlText(app.name(lane).slice(0, 22))}</text>${(slices ? stayRects(app, slices, lane, y, x, colours) : binRects(bins, lane, y, x, colours)).join('')}</g>`;
	});

	return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="t d">
<title id="t">${xmlText(title)}</title><desc id="d">${xmlText(`Threads of a Python program, from ${formatTime(range.from_ns)} to ${formatTime(range.to_ns)}. Tall: holds the GIL; half: waits for it; marks on top: failed attempts.`)}</desc>
<rect width="${WIDTH}" height="${height}" fill="${colours.ground}"/>${svgDefs(colours)}${svgText(12, 24, headline, colours.text, ' font-weight="600" font-size="13"')}
${svgRuler(range, x, bottom, colours)}
${rows.join('\n')}
${svgLegend(height - 12, colours)}${svgText(WIDTH - RIGHT, height - 12, `${formatTime(range.from_ns)} + ${formatNs(range.to_ns - range.from_ns)}`, colours.faint, ' text-anchor="end"')}
</svg>
`;
}
