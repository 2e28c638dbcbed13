// SPDX-License-Identifier: MIT
// The trace in a line of chips: the report's numbers.
import { byId, make } from './dom.js';
import { formatCount, formatExactNs, formatMany, formatNs, formatShare } from './format.js';
import { runtimeOf, visible } from './text.js';

function summaryChip(id, title, text, value, help) {
	return make('span', { class: 'fact', 'data-fact': id, 'data-value': value, title: help }, make('span', { class: 'label' }, title), ' ', make('strong', {}, text));
}

function intervalText(gil) {
	return gil.interval === null || gil.interval === undefined ? 'unknown' : gil.interval_unit === 'us' ? formatNs(gil.interval * 1000) : formatMany(gil.interval, 'tick');
}

function gilChips(gil) {
	return [
		summaryChip('python', 'Runtime', gil.version ? runtimeOf(gil.version) : 'unknown', gil.version, `Design of the lock: ${visible(String(gil.design))}`),
		summaryChip('interval', gil.interval_unit === 'ticks' ? 'Check interval' : 'Switch interval', intervalText(gil), gil.interval, 'After how long a thread is asked to let go'),
		summaryChip('threads', 'Threads', formatCount(gil.threads), gil.threads),
		summaryChip('utilisation', 'Held', formatShare(gil.utilisation), gil.utilisation, `utilisation: ${formatExactNs(gil.held_ns)} held`),
		summaryChip('contention', 'Wanted', formatShare(gil.contention), gil.contention, 'contention: share of the time in which at least one thread was asleep, waiting'),
		summaryChip('failed_attempts', 'Failed attempts', formatCount(gil.failed_attempts), gil.failed_attempts, 'BUSY and RETRY'),
		summaryChip('switches', 'Switches', formatCount(gil.switches), gil.switches, 'acquisitions by another thread than the last holder'),
	];
}

// The GIL shown, or the one that the first finding is of.
export function summaryGil(app) {
	return app.report.gils[app.store.state.gil ?? app.report.findings[0]?.gil ?? 0];
}

export function installSummary(app) {
	const { trace, gils } = app.report;
	const draw = () => {
		const gil = summaryGil(app);

		byId('facts').replaceChildren(
			summaryChip('duration', 'Duration', formatNs(trace.duration_ns), trace.duration_ns, formatExactNs(trace.duration_ns)),
			summaryChip('events', 'Events', formatCount(trace.events), trace.events),
			...(gil && gils.length > 1 ? [make('span', { class: 'fact whose' }, `GIL ${gil.gil}, pid ${gil.pid}:`)] : []),
			...(gil ? gilChips(gil) : []));
	};

	app.store.subscribe(['gil'], draw);
	draw();
}
