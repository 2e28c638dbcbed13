// SPDX-License-Identifier: MIT
// The statistics of the selection, asked for once for all panels that show them.
import { afterPause } from './dom.js';

// Gives the app onstats(fn): fn(stats), or fn(null) when all is selected.
export function watchStats(app) {
	const listeners = [];
	let asked = 0;
	const tell = (stats) => {
		for (const fn of listeners)
			fn(stats);
	};
	const ask = afterPause(async () => {
		const { selection } = app.store.state;
		const mine = ++asked;

		if (!selection) {
			tell(null);
			return;
		}
		try {
			await app.source.ready;
			const stats = mine === asked && await app.source.stats(selection, 'selection');

			if (mine === asked)
				tell(stats);
		} catch (error) {
			if (!app.source.progress.error)
				throw error;
			tell(null);
		}
	}, 80);

	app.onstats = (fn) => listeners.push(fn);
	app.store.subscribe(['selection'], ask);
	if (app.store.state.selection)
		ask();
}
