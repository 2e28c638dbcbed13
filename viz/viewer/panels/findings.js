// SPDX-License-Identifier: MIT
// The findings of the report: the first one as the page's headline, all of them as a list; a click goes to each.
import { make, byId } from '../dom.js';
import { formatExactNs, formatNs, formatShare } from '../format.js';
import { rangeWithin } from '../scale.js';
import { visibleSentence } from '../text.js';
import { whatHappens } from './finding_kinds.js';

const LOOK_ACQUISITIONS = 30;
const MOST_TRIED = 12;
const NEARLY_ALL = 0.8;

// "GIL battle: t1 and t2 ..." -> ["GIL battle", "t1 and t2 ..."]
export function splitVerdict(verdict) {
	const at = verdict.indexOf(': ');

	return at > 0 && at < 60 ? [verdict.slice(0, at), verdict.slice(at + 2)] : [verdict, ''];
}

function lanesOfRows(app, rows) {
	return [...new Set(rows)].map((row) => app.laneOfRow(row)).filter((lane) => lane !== undefined);
}

// Who waited because of it; where they are too many to be listed, all who waited for its GIL.
function waitingLanes(app, finding) {
	if (!finding.cost_ns)
		return [];
	return lanesOfRows(app, finding.waiters ? finding.waiters.split(' ').map(Number)
		: app.report.pairs.filter((it) => it.gil === finding.gil && it.wait_ns).map((it) => it.waiter));
}

// The waits of a finding, and who held the GIL if it is about one that did not wait.
export function findingLight(app, finding) {
	const lanes = waitingLanes(app, finding);
	const [holder] = lanesOfRows(app, [finding.thread, finding.other_thread]).filter((lane) => !lanes.includes(lane));

	return lanes.length ? { kind: 'wait', lanes, min_ns: 0, ...holder === undefined ? {} : { holder } } : null;
}

function showFinding(app, finding) {
	const highlight = findingLight(app, finding);

	app.goTo(finding, { panel: 'findings', focus: highlight?.lanes[0] ?? app.store.state.focus, highlight });
}

// A place to look at closely: where somebody waited longest because of it.
async function showLongestWait(app, finding) {
	const lanes = waitingLanes(app, finding);
	const query = { kind: 'wait', lanes, min_ns: 0, from_ns: finding.from_ns, to_ns: finding.to_ns };

	try {
		const { matches: [longest] } = await app.source.matches(query, 1);

		if (longest)
			app.goToStay(longest.lane, longest.from_ns, longest.to_ns);
		else
			app.say('There is no such wait.');
	} catch (error) {
		if (!app.source.progress.error)
			throw error;
		app.say('The events are not read.');
	}
}

// A failed attempt after a time, where there is one near a thread that woke up in vain. null: there is none.
async function typicalFailure(app, query, from_ns) {
	let first = null, at_ns = from_ns;

	for (let i = 0; i < MOST_TRIED; i++) {
		const failed = await app.source.next(query, at_ns, 1);

		if (!failed || failed.what === 'RETRY')
			return failed ?? first;
		first ??= failed;
		at_ns = failed.from_ns;
	}
	return first;
}

// Around an attempt that failed in the middle of a battle, as close as single stays are seen.
async function showFight(app, finding) {
	const { wall_ns, acquisitions } = app.report.gils[finding.gil];
	const highlight = findingLight(app, finding);
	const query = { kind: 'failed', lanes: highlight.lanes };
	const middle_ns = Math.round((finding.from_ns + finding.to_ns) / 2);
	const failed = await typicalFailure(app, query, middle_ns) ?? await app.source.next(query, middle_ns, -1);

	if (!failed)
		return;
	const half_ns = wall_ns * LOOK_ACQUISITIONS / Math.max(acquisitions, LOOK_ACQUISITIONS) / 2;

	app.store.set({ range: rangeWithin(failed.from_ns - half_ns, failed.from_ns + half_ns, app.whole.to_ns), focus: failed.lane,
		picked: { lane: failed.lane, at_ns: failed.from_ns }, panel: 'details', highlight });
}

