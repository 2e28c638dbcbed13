// SPDX-License-Identifier: MIT
// Statistics and histograms of exactly the selected range.
import { make } from '../dom.js';
import { formatCount, formatExactNs, formatNs, formatRange, formatRatio, formatShare, formatTime } from '../format.js';

const GIL_NUMBERS = [
	['utilisation', 'Utilisation', formatShare], ['contention', 'Contention', formatShare],
	['acquisitions', 'Acquisitions', formatCount], ['failed_attempts', 'Failed attempts', formatCount],
	['checks', 'Checks', formatCount], ['badness', 'Badness', formatRatio], ['switches', 'Switches', formatCount],
	['held_ns', 'Held', formatNs], ['wait_ns', 'Waited, all threads', formatNs], ['wanted_ns', 'Wanted', formatNs],
];

function gilNumbers(app, stats) {
	const gils = stats.gils.filter((it) => app.shows(it.gil));

	return make('table', { class: 'gil_numbers' },
		make('caption', {}, 'The GIL in the selection'),
		make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'GIL'), ...GIL_NUMBERS.map(([, title]) => make('th', { scope: 'col' }, title)))),
		make('tbody', {}, ...gils.map((it) => make('tr', { 'data-gil': it.gil }, make('th', { scope: 'row' }, app.gilName(it.gil)),
			...GIL_NUMBERS.map(([name, , text]) => make('td', { class: 'number', 'data-column': name, 'data-value': it[name],
				title: name.endsWith('_ns') ? formatExactNs(it[name]) : it[name] }, text(it[name])))))));
}

function histogramOf(title, kind, bars) {
	const most = bars.reduce((max, it) => Math.max(max, it.count), 1);

	return make('table', { class: `histogram ${kind}`, 'data-histogram': kind },
		make('caption', {}, title),
		make('thead', { class: 'quiet' }, make('tr', {}, make('th', { scope: 'col' }, 'from'), make('th', { scope: 'col' }, 'bar'), make('th', { scope: 'col' }, 'count'))),
		make('tbody', {}, ...bars.map((it) => {
			const bar = make('div', { class: 'bar' });

			bar.style.width = `${100 * it.count / most}%`;
			return make('tr', { title: `${formatExactNs(it.from_ns)} to ${formatExactNs(it.to_ns)}` },
				make('th', { scope: 'row', class: 'number' }, formatNs(it.from_ns)), make('td', { class: 'bars' }, it.count ? bar : null),
				make('td', { class: 'number', 'data-value': it.count }, formatCount(it.count)));
		})));
}

function chipsOf(app, range) {
	return make('p', { class: 'chips' },
		make('span', { class: 'chip' }, formatRange(range),
			make('button', { type: 'button', id: 'clear_selection', 'aria-label': 'Clear the selection', onclick: () => app.store.set({ selection: null }) }, '\u00d7')),
		make('button', { type: 'button', onclick: () => app.store.set({ range }) }, 'Zoom to it'));
}

// Numbers of a part are counted from its events: those that the file has.
function leftOutOf(app, range) {
	const { from_ns } = app.source.meta.left_out;

	return from_ns === null || range.to_ns <= from_ns ? [] : [make('p', { class: 'notice' },
		`Events from ${formatTime(from_ns)} on are not in this file: these numbers are too small. gilscope report --time has all of them.`)];
}

export function installSelection(app, host) {
	let shown = null;
	const draw = () => {
		const { selection } = app.store.state;

		if (!selection)
			host.replaceChildren(make('p', { class: 'empty' }, 'Drag over the timeline to select a range: its statistics stand here, and in the tables of threads and pairs.'),
				make('p', {}, make('button', { type: 'button', id: 'select_view', onclick: () => app.store.set({ selection: app.store.state.range }) }, 'Select what is shown')));
		else if (!shown)
			host.replaceChildren(chipsOf(app, selection), make('p', { class: 'empty' }, app.source.progress.error ?? 'Counting ...'));
		else
			host.replaceChildren(chipsOf(app, shown.range), ...leftOutOf(app, shown.range), gilNumbers(app, shown), make('div', { class: 'histograms' },
				histogramOf('Waits within it: how many took how long', 'wait', shown.histograms.wait), histogramOf('Holds within it: how many took how long', 'hold', shown.histograms.hold)));
	};

	app.onstats((stats) => {
		shown = stats;
		draw();
	});
	app.store.subscribe(['gil'], draw);
	app.store.subscribe(['selection'], (state) => {
		if (!state.selection || !shown)
			draw();
	});
	draw();
}
