// SPDX-License-Identifier: MIT
// A table with a row for each thread: the report's numbers of the whole trace, or those of the selection.
import { make, oncePerFrame } from '../dom.js';
import { formatCount, formatExactNs, formatNs, formatShare } from '../format.js';
import { visible } from '../text.js';

const MOST_ROWS = 1000;

const ns = { text: formatNs, title: formatExactNs };
const count = { text: formatCount, title: formatCount };
const share = { text: formatShare, title: (x) => (x === null || x === undefined ? 'unknown' : String(x)) };

// path: in a row of report.threads, and of stats().threads. only: 'whole' where a selection has no such number.
// at, span: where to go when it is clicked.
export const THREAD_COLUMNS = [
	{ id: 'wait_total', title: 'Waited', path: ['wait_ns', 'total'], form: ns, help: 'wait_ns total: from ENTRY to ACQUIRE, summed' },
	{ id: 'wait_ratio', title: 'of its life', path: ['wait_ratio'], form: share, only: 'whole', help: 'wait_ratio' },
	{ id: 'wait_p99', title: 'p99', path: ['wait_ns', 'p99'], form: ns, help: 'wait_ns p99' },
	{ id: 'wait_max', title: 'Longest wait', path: ['wait_ns', 'max'], form: ns, go: 'wait', help: 'wait_ns max; click: go there' },
	{ id: 'attempt_max', title: 'Longest attempt', path: ['attempt_max_ns'], form: ns, only: 'whole', at: 'attempt_max_at_ns',
		help: 'attempt_max_ns: also one that was cut or given up; click: go there' },
	{ id: 'failed', title: 'Failed attempts', path: ['failed_attempts'], form: count, go: 'failed', help: 'failed_attempts: BUSY and RETRY; click: go to the next one' },
	{ id: 'acquisitions', title: 'Acquisitions', path: ['acquisitions'], form: count, help: 'acquisitions: ACQUIRE events' },
	{ id: 'contended', title: 'contended', path: ['acquisitions_contended'], form: count, help: 'acquisitions_contended: those that had to wait' },
	{ id: 'holding', title: 'Held', path: ['state_ns', 'holding'], form: ns, help: 'state_ns holding' },
	{ id: 'hold_max', title: 'Longest hold', path: ['hold_ns', 'max'], form: ns, go: 'hold', help: 'hold_ns max; click: go there' },
	{ id: 'blocked_others', title: 'Blocked others', path: ['blocked_others_ns'], form: ns, only: 'whole',
		help: 'blocked_others_ns: how long others waited while it held' },
	{ id: 'blocking_max', title: 'Longest block', path: ['blocking_max_ns'], form: ns, only: 'whole', at: 'blocking_max_at_ns',
		help: 'blocking_max_ns: the longest that others slept during one of its holds; click: go there' },
	{ id: 'requested', title: 'Releases requested', path: ['releases_requested'], form: count, help: 'releases_requested' },
	{ id: 'checks', title: 'Checks', path: ['checks'], form: count, help: 'checks honoured' },
	{ id: 'ticks', title: 'Ticks', path: ['ticks'], form: count, help: 'ticks executed' },
	{ id: 'switches', title: 'Switches in', path: ['switches_in'], form: count, help: 'switches_in: acquisitions after another thread held it' },
];

export function threadValue(row, column) {
	return column.path.reduce((value, name) => (value === null || value === undefined ? value : value[name]), row) ?? null;
}

// sort: "wait_total-" or "name+"; unknown numbers are last.
export function sortedRows(rows, sort) {
	const id = sort.slice(0, -1), direction = sort.endsWith('-') ? -1 : 1;
	const column = THREAD_COLUMNS.find((it) => it.id === id);
	const key = column ? (row) => threadValue(row, column) : (row) => row.name;

	return [...rows].sort((a, b) => {
		const x = key(a), y = key(b);

		if (x === null || y === null)
			return (x === null) - (y === null);
		return direction * (x < y ? -1 : x > y ? 1 : 0);
	});
}

// Rows of the table: name, lane, gil and the numbers.
export function threadRows(app, stats) {
	if (!stats)
		return app.report.threads.filter((it) => it.selected && app.shows(it.gil))
			.map((it) => ({ ...it, lane: app.laneOfRow(it.thread), name: visible(it.name ?? '') }));
	return stats.threads.filter((it) => app.shows(app.lanes[it.lane].gil))
		.map((it) => ({ ...app.lanes[it.lane], ...it, name: app.name(it.lane) }));
}

