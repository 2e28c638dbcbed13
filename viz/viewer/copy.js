// SPDX-License-Identifier: MIT
// What is shown, to take away: tables as CSV or JSON, the picture as PNG or SVG, the view as a link.
import { initialState } from './store.js';
import { linkOf } from './hash.js';
import { pictureOf } from './picture.js';
import { saveBlob, saveText, toClipboard } from './save.js';
import { THREAD_COLUMNS, threadValue } from './panels/threads.js';

// A cell that a spreadsheet does not take for a formula.
export function csvCell(value) {
	if (value === null || value === undefined)
		return '';
	if (typeof value === 'number')
		return String(value);
	const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);

	return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvOf(rows) {
	if (!rows.length)
		return '';
	const names = Object.keys(rows[0]);

	return `${[names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) => cells.map(csvCell).join(',')).join('\n')}\n`;
}

function threadRecord(app, row) {
	const out = { gil: app.gilNumber(row.gil), pid: row.pid, tid: row.tid, name: row.name };

	for (const column of THREAD_COLUMNS)
		out[column.path.join('_').replace(/^(\w+)_ns_(\w+)$/, '$1_$2_ns')] = threadValue(row, column);
	return out;
}

function pairRecord(app, pair) {
	return { gil: app.gilNumber(pair.gil), waiter: pair.waiter_name, holder: pair.holder_name, wait_ns: pair.wait_ns, waits: pair.waits, failed_attempts: pair.failed_attempts };
}

function shownRecords(app) {
	return app.store.state.panel === 'pairs' ? app.tables.pairs().map((it) => pairRecord(app, it)) : app.tables.threads().map((it) => threadRecord(app, it));
}

async function copyText(app, text, what) {
	app.say(await toClipboard(text) ? `${what} copied.` : 'The browser did not allow to copy.');
}

export function copyCsv(app) {
	return copyText(app, csvOf(shownRecords(app)), 'Table');
}

export function copyJson(app) {
	const { selection, panel } = app.store.state;

	return copyText(app, `${JSON.stringify({ range: selection ?? app.whole, [panel === 'pairs' ? 'pairs' : 'threads']: shownRecords(app) }, null, '\t')}\n`, 'Table');
}

export function copyLink(app) {
	return copyText(app, linkOf(app, initialState(app.source.meta)), 'Link');
}

export function savePng(app) {
	app.timeline.draw();
	document.getElementById('timeline').toBlob((blob) => blob && saveBlob('gilscope.png', blob), 'image/png');
}

export async function saveSvg(app) {
	saveText('gilscope.svg', 'image/svg+xml', await pictureOf(app));
}
