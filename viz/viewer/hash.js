// SPDX-License-Identifier: MIT
// What is shown, as text for the URL's hash: a link to a file opens it at the same place.
import { ORDERS, withMarker } from './store.js';

export const PANELS = ['findings', 'threads', 'pairs', 'selection', 'details', 'markers'];
export const THEMES = ['auto', 'light', 'dark'];

const KINDS = ['failed', 'wait', 'edge', 'query', 'pair'];
export const MOST_TEXT = 500;

const isCount = (x) => Number.isSafeInteger(x) && x >= 0;
const rangeText = (range) => `${Math.round(range.from_ns)}-${Math.round(range.to_ns)}`;

// A GIL stands there by its number, lanes by their places.
// State -> "range=0-100&panel=pairs"; what is as at the begin is left out.
export function hashOfState(state, initial, meta) {
	const out = new URLSearchParams();
	const put = (name, text) => out.append(name, text);

	if (rangeText(state.range) !== rangeText(initial.range))
		put('range', rangeText(state.range));
	if (state.selection)
		put('select', rangeText(state.selection));
	if (state.picked)
		put('pick', `${state.picked.lane}:${Math.round(state.picked.at_ns)}`);
	for (const name of ['order', 'panel', 'theme', 'sort', 'focus'])
		if (state[name] !== initial[name])
			put(name, String(state[name]));
	if (state.gil !== initial.gil)
		put('gil', String(meta.gils[state.gil].number));
	for (const name of ['pinned', 'hidden'])
		if (state[name].length)
			put(name, state[name].join(','));
	for (const text of state.filters)
		put('filter', text);
	if (state.highlight)
		put('light', JSON.stringify(state.highlight));
	for (const it of state.markers)
		put('note', `${Math.round(it.at_ns)}:${it.text.slice(0, MOST_TEXT)}`);
	return out.toString();
}

function rangeOf(text, duration_ns) {
	const [from_ns, to_ns] = (text ?? '').split('-').map(Number);

	return isCount(from_ns) && isCount(to_ns) && from_ns < to_ns && to_ns <= Math.max(duration_ns, 1) ? { from_ns, to_ns } : null;
}

function lanesOf(text, lanes) {
	return [...new Set((text ?? '').split(',').filter(Boolean).map(Number).filter((it) => isCount(it) && it < lanes))];
}

function highlightOf(text, lanes) {
	const isLane = (x) => isCount(x) && x < lanes;
	let it;

	try {
		it = JSON.parse(text);
	} catch {
		return null;
	}
	if (!it || !KINDS.includes(it.kind) || (it.lanes && !(Array.isArray(it.lanes) && it.lanes.every(isLane))))
		return null;
	if (it.kind === 'pair' && !(isLane(it.waiter) && (it.holder === null || isLane(it.holder))))
		return null;
	if (typeof it.text !== (it.kind === 'query' ? 'string' : 'undefined'))
		return null;
	const clean = { kind: it.kind };

	if (it.lanes)
		clean.lanes = [...new Set(it.lanes)];
	for (const name of ['text', 'waiter', 'holder'])
		if (it[name] !== undefined)
			clean[name] = it[name];
	if (isCount(it.min_ns))
		clean.min_ns = it.min_ns;
	return clean;
}

function notesOf(texts, duration_ns) {
	return texts.map((text) => /^(\d+):(.*)$/s.exec(text)).filter((it) => it && isCount(Number(it[1])) && it[1] <= duration_ns)
		.reduce((notes, [, at, text]) => withMarker(notes, Number(at), text.slice(0, MOST_TEXT)), []);
}

// The hash (with or without '#') -> what to set. It may be anything: what makes no sense is left out.
export function stateOfHash(hash, meta) {
	const from = new URLSearchParams(hash.replace(/^#/, ''));
	const lanes = meta.lanes.length;
	const patch = {};
	const keep = (name, value, good) => {
		if (good)
			patch[name] = value;
	};
	const range = rangeOf(from.get('range'), meta.duration_ns), selection = rangeOf(from.get('select'), meta.duration_ns);
	const [lane, at_ns] = (from.get('pick') ?? '').split(':').map(Number);
	const number = (name) => (from.has(name) && from.get(name) !== '' ? Number(from.get(name)) : NaN);
	const gil = meta.gils.findIndex((it) => it.number === number('gil'));

	keep('range', range, range);
	keep('selection', selection, selection);
	keep('picked', { lane, at_ns }, isCount(lane) && lane < lanes && isCount(at_ns));
	keep('order', from.get('order'), ORDERS.includes(from.get('order')));
	keep('panel', from.get('panel'), PANELS.includes(from.get('panel')));
	keep('theme', from.get('theme'), THEMES.includes(from.get('theme')));
	keep('sort', from.get('sort'), /^[a-z_0-9]+[+-]$/.test(from.get('sort') ?? ''));
	keep('gil', gil, gil >= 0);
	keep('focus', number('focus'), isCount(number('focus')) && number('focus') < lanes);
	for (const name of ['pinned', 'hidden'])
		keep(name, lanesOf(from.get(name), lanes), from.has(name));
	keep('filters', from.getAll('filter'), from.has('filter'));
	keep('markers', notesOf(from.getAll('note'), meta.duration_ns), from.has('note'));
	const light = from.has('light') ? highlightOf(from.get('light'), lanes) : null;

	keep('highlight', light, light);
	return patch;
}

const NAMES = ['range', 'select', 'pick', 'order', 'panel', 'theme', 'sort', 'gil', 'focus', 'pinned', 'hidden', 'filter', 'light', 'note'];

// Is it of a view? None: the whole trace. Another one, such as #tabs, is of something else.
export function isHashOfView(hash) {
	return hash.length <= 1 || [...new URLSearchParams(hash.replace(/^#/, '')).keys()].some((name) => NAMES.includes(name));
}

const PLACE = ['range', 'selection'];
const OURS = { gilscope: true };

// Back and Forward: the place that the entry has. Notes, order and what is hidden are of now: going back loses nothing.
function placeOfHash(app, initial) {
	const there = { ...initial, ...stateOfHash(location.hash, app.source.meta) };

	return Object.fromEntries([...PLACE, 'picked', 'panel', 'focus', 'highlight'].map((name) => [name, there[name]]));
}

// Keeps the URL's hash as the state is, with an entry in the browser's history for each place. A browser may refuse too many
// changes, so it waits for a pause.
export function installHash(app, initial) {
	let timer = 0, isNewPlace = false;
	const write = () => {
		if (app.store.state.paper)
			return;
		const text = hashOfState(app.store.state, initial, app.source.meta);

		history[isNewPlace && location.hash !== (text && `#${text}`) ? 'pushState' : 'replaceState'](OURS, '', text ? `#${text}` : location.pathname + location.search);
		isNewPlace = false;
	};

	app.store.subscribe([], (state, changed) => {
		if (changed.every((name) => name === 'cursor' || name === 'help'))
			return;
		isNewPlace ||= changed.some((name) => PLACE.includes(name));
		clearTimeout(timer);
		timer = setTimeout(write, 250);
	});
	history.replaceState(OURS, '');
	addEventListener('popstate', ({ state }) => {
		if (!isHashOfView(location.hash))
			return;
		clearTimeout(timer);
		app.store.set(state?.gilscope ? placeOfHash(app, initial) : { ...placeOfHash(app, initial), ...stateOfHash(location.hash, app.source.meta) });
		isNewPlace = false;
	});
}

// The address that leads here.
export function linkOf(app, initial) {
	return `${location.href.split('#')[0]}#${hashOfState(app.store.state, initial, app.source.meta)}`;
}
