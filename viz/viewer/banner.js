// SPDX-License-Identifier: MIT
// What the numbers and the picture do not say: losses, what was left out; and how far the decoding is.
import { byId, make } from './dom.js';
import { formatCount, formatMany, formatTime } from './format.js';

// Sentences, from the quality of the report and what the file leaves out.
export function warningsOf(report, meta) {
	const { quality } = report;
	const out = [];

	if (quality.lost_events || quality.lost_packets || quality.loss_unknown)
		out.push(`Events were lost (${quality.loss_unknown ? 'how many is unknown' : `${formatMany(quality.lost_events, 'event')}, ${formatMany(quality.lost_packets, 'packet')}`}): what is hatched is unknown, and sums are too small.`);
	if (meta.left_out.events)
		out.push(`${formatMany(meta.left_out.events, 'event')}${meta.left_out.from_ns === null ? '' : ` from ${formatTime(meta.left_out.from_ns)} on`} ${meta.left_out.events === 1 ? 'is' : 'are'} not in this file in detail; the overview and the report count them; gilscope view --time shows another part.`);
	if (meta.left_out.threads)
		out.push(`${formatMany(meta.left_out.threads, 'thread')} beyond the 4,096th have no lane; the report counts them.`);
	if (quality.damage)
		out.push(`The trace is damaged: ${quality.damage}`);
	if (quality.interrupted)
		out.push('The recording was interrupted.');
	if (quality.begins_late)
		out.push('The recording begins late: what was before is not in it.');
	if (quality.absent_processes || quality.late_processes)
		out.push(`${formatMany(quality.absent_processes + quality.late_processes, 'process', 'processes')} of the recording ${quality.absent_processes + quality.late_processes === 1 ? 'is' : 'are'} missing, wholly or in part.`);
	if (quality.violations)
		out.push(`${formatMany(quality.violations, 'event')} contradict the laws of the lock.`);
	if (quality.incomplete && !out.length)
		out.push('The trace is incomplete.');
	return out;
}

export function installBanner(app) {
	const warnings = warningsOf(app.report, app.source.meta);
	const bar = byId('progress'), label = byId('progress_text');
	const stop = make('button', { type: 'button', id: 'stop', title: 'Read no further: the overview and the report stay', onclick: () => app.source.stop() }, 'Stop');
	const show = ({ events, total, error, isStopped }) => {
		const share = total ? events / total : 1;
		const busy = share < 1 && !error;

		bar.value = share;
		bar.hidden = !busy;
		label.hidden = !busy;
		stop.hidden = !busy;
		label.textContent = `Reading ${Math.floor(100 * share)} % of ${formatCount(total)} events`;
		document.documentElement.dataset.state = isStopped ? 'stopped' : error ? 'error' : busy ? 'reading' : 'ready';
		if (error && !byId('data_error'))
			byId('warnings').append(make('p', { id: 'data_error', role: 'alert' }, error));
	};

	label.after(stop);
	byId('warnings').append(...warnings.map((text) => make('p', {}, text)));
	app.source.onprogress(show);
	show(app.source.progress);
}
