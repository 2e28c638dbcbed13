// SPDX-License-Identifier: MIT
// What was clicked: a stay of a thread in one state, with all that is known of it.
import { make } from '../dom.js';
import { formatCount, formatExactNs, formatMany, formatNs, formatShare, formatTime } from '../format.js';

export const STATE_WORDS = ['unknown', 'outside the GIL', 'entering', 'waiting', 'holding', 'ended'];

const MOST_HOLDERS = 12;
const BAR_PX = 80;

// Until when a GIL may be held by one who took it before the trace began: the first hold that is seen.
function firstHoldOf(app, gil) {
	const { n, width_ns, holding } = app.source.overview;
	const lanes = app.lanes.flatMap((it, lane) => (it.gil === gil ? [lane] : []));

	for (let b = 0; b < n; b++)
		if (lanes.some((lane) => holding[lane * n + b]))
			return (b + 1) * width_ns;
	return Infinity;
}

// What it is while nobody is seen to hold it.
export function freeWord(app, lane, from_ns) {
	const { quality, threads } = app.report;
	const some = quality.incomplete || quality.loss_unknown || app.source.meta.left_out.threads || threads.some((it) => it.selected === false);

	return some || ((quality.begins_late || quality.late_processes) && from_ns < firstHoldOf(app, app.lanes[lane].gil)) ? 'free or unknown' : 'free';
}

// "held by main", "held by main (81.0 %)", "mostly free, main held it 30.6 %": during an attempt; '': there is nothing to say.
export function sayMostly(app, lane, attempt) {
	const all = (attempt?.holders ?? []).filter((it) => it.ns).sort((a, b) => b.ns - a.ns);
	const total = all.reduce((sum, it) => sum + it.ns, 0);
	const [most] = all, thread = all.find((it) => it.lane !== null);
	const share = thread && formatShare(thread.ns / total);

	if (!most)
		return '';
	if (most.lane !== null)
		return `held by ${app.name(most.lane)}${all.length > 1 ? ` (${share})` : ''}`;
	return thread ? `mostly ${freeWord(app, lane, attempt.from_ns)}, ${app.name(thread.lane)} held it ${share}` : freeWord(app, lane, attempt.from_ns);
}

// "worker-2, waiting 4.90 ms, held by main"
export function sayDetail(app, detail) {
	const { stay, attempt } = detail;
	const held = sayMostly(app, stay.lane, attempt);

	return `${app.name(stay.lane)}, ${STATE_WORDS[stay.state]} ${formatNs(stay.to_ns - stay.from_ns)}${held && `, ${held}`}`;
}

// "compute 97.1 %, MainThread 2.9 %": who held the GIL during an attempt, the longest first.
export function sayHolders(app, lane, attempt, most) {
	const total = attempt.holders.reduce((sum, it) => sum + it.ns, 0);
	const all = [...attempt.holders].filter((it) => it.ns).sort((a, b) => b.ns - a.ns);
	const text = all.slice(0, most).map((it) => `${it.lane === null ? freeWord(app, lane, attempt.from_ns) : app.name(it.lane)} ${formatShare(it.ns / total)}`).join(', ');

	return all.length > most ? `${text}, and ${all.length - most} more` : text;
}

export function sayFailed(attempt) {
	return formatMany(attempt.busy + attempt.retries, 'failed attempt');
}

export function sayRelease(hold) {
	return hold.requested ? 'forced: another thread asked for it' : 'of its own';
}

function line(list, title, ...value) {
	list.append(make('dt', {}, title), make('dd', {}, ...value));
}

function durationOf(range) {
	const ns = range.to_ns - range.from_ns;

	return make('span', { 'data-value': ns, title: formatExactNs(ns) }, `${formatNs(ns)} (${formatExactNs(ns)})`);
}

function holdersOf(app, lane, attempt) {
	const total = attempt.holders.reduce((sum, it) => sum + it.ns, 0) || 1;
	const all = [...attempt.holders].sort((a, b) => b.ns - a.ns);

	return make('ul', { class: 'holders' }, ...all.slice(0, MOST_HOLDERS).map((it) => {
		const bar = make('span', { class: 'bar', 'aria-hidden': 'true' });

		bar.style.width = `${BAR_PX * it.ns / total}px`;
		bar.style.marginRight = `${BAR_PX * (1 - it.ns / total) + 8}px`;
		return make('li', { 'data-holder': it.lane ?? 'free', 'data-value': it.ns }, bar,
			it.lane === null ? freeWord(app, lane, attempt.from_ns) : make('bdi', {}, app.name(it.lane)), `: ${formatNs(it.ns)}, ${formatShare(it.ns / total)}`);
	}), all.length > MOST_HOLDERS ? make('li', {}, `and ${formatCount(all.length - MOST_HOLDERS)} more`) : null);
}

