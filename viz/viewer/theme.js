// SPDX-License-Identifier: MIT
// Light, dark, or as the system has it.
import { byId } from './dom.js';
import { THEMES } from './hash.js';

const THEME_LABELS = { auto: 'Theme: auto', light: 'Theme: light', dark: 'Theme: dark' };

export function nextTheme(app) {
	const { theme } = app.store.state;

	app.store.set({ theme: THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] });
}

export function installTheme(app) {
	const button = byId('theme');
	const apply = () => {
		const { theme } = app.store.state;

		document.documentElement.dataset.theme = theme;
		button.textContent = THEME_LABELS[theme];
		app.timeline.draw();
	};

	button.addEventListener('click', () => nextTheme(app));
	app.store.subscribe(['theme'], apply);
	apply();
}
