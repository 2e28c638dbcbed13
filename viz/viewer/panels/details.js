// SPDX-License-Identifier: MIT
// What was clicked: a stay of a thread in one state, with all that is known of it.
import { make } from '../dom.js';
import { formatCount, formatExactNs, formatNs, formatShare, formatTime } from '../format.js';

export const STATE_WORDS = ['unknown', 'outside the GIL', 'entering', 'waiting', 'holding', 'ended'];

const MOST_HOLDERS = 12;

// "worker-2, waiting 4.90 ms, held by main"
export function sayDetail(app, detail) {
	const { stay, attempt } = detail;
	const blamed = attempt?.holders?.filter((it) => it.lane !== null).sort((a, b) => b.ns - a.ns)[0];

	return `${app.name(stay.lane)}, ${STATE_WORDS[stay.state]} ${formatNs(stay.to_ns - stay.from_ns)}${blamed ? `, held by ${app.name(blamed.lane)}` : ''}`;
}

function line(list, title, ...value) {
	list.append(make('dt', {}, title), make('dd', {}, ...value));
}

function durationOf(range) {
	const ns = range.to_ns - range.from_ns;

	return make('span', { 'data-value': ns, title: formatExactNs(ns) }, `${formatNs(ns)} (${formatExactNs(ns)})`);
}

function holdersOf(app, attempt) {
	const total = attempt.holders.reduce((sum, it) => sum + it.ns, 0) || 1;

	return make('ul', { class: 'holders' }, ...attempt.holders.slice(0, MOST_HOLDERS).map((it) => make('li', { 'data-holder': it.lane ?? 'free', 'data-value': it.ns },
		it.lane === null ? 'free or unknown' : make('bdi', {}, app.name(it.lane)), `: ${formatNs(it.ns)}, ${formatShare(it.ns / total)}`)));
}

function attemptLines(app, list, attempt) {
	line(list, 'Attempt', durationOf(attempt), `, from ${formatTime(attempt.from_ns)}`);
	line(list, 'Outcome', attempt.outcome);
	line(list, 'Failed attempts', `${formatCount(attempt.busy + attempt.retries)}: ${formatCount(attempt.busy)} BUSY, ${formatCount(attempt.retries)} RETRY, ${formatCount(attempt.retries_timed_out)} of these timed out`);
	line(list, 'Holder at its begin', attempt.holder_at_begin === null ? 'free or unknown' : app.name(attempt.holder_at_begin));
	if (attempt.holders.length)
		line(list, 'Held meanwhile by', holdersOf(app, attempt));
}

function holdLines(list, hold) {
	line(list, 'Let go', hold.requested ? 'forced: another thread asked for it' : 'of its own');
	line(list, 'Began after a wait', hold.contended ? 'yes' : 'no');
	line(list, 'Checks honoured', formatCount(hold.checks));
	if (hold.ticks !== null)
		line(list, 'Ticks', `${formatCount(hold.ticks)}${hold.tick_from !== null && hold.tick_from !== undefined ? `: ${formatCount(hold.tick_from)} to ${formatCount(hold.tick_to)}` : ''}`);
}

function listOf(app, detail) {
	const { stay, attempt, hold } = detail;
	const list = make('dl', {});

	line(list, 'Thread', make('bdi', {}, app.name(stay.lane)), ` (pid ${app.lanes[stay.lane].pid}, tid ${app.lanes[stay.lane].tid})`);
	line(list, 'State', make('span', { class: `state state${stay.state}` }, STATE_WORDS[stay.state]), stay.whole ? null : ' (cut: its begin or end was not seen)');
	line(list, 'Duration', durationOf(stay));
	line(list, 'From', make('span', { 'data-value': stay.from_ns, title: formatExactNs(stay.from_ns) }, formatTime(stay.from_ns)));
	line(list, 'To', make('span', { 'data-value': stay.to_ns, title: formatExactNs(stay.to_ns) }, formatTime(stay.to_ns)));
	line(list, 'CPU', stay.cpu === null ? 'unknown' : String(stay.cpu));
	if (attempt)
		attemptLines(app, list, attempt);
	if (hold)
		holdLines(list, hold);
	return list;
}

export function installDetails(app, host) {
	let asked = 0;
	const draw = async () => {
		const { picked } = app.store.state;
		const mine = ++asked;

		if (!picked) {
			host.replaceChildren(make('p', { class: 'empty' }, 'Click a bar in the timeline, or press Enter on a lane: what it is stands here.'));
			return;
		}
		const detail = await app.source.detail(picked.lane, picked.at_ns);

		if (mine !== asked)
			return;
		if (!detail) {
			host.replaceChildren(make('p', { class: 'empty' }, app.source.progress.error ?? `${app.name(picked.lane)} has nothing at ${formatTime(picked.at_ns)}.`));
			return;
		}
		app.announce(sayDetail(app, detail));
		host.replaceChildren(
			make('p', { class: 'actions' },
				make('button', { type: 'button', id: 'details_zoom', onclick: () => app.goTo(detail.attempt ?? detail.stay) }, 'Zoom to it'),
				make('button', { type: 'button', id: 'details_select', onclick: () => app.store.set({ selection: { from_ns: detail.stay.from_ns, to_ns: detail.stay.to_ns } }) }, 'Select it'),
				make('button', { type: 'button', id: 'details_clear', onclick: () => app.store.set({ picked: null }) }, 'Clear')),
			listOf(app, detail));
	};

	app.store.subscribe(['picked'], draw);
	app.source.ready.then(draw, draw);
	draw();
}
