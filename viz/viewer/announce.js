// SPDX-License-Identifier: MIT
// The live region, and the lanes as a list for screen readers: the canvas points into it.
import { byId, make } from './dom.js';
import { formatNs } from './format.js';

export function installAnnounce(app) {
	const region = byId('live');

	app.announce = (text) => {
		region.textContent = text;
	};
}

export function laneLabel(app, lane) {
	const it = app.lanes[lane];
	const row = app.report.threads[it.row];

	return `${app.name(lane)}${it.is_main ? ', main thread' : ''}, pid ${it.pid}${row ? `, waited ${formatNs(row.wait_ns.total)}, held ${formatNs(row.state_ns.holding)}, ${row.failed_attempts} failed attempts` : ''}`;
}

export function installLaneList(app, canvas) {
	const list = byId('lanes');

	list.append(...app.lanes.map((it, lane) => make('li', { id: `lane_${lane}`, role: 'option' }, laneLabel(app, lane))));
	const follow = (state, changed = []) => {
		const item = byId(`lane_${state.focus}`);

		list.querySelector('[aria-selected]')?.removeAttribute('aria-selected');
		if (!item)
			return;
		item.setAttribute('aria-selected', 'true');
		canvas.setAttribute('aria-activedescendant', item.id);
		if (changed.length && document.activeElement === canvas)
			app.announce(item.textContent);
	};

	app.store.subscribe(['focus'], follow);
	follow(app.store.state);
}
