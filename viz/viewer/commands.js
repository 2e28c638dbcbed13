// SPDX-License-Identifier: MIT
// All that can be done from the palette and by buttons: one list.
import { byId } from './dom.js';
import { formatNs } from './format.js';
import { copyCsv, copyJson, copyLink, savePng, saveSvg } from './copy.js';
import { PANELS } from './hash.js';
import { hideLane, togglePinned } from './lane_tools.js';
import { addMarker } from './panels/markers.js';
import { nextTheme } from './theme.js';

const ORDER_TITLES = { first: 'first seen', name: 'name', wait: 'total wait', wait_max: 'longest wait', starved: 'share of life waited', hold: 'time held', failed: 'failed attempts' };

// {lanes} of what is highlighted: steps stay within them. {}: nothing is.
async function highlightedLanes(app) {
	const { highlight } = app.store.state;

	if (!highlight)
		return {};
	if (highlight.kind === 'pair')
		return { lanes: [highlight.waiter] };
	if (highlight.lanes)
		return { lanes: highlight.lanes };
	const found = await app.source.matches(highlight, 1).catch(() => null);

	return found ? { lanes: [...found.lanes.keys()].filter((lane) => found.lanes.get(lane).some((share) => share > 0)) } : {};
}

export function commandsOf(app) {
	const { store, whole } = app;
	const noFurther = () => `There is no further one${store.state.highlight ? ' in the lanes that are highlighted' : ''}.`;
	const goNext = (query, direction) => app.goToNext(query, direction).then((match) => match || app.say(app.source.progress.error ? 'The events are not read.' : noFurther()));
	const goFailed = async (direction) => goNext({ kind: 'failed', ...await highlightedLanes(app) }, direction);
	const goLong = async (direction) => {
		app.say(`Long: of at least ${formatNs(store.state.long_wait_ns)}`);
		await goNext({ kind: 'wait', min_ns: store.state.long_wait_ns, ...await highlightedLanes(app) }, direction);
	};

	return [
		{ id: 'fit', title: 'Show the whole trace', run: () => store.set({ range: whole }) },
		{ id: 'undo', title: 'Back to the place before', run: () => store.undo() },
		{ id: 'redo', title: 'Forward again', run: () => store.redo() },
		{ id: 'next_failed', title: 'Go to the next failed attempt', run: () => goFailed(1) },
		{ id: 'previous_failed', title: 'Go to the failed attempt before', run: () => goFailed(-1) },
		{ id: 'next_wait', title: 'Go to the next long wait', run: () => goLong(1) },
		{ id: 'previous_wait', title: 'Go to the long wait before', run: () => goLong(-1) },
		{ id: 'select_view', title: 'Select what is shown', run: () => store.set({ selection: store.state.range, panel: 'selection' }) },
		{ id: 'zoom_selection', title: 'Zoom to the selection', run: () => store.state.selection && store.set({ range: store.state.selection }) },
		{ id: 'clear', title: 'Clear selection, highlight and filters', run: () => store.set({ selection: null, highlight: null, filters: [], hidden: [] }) },
		{ id: 'marker', title: 'Set a note', run: () => addMarker(app) },
		{ id: 'search', title: 'Search', run: () => byId('search').focus() },
		...PANELS.map((name) => ({ id: `panel_${name}`, title: `Open the panel: ${name === 'markers' ? 'notes' : name}`, run: () => {
			store.set({ panel: name });
			byId(`tab_${name}`).focus();
		} })),
		...Object.entries(ORDER_TITLES).map(([order, title]) => ({ id: `order_${order}`, title: `Sort lanes by ${title}`, run: () => store.set({ order }) })),
		{ id: 'pin', title: 'Pin the lane in focus, or unpin it', run: () => togglePinned(app, store.state.focus) },
		{ id: 'hide', title: 'Hide the lane in focus', run: () => hideLane(app, store.state.focus) },
		{ id: 'copy_link', title: 'Copy a link to this view', run: () => copyLink(app) },
		{ id: 'copy_csv', title: 'Copy the table as CSV', run: () => copyCsv(app) },
		{ id: 'copy_json', title: 'Copy the table as JSON', run: () => copyJson(app) },
		{ id: 'save_png', title: 'Save the picture as PNG', run: () => savePng(app) },
		{ id: 'save_svg', title: 'Save the picture as SVG', run: () => saveSvg(app) },
		{ id: 'theme', title: 'Change the theme: auto, light, dark', run: () => nextTheme(app) },
		{ id: 'help', title: 'Show all keys', run: () => store.set({ help: true }) },
	];
}
