// SPDX-License-Identifier: MIT
// The current view as SVG: every stay where there are few, else the share of each state in columns.
import { Columns } from './columns.js';
import { byLane } from './draw_exact.js';
import { formatNs, formatTime } from './format.js';
import { lanesInOrder } from './lanes.js';
import { paletteFor, STATE_HEIGHTS } from './palette.js';
import { niceStep, rulerTime, stepsIn } from './scale.js';

const MOST_STAYS = 5000;
const WIDTH = 1200, LEFT = 180, RIGHT = 10, LANE = 28, TOP = 62, BOTTOM = 36;
// Two pixels each: edges on whole ones.
const COLUMNS = (WIDTH - LEFT - RIGHT) / 2;
const STEPS = 8;
const LONGEST_HEADLINE = 170, LONGEST_LABEL = 24;
// From the bottom up, with the height of a state that fills its column.
const LAYERS = [['holding', 4], ['waiting', 3], ['entering', 2]].map(([name, state]) => [name, state, STATE_HEIGHTS[state]]);

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
	return `<defs><pattern id="lost" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${colours.ground}" fill-opacity="0.7"/><path d="M0 0L8 8" stroke="${colours.lost}" stroke-width="1.6"/></pattern><pattern id="waiting" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="4" fill="${colours.waiting}"/><rect width="1" height="4" fill="${colours.waiting_hatch}"/></pattern></defs>`;
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

function labelOf(name) {
	const letters = [...name];

	return letters.length > LONGEST_LABEL ? `${letters.slice(0, LONGEST_LABEL - 1).join('')}\u2026` : name;
}

function stayRects(slices, lane, y, x, colours) {
	const { stays = [], marks = [] } = slices.get(lane) ?? {};

	return stays.flatMap((it) => {
		const layer = LAYERS.find(([, state]) => state === it.state);

		if (!layer)
			return [];
		const height = (LANE - 6) * layer[2], from = x(it.from_ns);

		return [svgRect(from, y + LANE - 3 - height, x(it.to_ns) - from, height, inkOf(layer[0], colours), `${layer[0]} ${it.whole ? '' : 'at least '}${formatNs(it.to_ns - it.from_ns)}`)];
	}).concat(marks.filter((it) => it.kind >= 1 && it.kind <= 3).map((it) => svgRect(x(it.at_ns) - 0.5, y + 2, 1, 6, colours.failed)));
}

// Rectangles of one colour as a single path; neighbours of equal height are one.
export class SvgPath {
	#parts = [];
	#last = null;   // {x, end, y, h}, as text but for its numbers in x

	add(x, y, width, height) {
		const [top, h] = [y.toFixed(2), height.toFixed(2)], last = this.#last;

		if (last && last.y === top && last.h === h && Math.abs(last.end - x) < 0.005) {
			last.end = x + width;
			return;
		}
		this.#end();
		this.#last = { x, end: x + width, y: top, h };
	}

	#end() {
		const last = this.#last;

		if (last)
			this.#parts.push(`M${last.x.toFixed(2)} ${last.y}h${(last.end - last.x).toFixed(2)}v${last.h}H${last.x.toFixed(2)}z`);
		this.#last = null;
	}

	text(colour) {
		this.#end();
		return this.#parts.length ? `<path d="${this.#parts.join('')}" fill="${colour}"/>` : '';
	}
}

// As the canvas stacks them: in each column the shares of the time, with the heights of the states.
function columnPaths(columns, lane, y, colours) {
	const paths = new Map([...LAYERS.map(([name]) => name), 'failed'].map((name) => [name, new SvgPath()])), bottom = y + LANE - 3;
	const step = (WIDTH - LEFT - RIGHT) / columns.width;

	for (let c = 0; c < columns.width; c++) {
		let top = bottom;

		if (!columns.hasData(c))
			continue;
		for (const [name, , height] of LAYERS) {
			const h = (LANE - 6) * height * columns.share(columns.bins[name], lane, c) / 255;

			if (h)
				paths.get(name).add(LEFT + c * step, top -= h, step, h);
		}
		if (columns.count(columns.bins.failed, lane, c))
			paths.get('failed').add(LEFT + c * step, y, step, 3);
	}
	return [...paths].map(([name, path]) => path.text(inkOf(name, colours)));
}

// Outside, as long as the thread is there.
function lifeRect(app, lane, y, x, colours) {
	const { first_ns, last_ns } = app.lanes[lane];
	const from = x(first_ns), width = x(last_ns) - from;

	return width > 0 ? svgRect(from, y + LANE - 4, width, 1, colours.outside) : '';
}

// What nobody knows, over all lanes of the process that lost it.
function lossRects(app, lanes, x) {
	const { losses, gils, lanes: all } = app.source.meta;
	const groups = [];   // lanes of a GIL, one below the other

	lanes.forEach((lane, i) => {
		if (groups.at(-1)?.gil !== all[lane].gil)
			groups.push({ gil: all[lane].gil, first: i, n: 0 });
		groups.at(-1).n++;
	});
	return losses.flatMap((loss) => groups.flatMap(({ gil, first, n }) => {
		const from = x(loss.from_ns), width = x(loss.to_ns) - from;

		return width <= 0 || ((loss.pid ?? null) !== null && loss.pid !== gils[gil].pid) ? []
			: [svgRect(from, TOP + first * LANE, width, n * LANE, 'url(#lost)', 'events were lost')];
	}));
}

export async function pictureOf(app) {
	const { range, theme } = app.store.state;
	const colours = paletteFor(theme);
	const lanes = lanesInOrder(app.source, app.store.state);
	const x = (at_ns) => LEFT + (WIDTH - LEFT - RIGHT) * Math.min(1, Math.max(0, (at_ns - range.from_ns) / (range.to_ns - range.from_ns)));
	const found = await app.source.slices(range, MOST_STAYS);
	const slices = found && byLane(found);
	const columns = slices ? null : new Columns(app.source.bins(range, COLUMNS), range, COLUMNS);
	const bottom = TOP + lanes.length * LANE, height = bottom + BOTTOM;
	const title = document.querySelector('h1')?.textContent || document.title;
	const headline = title.length > LONGEST_HEADLINE ? `${title.slice(0, LONGEST_HEADLINE)}\u2026` : title;
	const rows = lanes.map((lane, i) => {
		const y = TOP + i * LANE;

		return `<g><text x="${LEFT - 8}" y="${y + 18}" text-anchor="end" fill="${colours.text}">${xmlText(labelOf(app.name(lane)))}</text>${lifeRect(app, lane, y, x, colours)}${(slices ? stayRects(slices, lane, y, x, colours) : columnPaths(columns, lane, y, colours)).join('')}</g>`;
	});

	return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="t d">
<title id="t">${xmlText(title)}</title><desc id="d">${xmlText(`Threads of a Python program, from ${formatTime(range.from_ns)} to ${formatTime(range.to_ns)}. Tall: holds the GIL; half: waits for it; marks on top: failed attempts.`)}</desc>
<rect width="${WIDTH}" height="${height}" fill="${colours.ground}"/>${svgDefs(colours)}${svgText(12, 24, headline, colours.text, ' font-weight="600" font-size="13"')}
${svgRuler(range, x, bottom, colours)}
${rows.join('\n')}
${lossRects(app, lanes, x).join('')}
${svgLegend(height - 12, colours)}${svgText(WIDTH - RIGHT, height - 12, `${formatTime(range.from_ns)} + ${formatNs(range.to_ns - range.from_ns)}`, colours.faint, ' text-anchor="end"')}
</svg>
`;
}
