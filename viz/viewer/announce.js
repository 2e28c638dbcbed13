// SPDX-License-Identifier: MIT
// The live region, and the lanes as a list for screen readers: the canvas points into it.
import { afterPause, byId, make } from './dom.js';
import { formatCount, formatNs, formatTime } from './format.js';
import { lanesInOrder } from './lanes.js';

const AWAY_MS = 100;

export function installAnnounce(app) {
	const region = byId('live');

	let timer = 0;

	// The same text is not spoken again unless it was away.
	app.announce = (text) => {
		clearTimeout(timer);
		if (region.textContent !== text) {
			region.textContent = text;
			return;
		}
		region.textContent = '';
		timer = setTimeout(() => {
			region.textContent = text;
		}, AWAY_MS);
	};
	const sayRange = afterPause(() => {
		const { range } = app.store.state;

		if (document.activeElement === byId('timeline'))
			app.announce(`${formatNs(range.to_ns - range.from_ns)} from ${formatTime(range.from_ns)}`);
	}, 600);

	// Where what was gone to is said by the details.
	app.store.subscribe(['range'], (state, changed) => changed.includes('picked') || sayRange());
}

// What was selected, when it is counted.
export function installSelectionSpeech(app) {
	app.onstats((stats) => {
		if (!stats)
			return;
		const gils = stats.gils.filter((it) => app.shows(it.gil));
		const wait_ns = gils.reduce((sum, it) => sum + it.wait_ns, 0);
		const failed = gils.reduce((sum, it) => sum + it.failed_attempts, 0);

		app.announce(`Selected ${formatNs(stats.range.to_ns - stats.range.from_ns)}: the threads waited ${formatNs(wait_ns)}, ${formatCount(failed)} failed attempts`);
	});
}

export function laneLabel(app, lane) {
	const it = app.lanes[lane];
	const row = app.report.threads[it.row];

	return `${app.name(lane)}${it.is_main ? ', main thread' : ''}, pid ${it.pid}${row ? `, waited ${formatNs(row.wait_ns.total)}, held ${formatNs(row.state_ns.holding)}, ${formatCount(row.failed_attempts)} failed attempts` : ''}`;
}

export function installLaneList(app, canvas) {
	const list = byId('lanes');

	const items = app.lanes.map((it, lane) => make('li', { id: `lane_${lane}`, role: 'option' }, laneLabel(app, lane)));
	const fill = () => list.replaceChildren(...lanesInOrder(app.source, app.store.state).map((lane) => items[lane]));

	fill();
	const follow = (state, changed = []) => {
		const item = byId(`lane_${state.focus}`);

		list.querySelector('[aria-selected="true"]')?.removeAttribute('aria-selected');
		if (!item) {
			canvas.removeAttribute('aria-activedescendant');
			return;
		}
		item.setAttribute('aria-selected', 'true');
		canvas.setAttribute('aria-activedescendant', item.id);
		if (changed.includes('focus') && !changed.includes('hidden') && document.activeElement === canvas)
			app.announce(item.textContent);
	};

	app.store.subscribe(['order', 'pinned', 'hidden', 'filters', 'gil'], fill);
	app.store.subscribe(['focus', 'order', 'pinned', 'hidden', 'filters', 'gil'], follow);
	follow(app.store.state);
}
