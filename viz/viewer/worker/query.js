// SPDX-License-Identifier: MIT
// The language of the search box, and the other queries of source.js, as one predicate. Words separated by spaces must all hold:
//
//   NAME  tid:N  pid:N  gil:N   lanes: part of a thread's name (also thread:NAME; its tid or pid, too)
//   wait>1ms  wait<2us        attempts, by their duration;   failed>2: by BUSY and RETRY events;   holder:NAME: by who held meanwhile
//   hold>5ms                  holds, by their duration
//   state:waiting  dur>1ms    stays, by their state and duration

import { laneFits } from './lane_words.js';

const UNITS = { '': 1, ns: 1, us: 1e3, '\u00b5s': 1e3, '\u03bcs': 1e3, ms: 1e6, s: 1e9 };
const STATES = ['unknown', 'outside', 'entering', 'waiting', 'holding', 'ended'];
const COMPARISON = /^(wait|hold|failed|dur)(>=|<=|>|<|=)(\d+(?:\.\d+)?)(ns|us|\u00b5s|\u03bcs|ms|s|)$/;
const LOOKS_COMPARED = /^(wait|hold|failed|dur)[<>=]/;
const COMPARE = {
	'>': (a, b) => a > b, '<': (a, b) => a < b, '>=': (a, b) => a >= b, '<=': (a, b) => a <= b, '=': (a, b) => a === b,
};

function lanesWith(meta, word) {
	return new Set(meta.lanes.flatMap((lane, i) => (laneFits(lane, word) ? [i] : [])));
}

function addComparison(query, [, name, sign, digits, unit]) {
	const bound = Number(digits) * (name === 'failed' ? 1 : UNITS[unit]);
	const fits = (value) => COMPARE[sign](value, bound);

	if (name === 'hold')
		query.wants = 'hold';
	else if (name === 'dur')
		query.wants ??= 'stay';
	else
		query.wants = 'attempt';
	query.tests.push(name === 'failed' ? (it) => fits(it.failed) : (it) => fits(it.to_ns - it.from_ns));
}

function addWord(query, meta, word) {
	const low = word.toLowerCase();
	const comparison = COMPARISON.exec(low), [key, ...rest] = low.split(':');
	const value = rest.join(':');

	if (comparison && !(comparison[1] === 'failed' && comparison[4])) {
		addComparison(query, comparison);
	} else if (key === 'holder' && value) {
		const holders = lanesWith(meta, value);

		query.wants = 'attempt';
		query.blames = true;
		query.tests.push((it) => [...it.holders().keys()].some((holder) => holders.has(holder)));
	} else if (LOOKS_COMPARED.test(low)) {
		throw new Error(`${word}: a number is wanted, as in wait>1ms, hold<20us or failed>3`);
	} else if (key === 'state') {
		if (!value || !STATES.some((name) => name.startsWith(value)))
			throw new Error(`${word}: the states are ${STATES.join(', ')}`);
		query.wants = 'stay';
		query.tests.push((it) => STATES[it.state].startsWith(value));
	} else {
		query.lanes.push(lanesWith(meta, word));
	}
}

function kindOf(query, meta, { kind, min_ns = 0, text = '', waiter, holder }) {
	switch (kind) {
	case 'failed':
	case 'edge':
		query.wants = kind;
		break;
	case 'wait':
		query.wants = 'attempt';
		query.tests.push((it) => it.to_ns - it.from_ns >= min_ns);
		break;
	case 'pair':
		query.wants = 'attempt';
		query.blames = true;
		query.lanes.push(new Set([waiter]));
		query.tests.push((it) => it.failed > 0 && it.holders().has(holder ?? -1));
		break;
	default:
		text.split(/\s+/).filter(Boolean).forEach((word) => addWord(query, meta, word));
		query.wants ??= 'lane';
	}
}

// {wants: failed, edge, attempt, hold, stay or lane; blames: whether it asks for holders; lane(n), test(it): do they match?}
export function compileQuery(meta, asked) {
	const query = { wants: undefined, blames: false, lanes: asked.lanes ? [new Set(asked.lanes)] : [], tests: [] };

	kindOf(query, meta, asked);
	if (asked.from_ns !== undefined)
		query.tests.push((it) => it.to_ns > asked.from_ns && it.from_ns < asked.to_ns);
	return { wants: query.wants, blames: query.blames, lane: (lane) => query.lanes.every((set) => set.has(lane)),
		test: (it) => query.tests.every((test) => test(it)) };
}
