// SPDX-License-Identifier: MIT
// Who waited for whom: a matrix for each GIL; a cell, when clicked, makes its waits stand out.
import { make } from '../dom.js';
import { formatCount, formatExactNs, formatNs } from '../format.js';
import { visible } from '../text.js';

const MOST_THREADS = 24;
const SHADES = 5;

// Pairs with lanes and names, from the report or the selection's statistics. holder_key: "free", a lane, or a name.
export function pairRows(app, stats) {
	if (stats)
		return stats.pairs.map((it) => ({ ...it, gil: app.lanes[it.waiter].gil, waiter_name: app.name(it.waiter),
			holder_name: it.holder === null ? null : app.name(it.holder), waiter_key: it.waiter, holder_key: it.holder ?? 'free' }));
	return app.report.pairs.map((it) => ({ ...it, waiter: app.laneOfRow(it.waiter), holder: it.holder === null ? null : app.laneOfRow(it.holder),
		waiter_name: visible(it.waiter_name ?? ''), holder_name: it.holder_name === null ? null : visible(it.holder_name),
		waiter_key: `row ${it.waiter}`, holder_key: it.holder === null ? it.holder_name ?? 'free' : `row ${it.holder}` }));
}

// The keys with the greatest sums first: [{key, name, sum}].
export function largestSums(pairs, key, name) {
	const sums = new Map();

	for (const pair of pairs) {
		const it = sums.get(pair[key]) ?? { key: pair[key], name: pair[name] ?? '(free or unknown)', sum: 0 };

		it.sum += pair.wait_ns;
		sums.set(pair[key], it);
	}
	return [...sums.values()].sort((a, b) => b.sum - a.sum);
}

function pairCell(app, pair, most) {
	if (!pair)
		return make('td', { class: 'number none' }, '\u00b7');
	const shade = pair.wait_ns ? Math.max(1, Math.ceil(SHADES * pair.wait_ns / most)) : 0;
	const what = `${pair.waiter_name} waited ${formatExactNs(pair.wait_ns)} for ${pair.holder_name ?? 'a GIL that was free, or whose holder is unknown'}: ${formatCount(pair.waits)} waits, ${formatCount(pair.failed_attempts)} failed attempts`;
	const inside = [formatNs(pair.wait_ns), make('small', {}, ` ${formatCount(pair.failed_attempts)}\u00d7`)];
	const { highlight } = app.store.state;
	const query = { kind: 'pair', waiter: pair.waiter, holder: pair.holder };
	const on = highlight?.kind === 'pair' && highlight.waiter === pair.waiter && highlight.holder === pair.holder;

	return make('td', { class: `number shade${shade}`, 'data-value': pair.wait_ns, 'data-waiter': pair.waiter, 'data-holder': pair.holder ?? 'free', title: what },
		pair.waiter === undefined || pair.holder === undefined ? make('span', {}, ...inside)
			: make('button', { type: 'button', class: 'go', 'aria-pressed': String(on), 'aria-label': what,
				onclick: () => app.store.set({ highlight: on ? null : query, focus: pair.waiter }) }, ...inside));
}

function matrixOf(app, pairs, gil, several) {
	const waiters = largestSums(pairs, 'waiter_key', 'waiter_name'), holders = largestSums(pairs, 'holder_key', 'holder_name');
	const cells = new Map(pairs.map((it) => [`${it.waiter_key}|${it.holder_key}`, it]));
	const most = pairs.reduce((max, it) => Math.max(max, it.wait_ns), 1);
	const left = Math.max(waiters.length, holders.length) - MOST_THREADS;
	const columns = holders.slice(0, MOST_THREADS);

	return make('table', { class: 'pairs', 'data-gil': gil },
		make('caption', {}, `${several ? `${app.gilName(gil)}: ` : ''}who waited (rows) while whom held it (columns), and failed attempts (\u00d7)${left > 0 ? `; ${left} more are in the copied table` : ''}`),
		make('thead', {}, make('tr', {}, make('td'), ...columns.map((it) => make('th', { scope: 'col', 'data-value': it.sum, title: formatExactNs(it.sum) }, make('bdi', {}, it.name))))),
		make('tbody', {}, ...waiters.slice(0, MOST_THREADS).map((waiter) => make('tr', {},
			make('th', { scope: 'row', 'data-value': waiter.sum, title: formatExactNs(waiter.sum) }, make('bdi', {}, waiter.name)),
			...columns.map((holder) => pairCell(app, cells.get(`${waiter.key}|${holder.key}`), most))))));
}

export function installPairs(app, host) {
	const box = make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Who blocked whom' });
	let shown = null;

	host.append(box);
	const draw = () => {
		const pairs = pairRows(app, shown).filter((it) => app.shows(it.gil));
		const gils = [...new Set(pairs.map((it) => it.gil))];

		const { waiter, holder } = box.contains(document.activeElement) ? document.activeElement.parentElement.dataset : {};

		box.replaceChildren(...gils.map((gil) => matrixOf(app, pairs.filter((it) => it.gil === gil), gil, app.source.meta.gils.length > 1)));
		if (shown?.holders_unknown)
			box.append(make('p', { class: 'empty' }, 'This file was made with --thread: without the holds of the other threads, who blocked whom in a part of it is not known. Clear the selection to see it of the whole.'));
		else if (!gils.length)
			box.append(make('p', { class: 'empty' }, 'Nobody had to wait for another.'));
		// The cell that was pressed is a new one.
		if (waiter !== undefined)
			box.querySelector(`td[data-waiter="${waiter}"][data-holder="${holder}"] button`)?.focus();
	};

	app.onstats((stats) => {
		shown = stats;
		draw();
	});
	app.store.subscribe(['highlight', 'gil'], draw);
	draw();
	return () => pairRows(app, shown).filter((it) => app.shows(it.gil));
}
