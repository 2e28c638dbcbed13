// SPDX-License-Identifier: MIT
// The keyboard overlay, made from the table that the keys themselves are made from.
import { make } from './dom.js';
import { makeDialog } from './dialog.js';
import { formatNs } from './format.js';
import { keyHelp } from './keys.js';

const SEARCH_EXAMPLES = [
	['worker', 'threads with this in their name'], ['tid:1234', 'the thread with this id; pid: and gil:, too'],
	['wait>1ms', 'attempts of more than 1 ms'], ['failed>3', 'attempts that failed more than 3 times'],
	['holder:main', 'attempts during which it held'], ['hold>5ms', 'holds of more than 5 ms'],
	['state:waiting dur>1ms', 'stays by state and duration; all words must hold'],
];

function keyTable(caption, rows) {
	return make('table', { class: 'keys' }, make('caption', {}, caption), make('tbody', {}, ...rows.map(([keys, does]) =>
		make('tr', {}, make('th', { scope: 'row' }, ...keys.flatMap((key) => [make('kbd', {}, key), ' '])), make('td', {}, does)))));
}

export function installHelp(app) {
	const bound = `, of at least ${formatNs(app.store.state.long_wait_ns)}`;
	const tables = Object.entries(keyHelp({ next_wait: bound, previous_wait: bound })).map(([group, rows]) => keyTable(group, rows));
	const dialog = makeDialog('help', 'Keys', make('div', { class: 'columns' }, ...tables,
		keyTable('Search box', SEARCH_EXAMPLES.map(([text, does]) => [[text], does]))));

	dialog.addEventListener('close', () => app.store.set({ help: false }));
	app.store.subscribe(['help'], ({ help }) => {
		if (help && !dialog.open)
			dialog.showModal();
		else if (!help && dialog.open)
			dialog.close();
	});
}
