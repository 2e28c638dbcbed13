// SPDX-License-Identifier: MIT
// The search box: what matches stands out, the longest are listed; Enter goes to the next, Shift+Enter to the one before.
import { afterPause, byId, make } from './dom.js';
import { formatCount, formatNs, formatTime } from './format.js';
import { asksForStays } from './lanes.js';

const MOST_LISTED = 100;
const MOST_CHIPS = 4;

function listMatches(app, found) {
	const list = byId('matches');

	list.replaceChildren(make('p', { class: 'count', 'data-value': found.total }, found.total ? `${formatCount(found.total)} found${found.total > found.matches.length ? `, the ${formatCount(found.matches.length)} longest:` : ', longest first:'}` : 'Nothing found.'),
		make('ol', {}, ...found.matches.map((it) => make('li', {},
			make('button', { type: 'button', class: 'go', 'data-from': it.from_ns, onclick: () => app.goToStay(it.lane, it.from_ns, it.to_ns) },
				make('bdi', {}, app.name(it.lane)), ` ${it.what} `, make('strong', {}, formatNs(it.to_ns - it.from_ns)), make('small', {}, ` at ${formatTime(it.from_ns)}`))))));
	list.hidden = false;
	app.announce(`${formatCount(found.total)} found`);
}

const without = (all, one) => all.filter((it) => it !== one);

// A chip's worth of names.
function namesOf(app, lanes) {
	const names = lanes.slice(0, MOST_CHIPS).map((it) => app.name(it)).join(', ');

	return lanes.length > MOST_CHIPS ? `${names} and ${formatCount(lanes.length - MOST_CHIPS)} more` : names;
}

function showFilters(app) {
	const { filters, hidden, pinned, highlight, selection } = app.store.state;
	const chip = (id, text, remove) => make('span', { class: 'chip', 'data-chip': id }, text, make('button', { type: 'button', 'aria-label': `Remove: ${text}`, onclick: remove }, '\u00d7'));
	const behind = highlight?.kind === 'wait' && Number.isInteger(highlight.holder) && app.lanes[highlight.holder] ? ` behind ${app.name(highlight.holder)}` : '';
	const lightText = highlight && (highlight.kind === 'pair' ? `${app.name(highlight.waiter)} waiting while ${highlight.holder === null ? 'it was free, or nobody knows whose it was' : `${app.name(highlight.holder)} held it`}`
		: highlight.kind === 'query' ? `highlight: ${highlight.text}` : `${highlight.kind === 'wait' ? 'waits' : highlight.kind}${highlight.lanes ? ` of ${namesOf(app, highlight.lanes)}` : ''}${behind}`);

	byId('filters').replaceChildren(
		...filters.map((text) => chip('filter', `only: ${text}`, () => app.store.set({ filters: without(app.store.state.filters, text) }))),
		...hidden.length > MOST_CHIPS ? [chip('hidden', `hidden: ${formatCount(hidden.length)} threads`, () => app.store.set({ hidden: [] }))]
			: hidden.map((lane) => chip('hidden', `hidden: ${app.name(lane)}`, () => app.store.set({ hidden: without(app.store.state.hidden, lane) }))),
		...pinned.map((lane) => chip('pinned', `pinned: ${app.name(lane)}`, () => app.store.set({ pinned: without(app.store.state.pinned, lane) }))),
		...(highlight ? [chip('highlight', lightText, () => app.store.set({ highlight: null }))] : []),
		...(selection ? [chip('selection', `selected: ${formatNs(selection.to_ns - selection.from_ns)}`, () => app.store.set({ selection: null }))] : []));
}

// Shows only lanes that match. What says something about a lane remains as a filter; else those in which nothing matches are hidden.
async function showOnly(app, text) {
	const { filters, hidden } = app.store.state;

	if (!text || filters.includes(text))
		return;
	if (!asksForStays(text)) {
		app.store.set({ filters: [...filters, text] });
		return;
	}
	const found = await app.source.matches({ kind: 'query', text }, 1).catch(() => app.say('That is no search: see its list.'));

	if (found && !found.total)
		app.say('Nothing found');
	else if (found)
		app.store.set({ hidden: app.lanes.map((_, lane) => lane).filter((lane) => hidden.includes(lane) || !found.lanes.get(lane)?.some((share) => share > 0)) });
}

export function installSearch(app) {
	const box = byId('search');
	let asked = 0;
	const hide = () => {
		byId('matches').hidden = true;
	};
	const leave = () => {
		box.value = '';
		asked++;
		if (app.store.state.highlight?.kind === 'query')
			app.store.set({ highlight: null });
		byId('timeline').focus();
	};
	const look = async () => {
		const text = box.value.trim();
		const mine = ++asked;

		if (!text) {
			hide();
			if (app.store.state.highlight?.kind === 'query')
				app.store.set({ highlight: null });
			return;
		}
		const query = { kind: 'query', text };

		app.store.set({ highlight: query });
		try {
			const found = await app.source.highlighted(query);

			if (mine === asked && found)
				listMatches(app, { total: found.total, matches: found.matches.slice(0, MOST_LISTED) });
		} catch (error) {
			if (mine !== asked)
				return;
			byId('matches').replaceChildren(make('p', { class: 'count', role: 'alert' }, error.message));
			byId('matches').hidden = false;
		}
	};
	const lookSoon = afterPause(look, 200);

	box.addEventListener('input', lookSoon);
	box.addEventListener('keydown', (event) => {
		event.stopPropagation();
		if (event.key === 'Escape') {
			// Some browsers would empty it.
			event.preventDefault();
			if (!byId('matches').hidden)
				hide();
			else
				leave();
		} else if (event.key === 'Enter' && box.value.trim()) {
			event.preventDefault();
			app.goToNext({ kind: 'query', text: box.value.trim() }, event.shiftKey ? -1 : 1).then((match) => match || app.say('No further match'), () => {});
		}
	});
	byId('only').addEventListener('click', () => showOnly(app, box.value.trim()));
	document.addEventListener('pointerdown', (event) => {
		if (!byId('search_area').contains(event.target))
			hide();
	});
	app.store.subscribe(['filters', 'hidden', 'pinned', 'highlight', 'selection'], () => showFilters(app));
	// The box says what is highlighted, unless somebody writes in it.
	const showText = ({ highlight }) => {
		if (document.activeElement !== box)
			box.value = highlight?.kind === 'query' ? highlight.text : '';
	};

	app.store.subscribe(['highlight'], showText);
	showText(app.store.state);
	showFilters(app);
}
