// SPDX-License-Identifier: MIT
// The findings of the report: the first one as the page's headline, all of them as a list; a click goes to each.
import { make, byId } from '../dom.js';
import { formatExactNs, formatNs, formatShare } from '../format.js';
import { visibleSentence } from '../text.js';

const MOST_LOOKED_AT = 100;

// "GIL battle: t1 and t2 ..." -> ["GIL battle", "t1 and t2 ..."]
export function splitVerdict(verdict) {
	const at = verdict.indexOf(': ');

	return at > 0 && at < 60 ? [verdict.slice(0, at), verdict.slice(at + 2)] : [verdict, ''];
}

function findingLanes(app, finding) {
	return [finding.thread, finding.other_thread].map((row) => app.laneOfRow(row)).filter((lane) => lane !== undefined);
}

function showFinding(app, finding) {
	const lanes = findingLanes(app, finding);

	app.goTo(finding, {
		panel: 'findings',
		focus: lanes[0] ?? app.store.state.focus,
		highlight: lanes.length ? { kind: 'wait', lanes, min_ns: 0 } : null,
	});
}

// A place to look at closely: where somebody waited longest because of it.
async function showLongestWait(app, finding) {
	const lanes = findingLanes(app, finding);
	const { matches } = await app.source.matches({ kind: 'wait', lanes, min_ns: 0 }, MOST_LOOKED_AT);
	const inside = matches.filter((it) => it.from_ns < finding.to_ns && it.to_ns > finding.from_ns);
	const longest = inside[0] ?? matches[0];

	if (longest)
		app.goToStay(longest.lane, longest.from_ns, longest.to_ns);
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
			findingLanes(app, findings[0]).length ? make('button', { type: 'button', id: 'show_longest', onclick: () => showLongestWait(app, findings[0]) }, 'Its longest wait') : null,
			findings.length > 1 ? make('span', { class: 'more' }, `${findings.length - 1} more below`) : null));
}

export function installFindings(app, host) {
	const findings = app.report.findings;
	const list = make('ol', { class: 'findings' });

	fillHeadline(app, findings);
	host.append(findings.length ? list : make('p', { class: 'empty' }, 'No findings.'));
	findings.forEach((finding, i) => {
		const [title, rest] = splitVerdict(visibleSentence(finding.verdict));

		list.append(make('li', { 'data-finding': finding.finding, 'data-gil': finding.gil },
			make('button', { type: 'button', class: 'finding', 'data-index': i, onclick: () => showFinding(app, finding) },
				make('strong', {}, title), ' ', rest),
			make('p', { class: 'facts' }, costOf(app, finding)),
			make('p', { class: 'facts' }, visibleSentence(finding.evidence)),
			make('p', { class: 'advice' }, visibleSentence(finding.advice))));
	});
}