// Of a battle that takes nearly all of the trace nothing is seen from afar. null: of another finding.
function fightButton(app, finding, id) {
	const { barging, switches } = app.report.gils[finding.gil];

	if (finding.finding !== 'battle' || finding.to_ns - finding.from_ns < NEARLY_ALL * app.whole.to_ns || !findingLight(app, finding))
		return null;
	return make('button', { type: 'button', class: 'fight', id, title: 'A failed attempt, so close that each stay is seen',
		onclick: () => showFight(app, finding).catch(() => app.say('The events are not read.')) }, barging > switches ? 'One fight' : 'Some turns');
}

// Several threads that wait at once add up to more than the time there was.
function costShare(share, duration_ns) {
	return share > 1 ? ` = as if ${share.toFixed(1)} threads waited all of the trace's ${formatNs(duration_ns)}`
		: ` = ${formatShare(share)} of the trace's ${formatNs(duration_ns)}`;
}

function costOf(app, finding) {
	const duration = app.report.trace.duration_ns;

	if (!finding.cost_ns)
		return null;
	return make('span', { class: 'cost', 'data-value': finding.cost_ns, title: `${formatExactNs(finding.cost_ns)}: thread time spent waiting because of it` },
		make('strong', {}, formatNs(finding.cost_ns)), ' of waiting',
		duration ? costShare(finding.cost_ns / duration, duration) : null);
}

function showOthers(app) {
	app.store.set({ panel: 'findings' });
	byId('panel_findings').querySelector('button[data-index="1"]').focus();
}

function fillHeadline(app, findings) {
	const box = byId('headline');

	if (!findings.length) {
		box.append(make('h1', {}, app.report.trace.events ? 'Nothing stands out.' : 'The trace holds no events of a GIL.'));
		return;
	}
	const [title, rest] = splitVerdict(visibleSentence(findings[0].verdict));

	document.title = `${title} \u2013 gilscope`;
	box.append(make('h1', { 'data-verdict': true, class: findings[0].cost_ns ? 'alarm' : '' }, make('em', {}, title), rest ? ` ${rest}` : null));
	if (findings[0].cost_ns)
		box.append(make('p', { class: 'lead' }, costOf(app, findings[0]), ' ',
			make('button', { type: 'button', class: 'primary', id: 'show_first', onclick: () => showFinding(app, findings[0]) }, 'Show me'),
			fightButton(app, findings[0], 'show_fight'),
			waitingLanes(app, findings[0]).length ? make('button', { type: 'button', id: 'show_longest', onclick: () => showLongestWait(app, findings[0]) }, 'Its longest wait') : null,
			findings.length > 1 ? make('button', { type: 'button', class: 'go more', id: 'show_more', onclick: () => showOthers(app) }, `${findings.length - 1} more below`) : null));
}

export function installFindings(app, host) {
	const findings = app.report.findings;
	const list = make('ol', { class: 'findings' });

	fillHeadline(app, findings);
	host.append(findings.length ? list : make('p', { class: 'empty' }, 'No findings.'));
	findings.forEach((finding, i) => {
		const [title, rest] = splitVerdict(visibleSentence(finding.verdict));

		const what = whatHappens(finding.finding, app.source.meta.gils[finding.gil]?.ticked);

		list.append(make('li', { 'data-finding': finding.finding, 'data-gil': finding.gil },
			make('button', { type: 'button', class: 'finding', 'data-index': i, onclick: () => showFinding(app, finding) },
				make('strong', {}, title), ' ', rest, make('span', { class: 'show', 'aria-hidden': 'true' }, 'Show')),
			make('p', { class: 'facts' }, costOf(app, finding), ' ', fightButton(app, finding)),
			what ? make('p', { class: 'happens' }, what) : null,
			make('p', { class: 'facts' }, visibleSentence(finding.evidence)),
			make('p', { class: 'advice' }, visibleSentence(finding.advice))));
	});
}
