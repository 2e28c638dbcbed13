// SPDX-License-Identifier: MIT
// On paper: light, and the timeline as high as its lanes, up to a page. style.css has the rest.
import { MINIMAP_HEIGHT, RULER_HEIGHT } from './layout.js';

const PAGE_PX = 900;

export function installPrint(app, canvas) {
	let theme = null;

	addEventListener('beforeprint', () => {
		// Some browsers say so twice.
		theme ??= app.store.state.theme;
		app.store.set({ theme: 'light', paper: true });
		canvas.style.height = `${Math.min(app.timeline.layout.content_h + MINIMAP_HEIGHT + RULER_HEIGHT, PAGE_PX)}px`;
		app.timeline.draw();
	});
	addEventListener('afterprint', () => {
		canvas.style.height = '';
		app.store.set({ theme: theme ?? app.store.state.theme, paper: false });
		theme = null;
	});
}
