// SPDX-License-Identifier: MIT
// The panels as tabs: arrows move among them, as in other programs.
import { byId, make } from './dom.js';
import { PANELS } from './hash.js';

const PANEL_TITLES = { findings: 'Findings', threads: 'Threads', pairs: 'Who blocked whom', selection: 'Selection', details: 'Details', markers: 'Notes' };

export function installTabs(app) {
	const tabs = byId('tabs'), panels = byId('panels');
	const buttons = new Map(), hosts = new Map();

	for (const name of PANELS) {
		const button = make('button', { type: 'button', role: 'tab', id: `tab_${name}`, 'data-tab': name, 'aria-controls': `panel_${name}`,
			onclick: () => app.store.set({ panel: name }) }, PANEL_TITLES[name]);
		const host = make('section', { role: 'tabpanel', id: `panel_${name}`, 'data-panel': name, 'aria-labelledby': button.id, tabindex: -1 });

		buttons.set(name, button);
		hosts.set(name, host);
		tabs.append(button);
		panels.append(host);
	}
	tabs.addEventListener('keydown', (event) => {
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		const at = PANELS.indexOf(app.store.state.panel);
		const to = step ? (at + step + PANELS.length) % PANELS.length : { Home: 0, End: PANELS.length - 1 }[event.key];

		if (to === undefined)
			return;
		event.preventDefault();
		event.stopPropagation();
		app.store.set({ panel: PANELS[to] });
		buttons.get(PANELS[to]).focus();
	});
	const show = () => {
		for (const name of PANELS) {
			const on = name === app.store.state.panel;

			hosts.get(name).hidden = !on;
			buttons.get(name).setAttribute('aria-selected', String(on));
			buttons.get(name).tabIndex = on ? 0 : -1;
		}
	};

	// The link at the page's begin. Its address would be taken for a view.
	document.querySelector('a.skip').addEventListener('click', (event) => {
		event.preventDefault();
		buttons.get(app.store.state.panel).focus();
	});
	app.store.subscribe(['panel'], show);
	show();
	return hosts;
}