function attemptLines(app, list, lane, attempt) {
	line(list, 'Duration', durationOf(attempt), `, from ${formatTime(attempt.from_ns)}`);
	line(list, 'Outcome', attempt.outcome);
	line(list, 'Failed attempts', `${formatCount(attempt.busy + attempt.retries)}: ${formatCount(attempt.busy)} BUSY, ${formatCount(attempt.retries)} RETRY, ${formatCount(attempt.retries_timed_out)} of these timed out`);
	line(list, 'Holder at its begin', attempt.holder_at_begin === null ? freeWord(app, lane, attempt.from_ns) : app.name(attempt.holder_at_begin));
	if (attempt.holders.length)
		line(list, 'Held meanwhile by', holdersOf(app, lane, attempt));
}

function holdLines(list, hold) {
	line(list, 'Let go', sayRelease(hold));
	line(list, 'Began after a wait', hold.contended ? 'yes' : 'no');
	line(list, 'Checks honoured', formatCount(hold.checks));
	if (hold.ticks !== null)
		line(list, 'Ticks', `${formatCount(hold.ticks)}${hold.tick_from !== null && hold.tick_from !== undefined ? `: ${formatCount(hold.tick_from)} to ${formatCount(hold.tick_to)}` : ''}`);
}

// A list with a heading; fill(list) adds its lines.
function factsOf(title, fill) {
	const list = make('dl', {});

	fill(list);
	return make('div', { class: 'group' }, make('h3', {}, title), list);
}

function groupsOf(app, detail) {
	const { attempt, hold } = detail;

	return make('div', { class: 'groups' }, stayList(app, detail.stay),
		attempt ? factsOf('The attempt that it is part of', (list) => attemptLines(app, list, detail.stay.lane, attempt)) : null,
		hold ? factsOf('The hold', (list) => holdLines(list, hold)) : null);
}

function stayList(app, stay) {
	const list = make('dl', {});

	line(list, 'Thread', make('bdi', {}, app.name(stay.lane)), ` (pid ${app.lanes[stay.lane].pid}, tid ${app.lanes[stay.lane].tid})`);
	line(list, 'State', make('span', { class: `state state${stay.state}` }, STATE_WORDS[stay.state]), stay.whole ? null : ' (cut: its begin or end was not seen)');
	line(list, 'Duration', durationOf(stay));
	line(list, 'From', make('span', { 'data-value': stay.from_ns, title: formatExactNs(stay.from_ns) }, formatTime(stay.from_ns)));
	line(list, 'To', make('span', { 'data-value': stay.to_ns, title: formatExactNs(stay.to_ns) }, formatTime(stay.to_ns)));
	line(list, 'CPU', stay.cpu === null ? 'unknown' : String(stay.cpu));
	return make('div', { class: 'group' }, make('h3', {}, 'This stay'), list);
}

export function installDetails(app, host) {
	let asked = 0;
	const draw = async () => {
		const { picked } = app.store.state;
		const mine = ++asked;

		if (!picked) {
			app.timeline.frame(null);
			host.replaceChildren(make('p', { class: 'empty' }, 'Click a bar in the timeline, or press Enter on a lane: what it is stands here.'));
			return;
		}
		const detail = await app.source.detail(picked.lane, picked.at_ns, 'details');

		if (mine !== asked)
			return;
		if (!detail) {
			app.timeline.frame(null);
			host.replaceChildren(make('p', { class: 'empty' }, app.source.progress.error ?? `${app.name(picked.lane)} has nothing at ${formatTime(picked.at_ns)}.`));
			return;
		}
		app.timeline.frame(detail.stay);
		app.announce(sayDetail(app, detail));
		host.replaceChildren(
			make('h2', { class: 'said' }, sayDetail(app, detail)),
			make('p', { class: 'actions' },
				make('button', { type: 'button', id: 'details_zoom', onclick: () => app.goTo(detail.attempt ?? detail.stay) }, 'Zoom to it'),
				make('button', { type: 'button', id: 'details_select', onclick: () => app.store.set({ selection: { from_ns: detail.stay.from_ns, to_ns: detail.stay.to_ns } }) }, 'Select it'),
				make('button', { type: 'button', id: 'details_clear', onclick: () => app.store.set({ picked: null }) }, 'Clear')),
			groupsOf(app, detail));
	};

	app.store.subscribe(['picked'], draw);
	app.source.ready.then(draw, draw);
	draw();
}
