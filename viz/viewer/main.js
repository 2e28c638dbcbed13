// SPDX-License-Identifier: MIT
// The page: reads the data, makes the parts, and ties them together. Each works by itself on the shared state.
import { installAnnounce, installLaneList, installSelectionSpeech } from './announce.js';
import { App } from './app.js';
import { installBanner } from './banner.js';
import { commandsOf } from './commands.js';
import { installControls } from './controls.js';
import { afterPause, byId, make } from './dom.js';
import { installHash, stateOfHash } from './hash.js';
import { installHelp } from './help.js';
import { installLaneTools, installNothing } from './lane_tools.js';
import { installLegend } from './legend.js';
import { installPalette } from './palette_commands.js';
import { installDetails } from './panels/details.js';
import { installFindings } from './panels/findings.js';
import { installMarkers } from './panels/markers.js';
import { installPairs } from './panels/pairs.js';
import { installSelection } from './panels/selection.js';
import { installThreads } from './panels/threads.js';
import { installPrint } from './print.js';
import { installSearch } from './search_box.js';
import { Source } from './source.js';
import { initialState, Store } from './store.js';
import { installSummary } from './summary.js';
import { installTabs } from './tabs.js';
import { installTheme } from './theme.js';
import { Timeline } from './timeline.js';
import { installNavigation } from './navigation.js';
import { installTooltip } from './tooltip.js';
import { watchStats } from './watch_stats.js';

const LONG_WAIT = 10;
const SAID_MS = 6000;

// Ten times the median wait of those who had to wait, at most half of the longest one: what "next long wait" goes to.
function longWaitOf(report) {
	const waits = report.threads.map((it) => it.wait_contended_ns).filter((it) => it?.p50 > 0);
	const medians = waits.map((it) => it.p50).sort((a, b) => a - b);

	return waits.length ? Math.min(LONG_WAIT * medians[medians.length >> 1], waits.reduce((most, it) => Math.max(most, it.max), 0) / 2) : 1e6;
}

function installParts(app, initial, canvas) {
	const forget = afterPause(() => byId('said').replaceChildren(), SAID_MS);

	installAnnounce(app);
	app.say = (text) => {
		byId('said').textContent = text;
		app.announce(text);
		forget();
	};
	watchStats(app);
	installSelectionSpeech(app);

	const commands = commandsOf(app);
	const openPalette = installPalette(commands);
	const hosts = installTabs(app);

	installFindings(app, hosts.get('findings'));
	app.tables = { threads: installThreads(app, hosts.get('threads')), pairs: installPairs(app, hosts.get('pairs')) };
	installSelection(app, hosts.get('selection'));
	installDetails(app, hosts.get('details'));
	installMarkers(app, hosts.get('markers'));
	installSummary(app);
	installBanner(app);
	installLegend();
	installSearch(app);
	installHelp(app);
	installControls(app, commands);
	installTheme(app);
	installLaneList(app, canvas);
	installLaneTools(app, canvas);
	installNothing(app);
	installTooltip(app, canvas);
	installPrint(app, canvas);
	installHash(app, initial);
	installNavigation(canvas, app.timeline, app.store, navigationCallbacks(app, commands, openPalette));
}

// What the keys of the timeline ask of the page, by the names of the key table.
function navigationCallbacks(app, commands, openPalette) {
	const runs = Object.fromEntries(commands.map((it) => [it.id, it.run]));

	return { ...runs, palette: openPalette, announce: (text) => app.announce(text) };
}

// What the page cannot do without, and browsers of before 2023 do not have.
const NEEDED = ['DecompressionStream', 'OffscreenCanvas', 'ResizeObserver', 'Worker'];

async function begin() {
	const source = await Source.open(document);
	const initial = { ...initialState(source.meta), long_wait_ns: longWaitOf(source.report) };
	const store = new Store({ ...initial, ...stateOfHash(location.hash, source.meta) });
	const canvas = byId('timeline');
	const timeline = new Timeline(canvas, source, store);
	const app = new App(source, store, timeline);

	globalThis.gilscope = { source, store, timeline };
	installParts(app, initial, canvas);
	timeline.draw();
}

function complain(error) {
	document.documentElement.dataset.state = 'error';
	byId('headline').append(make('h1', {}, 'This file cannot be shown.'), make('p', { role: 'alert' }, String(error?.message ?? error)));
	console.error(error);
}

// Else the message stays that stands in the page.
if (NEEDED.every((name) => name in globalThis)) {
	byId('unsupported').remove();
	begin().catch(complain);
} else {
	document.documentElement.dataset.state = 'unsupported';
}