function goToNumber(app, column, row, stats) {
	const range = stats ? stats.range : app.whole;

	if (column.at)
		app.goToStay(row.lane, row[column.at], row[column.at] + threadValue(row, column));
	else
		goToMatching(app, goQuery(column.go, row.lane, threadValue(row, column)), range);
}

function goQuery(kind, lane, value) {
	if (kind === 'hold')
		return { kind: 'query', text: `hold>=${value}ns`, lanes: [lane] };
	return { kind, lanes: [lane], min_ns: kind === 'wait' ? value : undefined };
}

// The first one that begins in a range; else it began before that.
export async function firstMatch(source, query, { from_ns, to_ns }) {
	const inside = await source.next(query, from_ns - 1, 1);

	return inside && inside.from_ns <= to_ns ? inside : source.next(query, from_ns, -1);
}

async function goToMatching(app, query, range) {
	const match = await firstMatch(app.source, query, range);

	if (match)
		app.goToStay(match.lane, match.from_ns, match.to_ns);
}

function numberCell(app, column, row, stats) {
	const value = stats && column.only === 'whole' ? null : threadValue(row, column);
	const text = column.form.text(value);
	const goes = value && row.lane !== undefined && (column.go || (column.at && row[column.at] !== null));

	return make('td', { class: 'number', 'data-column': column.id, 'data-value': value, title: column.form.title(value) },
		goes ? make('button', { type: 'button', class: 'go', onclick: () => goToNumber(app, column, row, stats) }, text) : text);
}

function headCell(app, column) {
	const { sort } = app.store.state;
	const mine = sort.slice(0, -1) === column.id;
	const turn = `${column.id}${mine && sort.endsWith('-') ? '+' : mine ? '-' : column.id === 'name' ? '+' : '-'}`;

	return make('th', { scope: 'col', 'data-column': column.id, 'aria-sort': mine ? (sort.endsWith('-') ? 'descending' : 'ascending') : 'none' },
		make('button', { type: 'button', title: column.help, onclick: () => app.store.set({ sort: turn }) }, column.title));
}

function nameCell(app, row) {
	const of = `${app.gilNumber(row.gil)}.${row.number ?? 'others'}`;
	const label = [make('bdi', {}, row.name || '(no name)'), make('small', {}, ` ${row.is_main ? 'main, ' : ''}${row.tid ? `tid ${row.tid}` : of}`)];

	return make('th', { scope: 'row', class: 'name' }, row.lane === undefined ? make('span', {}, ...label)
		: make('button', { type: 'button', class: 'go', title: 'Show its lane', onclick: () => app.store.set({ focus: row.lane, hidden: app.store.state.hidden.filter((it) => it !== row.lane) }) }, ...label));
}

export function installThreads(app, host) {
	const caption = make('caption');
	const head = make('tr'), body = make('tbody');
	let shown = null;

	host.append(make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Threads' },
		make('table', { class: 'threads' }, caption, make('thead', {}, head), body)));

	const mark = () => {
		for (const tr of body.rows)
			tr.toggleAttribute('data-focused', Number(tr.dataset.lane) === app.store.state.focus);
	};
	const draw = (stats) => {
		const columns = THREAD_COLUMNS.filter((it) => !(stats && it.only === 'whole'));

		shown = stats;
		const rows = sortedRows(threadRows(app, stats), app.store.state.sort);
		const left = rows.length - MOST_ROWS;

		caption.textContent = `${stats ? `Threads, in the selection of ${formatNs(stats.range.to_ns - stats.range.from_ns)}` : 'Threads, in the whole trace: the numbers of the report'}${left > 0 ? `; ${formatCount(left)} more are in the copied table` : ''}`;
		head.replaceChildren(...[{ id: 'name', title: 'Thread', help: 'Name' }, ...columns].map((it) => headCell(app, it)));
		body.replaceChildren(...rows.slice(0, MOST_ROWS).map((row) =>
			make('tr', { 'data-thread-row': row.thread ?? row.row ?? row.lane, 'data-lane': row.lane },
				nameCell(app, row), ...columns.map((column) => numberCell(app, column, row, stats)))));
		mark();
	};

	app.onstats(draw);
	app.store.subscribe(['sort', 'gil'], oncePerFrame(() => draw(shown)));
	app.store.subscribe(['focus'], mark);
	draw(null);
	return () => threadRows(app, shown);
}
